"""What a request and its answer agree on: versions, media types, the form of names, short names of extensions."""

import operator
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import Request

from gateway.epcis.problems import EpcisProblem
from standards.epcis.faults import Fault

VERSION = "2.0.0"
AS_CAPTURED = "Never_Translates"
LINKS, URNS = "Always_GS1_Digital_Link", "Always_EPC_URN"
FORMATS = ("No_Preference", AS_CAPTURED, LINKS, URNS)
JSON_LD = "application/ld+json"

STANDARD = {
    "GS1-EPCIS-Version": VERSION,
    "GS1-CBV-Version": VERSION,
    "GS1-EPC-Format": AS_CAPTURED,
    "GS1-Extensions": "linxin=urn:linxin:epcis:",
}
"""Headers of every answer, unless it says otherwise."""

_SPOKEN = (2, 0, 0)
_FITS: Mapping[str, Callable[[Any, Any], bool]] = {"Version": operator.eq, "Min": operator.le, "Max": operator.ge}
_VERSION = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,2}", re.ASCII)
_ACCEPTED = ("*/*", "application/*", "application/json", JSON_LD, "application/problem+json")
_EXTENSION = re.compile(r"([A-Za-z][\w.-]{0,63})=(\S{1,1000})", re.ASCII)
_EXTENSIONS_MAX = 50


def check_headers(request: Request) -> None:
    """Refuse to speak another version than 2.0, and forms of names that the standard does not have.

    Raises EpcisProblem.
    """
    format_of(request)
    for family in ("EPCIS", "CBV"):
        for end, fits in _FITS.items():
            name = f"GS1-{family}-{end}"
            text = request.headers.get(name)
            if text is not None and not fits(_version(text, name), _SPOKEN):
                raise not_acceptable(name, "本网关只支持 2.0", "only 2.0 is spoken here")


def media_of(request: Request) -> str:
    """The media type that a JSON answer is to be called, "" for the usual one. Raises EpcisProblem where none fits."""
    asked = request.headers.get("accept", "*/*").lower()
    wanted = [kind.partition(";") for kind in asked.split(",")]
    names = {name.strip() for name, _, rest in wanted if not re.search(r"\bq=0(\.0*)?\s*(;|$)", rest)}
    if names.isdisjoint(_ACCEPTED):
        zh, en = "只能以 JSON 或 JSON-LD 答复", "answers are application/json or application/ld+json"
        raise not_acceptable("Accept", zh, en)
    return JSON_LD if JSON_LD in names and "application/json" not in names else ""


def format_of(request: Request) -> str:
    """In which form names of things are asked for. Raises EpcisProblem."""
    asked = request.headers.get("GS1-EPC-Format", AS_CAPTURED)
    if asked not in FORMATS:
        raise not_acceptable("GS1-EPC-Format", f"须为 {'、'.join(FORMATS)}", f"must be of {', '.join(FORMATS)}")
    return AS_CAPTURED if asked == "No_Preference" else asked


def prefixes_of(request: Request) -> dict[str, str]:
    """What the header GS1-Extensions declares short names of extensions in parameters to stand for."""
    parts = request.headers.get("GS1-Extensions", "").split(",")[:_EXTENSIONS_MAX]
    return {found[1]: found[2] for part in parts if (found := _EXTENSION.fullmatch(part.strip()))}


def not_acceptable(name: str, zh: str, en: str) -> EpcisProblem:
    """A header that asks for what is not to be had."""
    return EpcisProblem(
        HTTPStatus.NOT_ACCEPTABLE, "NotAcceptableException", zh, en, faults=[Fault(f"/{name}", "header", zh, en)]
    )


def _version(text: str, name: str) -> tuple[int, ...]:
    if not _VERSION.fullmatch(text.strip()):
        raise not_acceptable(name, "须为版本号", "must be a version, as 2.0.0")
    parts = [int(part) for part in text.strip().split(".")]
    return tuple(parts + [0] * (3 - len(parts)))
