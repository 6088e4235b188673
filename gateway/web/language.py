"""Which language a reader gets, and the pages' templates."""

from functools import cache
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.templating import Jinja2Templates

from gateway.words import WORDS

ROOT = Path(__file__).resolve().parents[1]

Language = Literal["zh", "en"]


def language_of(request: Request) -> Language:
    """`?lang=` wins, then the first of Accept-Language that is Chinese or English; Chinese else (RFC 9110 §12.5.4)."""
    asked = request.query_params.get("lang", "")
    if asked in ("zh", "en"):
        return "en" if asked == "en" else "zh"
    weighed: list[tuple[float, Language]] = []
    for part in request.headers.get("accept-language", "")[:200].split(","):
        name, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        if weight > 0 and name[:2].lower() in ("zh", "en"):
            weighed.append((-weight, "en" if name[:2].lower() == "en" else "zh"))
    return min(weighed, key=lambda one: one[0])[1] if weighed else "zh"


@cache
def templates() -> Jinja2Templates:
    """The templates, with every value escaped and no unknown name passed over."""
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["t"] = translate
    return Jinja2Templates(env=environment)


def translate(language: Language, name: str, **values: object) -> str:
    """A page's own words by name."""
    zh, en = WORDS[name]
    return (zh if language == "zh" else en).format(**values)
