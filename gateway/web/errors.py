"""Errors as people and programs read them: a page, or problem details (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from client.failures import Remote, Unreachable, WrongNetwork
from client.verified import InvalidProof
from gateway.web.language import language_of, templates

PROBLEM = "application/problem+json"


class Problem(HTTPException):
    """Something that the one who asks can do something about, in both languages. `field`: what of it is wrong."""

    def __init__(
        self, status: HTTPStatus, zh: str, en: str, *, field: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(status, en, headers)
        self.zh, self.en, self.field = zh, en, field


def not_found(zh: str, en: str, field: str = "") -> Problem:
    """There is no such thing."""
    return Problem(HTTPStatus.NOT_FOUND, zh, en, field=field)


def too_busy(zh: str, en: str, seconds: int, status: HTTPStatus = HTTPStatus.SERVICE_UNAVAILABLE) -> Problem:
    """Come again in so many seconds."""
    return Problem(status, zh, en, headers={"Retry-After": str(seconds)})


async def tell(request: Request, error: Exception) -> Response:
    """Any expected failure as the answer to a request."""
    problem = _problem(error)
    status = HTTPStatus(problem.status_code)
    headers = {**(problem.headers or {}), "Cache-Control": "no-store"}
    if "text/html" in request.headers.get("accept", ""):
        language = language_of(request)
        said = problem.zh if language == "zh" else problem.en
        context = {"status": status.value, "said": said, "language": language, "path": request.url.path}
        return templates().TemplateResponse(request, "problem.html", context, status.value, headers)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": problem.en,
        "detail_zh": problem.zh,
        "instance": request.url.path,
    }
    return JSONResponse(body | ({"field": problem.field} if problem.field else {}), status, headers, PROBLEM)


def _problem(error: Exception) -> Problem:
    """What an error is to the one who asked."""
    match error:
        case Problem():
            return error
        case HTTPException():
            status = HTTPStatus(error.status_code)
            zh = {404: "没有这个页面", 405: "此处不接受这种请求"}.get(status.value, "请求未能完成")
            return Problem(status, zh, status.phrase, headers=dict(error.headers or {}))
        case Remote() if error.status.name == "NOT_FOUND":
            return not_found(error.zh, error.en)
        case Remote() if error.status.name in ("INVALID_ARGUMENT", "OUT_OF_RANGE"):
            return Problem(HTTPStatus.BAD_REQUEST, error.zh, error.en)
        case Unreachable() | WrongNetwork() | Remote():
            return too_busy(f"暂时无法从账本节点取得：{error.zh}", f"no node answers: {error.en}", 5)
        case InvalidProof():
            return Problem(
                HTTPStatus.BAD_GATEWAY, f"节点给出的证明不成立：{error.zh}", f"a node's proof does not hold: {error.en}"
            )
        case _:
            raise error
