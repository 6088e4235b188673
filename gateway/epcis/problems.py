"""Problem details (RFC 7807, 9457) with the exceptions of EPCIS 2.0 section 12, naming field and rule."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, Response

from client.failures import Failure, NotAccepted, NotFinal, Remote
from client.verified import InvalidProof
from gateway.web.errors import PROBLEM
from standards.epcis.faults import Fault

ERRORS_MAX = 200


class EpcisProblem(Exception):
    """What is wrong with a request. `name`: of the standard's exception, without its prefix."""

    def __init__(
        self,
        status: HTTPStatus,
        name: str,
        zh: str,
        en: str,
        *,
        faults: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(en)
        self.status, self.name, self.zh, self.en = status, name, zh, en
        self.faults = tuple(faults)[:ERRORS_MAX]
        self.headers = dict(headers or {})

    def answer(self, path: str) -> Response:
        """The problem as an answer to the request for `path`."""
        body = {**described(self.name, self.status, self.zh, self.en), "instance": path}
        if self.faults:
            body["errors"] = [told(fault) for fault in self.faults]
        return JSONResponse(body, self.status, {**self.headers, "Cache-Control": "no-store"}, PROBLEM)


def described(name: str, status: HTTPStatus, zh: str, en: str) -> dict[str, Any]:
    """A problem's own members, in an answer as in a job."""
    title = status.phrase
    return {"type": f"epcisException:{name}", "title": title, "status": status.value, "detail": en, "detail_zh": zh}


def told(fault: Fault) -> dict[str, str]:
    """A fault: `path` is a JSON pointer into the document, or names a parameter."""
    return {"path": fault.path, "rule": fault.rule, "message_zh": fault.zh, "message_en": fault.en}


def invalid(faults: Iterable[Fault]) -> EpcisProblem:
    """A document that is not taken; nothing of it was captured."""
    zh, en = "文档不合标准，未收录任何事件", "the document is not valid; none of its events was captured"
    return EpcisProblem(HTTPStatus.BAD_REQUEST, "ValidationException", zh, en, faults=faults)


def bad_parameter(faults: Iterable[Fault]) -> EpcisProblem:
    """A query that cannot be asked."""
    faults = tuple(faults)
    en = "; ".join(f"{fault.path.lstrip('/')}: {fault.en}" for fault in faults[:3])
    return EpcisProblem(HTTPStatus.BAD_REQUEST, "QueryParameterException", "查询参数有误", en, faults=faults)


def unknown_resource(zh: str = "没有这个资源", en: str = "there is no such resource") -> EpcisProblem:
    """Nothing is there."""
    return EpcisProblem(HTTPStatus.NOT_FOUND, "NoSuchResourceException", zh, en)


def busy(zh: str, en: str, seconds: int = 5) -> EpcisProblem:
    """Come again in so many seconds."""
    again = {"Retry-After": str(seconds)}
    return EpcisProblem(HTTPStatus.SERVICE_UNAVAILABLE, "ImplementationException", zh, en, headers=again)


def too_large(zh: str, en: str) -> EpcisProblem:
    """More than one request may bring."""
    return EpcisProblem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "CaptureLimitExceededException", zh, en)


def of_failure(failure: Failure | InvalidProof) -> EpcisProblem:
    """What a node said, or that none did."""
    return busy(f"账本节点未能答复：{failure.zh}", f"no node of the ledger can answer: {failure.en}")


def of_event(index: int, failure: Failure) -> dict[str, Any]:
    """Why an event was not captured, in a job."""
    if isinstance(failure, NotFinal):
        status = HTTPStatus.GATEWAY_TIMEOUT
    elif isinstance(failure, Remote | NotAccepted):
        status = HTTPStatus.CONFLICT
    else:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    body = described("ValidationException", status, failure.zh, failure.en) | {"event": index}
    number = getattr(failure, "number", 0)
    remedy = {"remedy_zh": failure.remedy_zh, "remedy_en": failure.remedy_en} if failure.remedy_en else {}
    return body | remedy | ({"refusal": number} if number else {})
