"""How the network's things, quantities and times are written in EPCIS events, and read out of them.

What has a GS1 key is a GS1 Digital Link of id.gs1.org; all else is `urn:linxin:<type>:<key>`. GS1 keys of partners are
read in any of their forms, by the normaliser of the event hash.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from epcis_event_hash_generator.dl_normaliser import normaliser

from standards.epcis.semantics import instant

PREFIX = "linxin"
NAMESPACE = "urn:linxin:epcis:"
"""What extension members of ours belong to; declared in `@context`."""

OWN = "urn:linxin:"
MICRO = 1_000_000
_CHINA = timezone(timedelta(hours=8))

_GS1_FORMS = {
    "lot": (re.compile(r"https://id\.gs1\.org/01/(\d{14})/10/([0-9A-Za-z][0-9A-Za-z._-]{0,19})"), "{0}/{1}"),
    "product": (re.compile(r"https://id\.gs1\.org/01/(\d{14})(?:/(?:21|235)/.*)?"), "{0}"),
    "unit": (re.compile(r"https://id\.gs1\.org/00/(\d{18})"), "{0}"),
    "site": (re.compile(r"https://id\.gs1\.org/414/(\d{13})(?:/254/.*)?"), "{0}"),
}
_SUBJECT = re.compile(r"[a-z]{3,12}:[0-9A-Za-z][0-9A-Za-z._/-]{0,100}")

_UNITS: dict[str, dict[str | None, Decimal]] = {
    "kg": {"KGM": Decimal(1), "GRM": Decimal("0.001"), "TNE": Decimal(1000)},
    "piece": {"H87": Decimal(1), "EA": Decimal(1), None: Decimal(1)},
}
"""Measure of a product -> unit of UN/ECE Recommendation 20 -> how much of the measure it is; none: a count."""

MEASURE_UNITS = {"kg": "KGM", "piece": "H87"}


def uri_of(subject: str) -> str:
    """The address of a subject `type:key`."""
    kind, _, key = subject.partition(":")
    if key[:1].isdigit():
        if kind == "lot":
            product, _, number = key.partition("/")
            return f"https://id.gs1.org/01/{product}/10/{number}"
        if kind in ("product", "site", "unit"):
            return f"https://id.gs1.org/{ {'product': '01', 'site': '414', 'unit': '00'}[kind] }/{key}"
    return OWN + subject


def subject_of(uri: object) -> str | None:
    """The subject that `uri` names: of an instance (a serial number) its product; None for what is no thing of ours."""
    if not isinstance(uri, str):
        return None
    if uri.startswith(OWN):
        subject = uri.removeprefix(OWN)
        return subject if _SUBJECT.fullmatch(subject) else None
    plain = normaliser(uri) or uri
    for kind, (form, key) in _GS1_FORMS.items():
        if found := form.fullmatch(plain):
            return f"{kind}:{key.format(*found.groups())}"
    return None


def key_of(uri: object, *kinds: str) -> str | None:
    """The key of the subject that `uri` names, where it is of one of `kinds`; else None."""
    kind, _, key = (subject_of(uri) or "").partition(":")
    return key if kind in kinds else None


def moment_of(time_ms: int) -> str:
    """A time in ms since the epoch as EPCIS writes it, in Beijing time."""
    return (
        datetime.fromtimestamp(time_ms // 1000, UTC)
        .astimezone(_CHINA)
        .replace(microsecond=time_ms % 1000 * 1000)
        .isoformat(timespec="milliseconds")
    )


def time_ms_of(text: object) -> int | None:
    """The time that `text` tells, ms since the epoch, the rest of a millisecond cut off; None when it tells none."""
    moment = instant(text)
    if moment is None:
        return None
    passed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return passed // timedelta(milliseconds=1)


def amount_of(micro: int) -> int | float:
    """A quantity in micro-units as a JSON number, exact for all that the ledger allows (10^15)."""
    return micro // MICRO if micro % MICRO == 0 else float(Decimal(micro) / MICRO)


def micro_of(amount: object, unit: object, measure: str) -> int | None:
    """`amount` of `unit` in micro-units of `measure` (`kg` or `piece`); None: it is no such quantity, or too fine."""
    factor = _UNITS[measure].get(unit) if unit is None or isinstance(unit, str) else None
    if factor is None or isinstance(amount, bool) or not isinstance(amount, int | float):
        return None
    micro = Decimal(str(amount)) * factor * MICRO
    return int(micro) if micro == micro.to_integral_value() else None


def own(members: Mapping[str, object]) -> dict[str, object]:
    """Extension members of ours with their prefix; empty ones left out."""
    return {f"{PREFIX}:{name}": value for name, value in members.items() if value not in (None, "", 0, (), [])}
