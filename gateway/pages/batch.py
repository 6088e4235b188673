"""The scan page of a batch, and the proofs it stands on."""

from itertools import groupby
from typing import Any

import msgpack
from starlette.requests import Request
from starlette.responses import Response

from client.batch import Batch, Evidence, Sale, certificates, conformity, curves, examinations, summarise, way
from client.identifiers import BadIdentifier, read_trace_code
from client.journey import Clock, Entry
from client.journey.promises import without_claim
from client.journey.vocabulary import STANDING
from client.trust import quorum_of
from gateway.kept import Kept, sent
from gateway.pages.chart import draw
from gateway.pages.sketch import sketch
from gateway.scans import Scans
from gateway.shelf import Asked, Shelf
from gateway.web.errors import not_found
from gateway.web.language import Language, language_of, templates

WEEKDAYS = {
    "zh": ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
    "en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
}
LATE_MS = 86_400_000
OFFERS_MAX = 6
HEIGHT_DIGITS_MAX = 19
PROOF_TYPE = "application/vnd.linxin.proof"
BUNDLE_TYPE = "application/vnd.linxin.proofs+msgpack"


def asked_for(request: Request) -> Asked:
    """The trace code that a path names. Raises `Problem`."""
    try:
        return Asked(code=read_trace_code(request.path_params["code"][:64]))
    except BadIdentifier as error:
        raise not_found(error.reason_zh, error.reason_en, "path") from None


async def page(request: Request) -> Response:
    """`GET /b/{code}`."""
    shelf: Shelf = request.app.state.shelf
    asked = asked_for(request)
    language = language_of(request)
    evidence = await shelf.get(asked)
    scans: Scans = request.app.state.scans
    scans.note(request, evidence.subject)
    headers = _headers(request, evidence, f"page-{language}")
    if _unchanged(request, headers):
        return Response(status_code=304, headers=headers)
    packed = await _kept(request).get(evidence, f"page-{language}", lambda: _rendered(request, evidence, language))
    return sent(request, packed, headers, "text/html")


async def _rendered(request: Request, evidence: Evidence, language: Language) -> bytes:
    """The page. Raises `Problem` where the evidence is about something else than a batch."""
    shelf: Shelf = request.app.state.shelf
    asked = asked_for(request)
    batch = summarise(evidence)
    if batch is None:
        raise not_found("这个码不是一个批次", "this code is no batch", "path")
    context = {
        **_frame(request, evidence, language, asked),
        "batch": batch,
        **_sections(evidence, batch, shelf.clock),
    }
    return templates().get_template("batch.html").render(context).encode()


async def proof(request: Request) -> Response:
    """`GET .../proof`: the proof file of the journey, as a node gave it; `?at=HEIGHT`: that of a page just opened."""
    evidence = await _evidence(request)
    headers = _headers(request, evidence, "proof")
    if _unchanged(request, headers):
        return Response(status_code=304, headers=headers)
    name = evidence.subject.rpartition("/")[2] or "journey"
    headers["Content-Disposition"] = f'attachment; filename="{name}.proof"'

    async def made() -> bytes:
        return evidence.proof

    return sent(request, await _kept(request).get(evidence, "proof", made), headers, PROOF_TYPE)


async def bundle(request: Request) -> Response:
    """`GET .../bundle`: what the page is verified with, as a MessagePack array of proof files: of the rows of what the
    journey names beside, and at last its own, since most of theirs stands in its first part again.
    """
    evidence = await _evidence(request)
    headers = _headers(request, evidence, "bundle")
    if _unchanged(request, headers):
        return Response(status_code=304, headers=headers)

    async def made() -> bytes:
        rows = [*(row.proof for row in evidence.rows.values()), *(one.proof for one in evidence.counts)]
        packed: bytes = msgpack.packb([*rows, evidence.proof])
        return packed

    return sent(request, await _kept(request).get(evidence, "bundle", made), headers, BUNDLE_TYPE)


def _kept(request: Request) -> Kept:
    kept: Kept = request.app.state.kept
    return kept


async def _evidence(request: Request) -> Evidence:
    """What the proofs of a batch are asked of: the height of the page, else the newest."""
    shelf: Shelf = request.app.state.shelf
    at = request.query_params.get("at", "")
    if at.isdecimal() and len(at) < HEIGHT_DIGITS_MAX:
        return await shelf.at(asked_for(request), int(at))
    return await shelf.get(asked_for(request))


def _headers(request: Request, evidence: Evidence, kind: str) -> dict[str, str]:
    """Kept by browsers, asked about each time: what is shown depends on the certified height, and on our version."""
    height = evidence.verified.checkpoint.height
    return {
        "ETag": f'"{kind}-{height}-{request.app.state.version}"',
        "Cache-Control": "no-cache",
        "Vary": "Accept-Language",
        "Last-Modified": f"{Clock().local(evidence.verified.time_ms):%a, %d %b %Y %H:%M:%S} GMT",
    }


def _unchanged(request: Request, headers: dict[str, str]) -> bool:
    """Whether the reader has this already (RFC 9110 §13.1.2, weak comparison)."""
    known = (tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(","))
    return headers["ETag"] in known


def _frame(request: Request, evidence: Evidence, language: Language, asked: Asked) -> dict[str, Any]:
    """What stands around the facts."""
    verified = evidence.verified
    here, height = f"/b/{asked.code}", verified.checkpoint.height
    return {
        "language": language,
        "modules": request.app.state.assets.modules,
        "fetched": (f"{here}/bundle?at={height}", "/static/words.json"),
        "i": 0 if language == "zh" else 1,
        "here": here,
        "url": request.app.state.settings.public_url + here,
        "asked": asked,
        "evidence": evidence,
        "verified": verified,
        "signers": [name.rpartition("/")[2] for name in verified.signers],
        "validators": evidence.validators,
        "quorum": quorum_of(evidence.validators),
        "chain": evidence.chain_id.hex(),
    }


def _sections(evidence: Evidence, batch: Batch, clock: Clock) -> dict[str, Any]:
    """The parts of the page, each out of the proof."""
    drawn = [draw(curve, f"c{number}", clock) for number, curve in enumerate(curves(evidence))]
    entries = evidence.entries
    standing = sorted((e for e in entries if e.tag in STANDING), key=lambda entry: STANDING.index(entry.tag))
    events = [entry for entry in entries if entry.tag not in STANDING]
    walked = way(evidence)
    tests, papers = examinations(evidence), certificates(evidence)
    place_of = {record.leaf_hash: str(place) for place, record in enumerate(evidence.verified.records)}
    return {
        "clock": clock,
        "numbers": lambda leaves: " ".join(place_of[leaf] for leaf in leaves),
        "cold": [chart for chart in drawn if chart.curve.low is not None],
        "field": [chart for chart in drawn if chart.curve.low is None],
        "way": walked,
        "sketch": sketch(walked),
        "tests": tests,
        "certificates": papers,
        "kinds": list(dict.fromkeys(one.name for one in papers if one.covers)),
        "promise": conformity(evidence, batch.goods),
        "offers": [_offer(sale, batch) for sale in evidence.sales if sale.takes_orders][:OFFERS_MAX],
        "standing": standing,
        "days": [(day, list(of_day)) for day, of_day in groupby(events, lambda entry: clock.day(entry.until_ms))],
        "failed": any(one.verdict == "fail" for one in tests),
        "weekday": lambda time_ms, language: WEEKDAYS[language][clock.local(time_ms).weekday()],
        "is_late": _is_late,
        "alarms": [fact for fact in batch.facts if fact.alarm],
    }


def _offer(sale: Sale, batch: Batch) -> Sale:
    """A campaign as it may be shown beside this batch: a leader's title says 有机 only if the batch may."""
    return sale if batch.organic else sale._replace(title=without_claim((sale.title, ""))[0])


def _is_late(entry: Entry) -> bool:
    return entry.recorded_ms - entry.until_ms > LATE_MS
