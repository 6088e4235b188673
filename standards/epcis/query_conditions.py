"""One query parameter as a test of an event (EPCIS 2.0 section 8.2.7.1)."""

import operator
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from standards.epcis.document import Event
from standards.epcis.query_values import (
    EPCS,
    QUANTITIES,
    amounts,
    canonical,
    classes,
    epcs,
    fields,
    objects,
    reports,
    sensed,
    texts,
    typed,
)
from standards.epcis.semantics import instant
from standards.epcis.units import base
from standards.epcis.vocabulary import EVENT_TYPES, bare

Test = Callable[[Event], bool]
VALUES_MAX = 1_000

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": operator.eq,
    "GT": operator.gt,
    "GE": operator.ge,
    "LT": operator.lt,
    "LE": operator.le,
}
_WORDS = frozenset({"bizStep", "disposition"})
_PLACES = frozenset({"readPoint", "bizLocation"})
_SENSED_TEXTS = frozenset(
    {
        "deviceID",
        "dataProcessingMethod",
        "microorganism",
        "chemicalSubstance",
        "bizRules",
        "stringValue",
        "hexBinaryValue",
        "uriValue",
        "coordinateReferenceSystem",
    }
)
_SENSED_TIMES = frozenset({"time", "startTime", "endTime"})
_MEASURES = ("value", "minValue", "maxValue", "meanValue", "sDev")
_MEASURE = re.compile(rf"({'|'.join(_MEASURES)})_([A-Z0-9]{{2,3}})")
_RANKS = frozenset({"percRank", "percValue"})
_FIELD = re.compile(r"(INNER_)?(ILMD_)?([A-Za-z][\w.-]*:[^\s]+|https?://\S+)")
_PATTERN = "urn:epc:idpat:"


def condition(name: str, value: object) -> Test:
    """The test that the parameter `name` with `value` makes; raises ValueError, in English, where there is none."""
    if name == "eventType":
        return _one_of(lambda event: [str(event.get("type"))], set(_list(value, EVENT_TYPES)))
    verb, _, subject = name.partition("_")
    if verb == "EXISTS":
        return _exists(subject, _truth(value))
    if verb == "MATCH" and (subject in EPCS or subject in QUANTITIES):
        return _matches(subject, _list(value))
    if verb == "WD" and subject in _PLACES:
        return _within(subject, _list(value))
    if verb in _COMPARE:
        found = _compared(verb, subject, value)
        if found is not None:
            return found
    raise ValueError(f"there is no parameter {name}")


def _compared(verb: str, subject: str, value: object) -> Test | None:
    compare = _COMPARE[verb]
    if subject in ("eventTime", "recordTime", "errorDeclarationTime") and verb in ("GE", "LT"):
        return _at(subject, compare, _moment(value))
    if subject in _SENSED_TIMES and verb in ("GE", "LT"):
        moment = _moment(value)
        return lambda event: any(
            compare(found, moment) for text in sensed(event, subject) if (found := instant(text)) is not None
        )
    if subject == "quantity":
        number = _number(value)
        return lambda event: any(compare(Decimal(str(amount)), number) for amount in amounts(event))
    if measured := _MEASURE.fullmatch(subject):
        return _measured(measured[1], measured[2], compare, _number(value))
    if subject in _RANKS:
        number = _number(value)
        return lambda event: any(compare(found, number) for found in _numbers(sensed(event, subject)))
    if verb == "EQ" and (found := _equal(subject, value)) is not None:
        return found
    return _field(subject, compare, value)


def _equal(subject: str, value: object) -> Test | None:
    if subject == "action":
        return _one_of(lambda event: texts(event, "action"), set(_list(value, ("ADD", "OBSERVE", "DELETE"))))
    if subject in _WORDS:
        return _one_of(lambda event: map(bare, texts(event, subject)), set(map(bare, _list(value))))
    if subject in ("persistentDisposition_set", "persistentDisposition_unset"):
        which = subject.partition("_")[2]
        wanted = set(map(bare, _list(value)))
        return lambda event: any(
            not wanted.isdisjoint(map(bare, texts(held, which))) for held in objects(event.get("persistentDisposition"))
        )
    if subject in _PLACES or subject in ("eventID", "transformationID"):
        wanted = set(map(canonical, _list(value)))
        return _one_of(lambda event: map(canonical, texts(event, subject)), wanted)
    for kind in ("bizTransaction", "source", "destination"):
        if subject.startswith(f"{kind}_"):
            wanted, type_ = set(map(canonical, _list(value))), subject.removeprefix(f"{kind}_")
            return _one_of(lambda event: map(canonical, typed(event, kind, type_)), wanted)  # noqa: B023 - returned at once
    if subject in ("errorReason", "correctiveEventID"):
        member = {"errorReason": "reason", "correctiveEventID": "correctiveEventIDs"}[subject]
        wanted = set(map(bare, _list(value)))
        return lambda event: any(
            not wanted.isdisjoint(map(bare, texts(held, member))) for held in objects(event.get("errorDeclaration"))
        )
    if subject == "type":
        wanted = set(map(bare, _list(value)))
        return _one_of(lambda event: (bare(str(report.get("type"))) for report in reports(event)), wanted)
    if subject in _SENSED_TEXTS:
        wanted = set(map(canonical, _list(value)))
        return _one_of(lambda event: (canonical(str(found)) for found in sensed(event, subject)), wanted)
    if subject == "booleanValue":
        truth = _truth(value)
        return lambda event: any(found is truth for found in sensed(event, subject))
    return None


def _one_of(values: Callable[[Event], Iterable[str]], wanted: set[str]) -> Test:
    return lambda event: not wanted.isdisjoint(values(event))


def _at(name: str, compare: Callable[[Any, Any], bool], moment: datetime) -> Test:
    def test(event: Event) -> bool:
        text = event.get(name)
        if name == "errorDeclarationTime":
            text = next((held.get("declarationTime") for held in objects(event.get("errorDeclaration"))), None)
        found = instant(text)
        return found is not None and compare(found, moment)

    return test


def _matches(which: str, patterns: list[str]) -> Test:
    tests = [_pattern(pattern) for pattern in patterns]
    values = epcs if which in EPCS else classes
    return lambda event: any(test(name) for name in values(event, which) for test in tests)


def _pattern(pattern: str) -> Callable[[str], bool]:
    """A name, or a pattern of EPCs whose last parts are `*` (Tag Data Standard, section 8)."""
    known = canonical(pattern)
    if not pattern.startswith(_PATTERN):
        return lambda name: canonical(name) == known
    parts = re.escape(pattern.removeprefix(_PATTERN)).replace(r"\*", r"[^.:]+")
    form = re.compile(rf"urn:epc:(?:id|class):{parts}")
    return lambda name: (
        form.fullmatch(name) is not None or (known != pattern and canonical(name).startswith(f"{known}/"))
    )


def _within(subject: str, places: list[str]) -> Test:
    """The place itself, and what is part of it by name: a GLN and its extensions."""
    wanted = [canonical(place) for place in places]
    return lambda event: any(
        found == place or found.startswith(f"{place}/")
        for found in map(canonical, texts(event, subject))
        for place in wanted
    )


def _measured(name: str, unit: str, compare: Callable[[Any, Any], bool], number: Decimal) -> Test:
    kind, limit = base(number, unit)

    def test(event: Event) -> bool:
        for report in reports(event):
            value, uom = report.get(name), report.get("uom")
            if isinstance(value, int | float) and not isinstance(value, bool) and isinstance(uom, str):
                found_kind, found = base(value, uom)
                if found_kind == kind and compare(found, limit):
                    return True
        return False

    return test


def _exists(subject: str, wanted: bool) -> Test:
    if subject in ("errorDeclaration", "sensorElement"):
        member = {"sensorElement": "sensorElementList"}.get(subject, subject)
        return lambda event: bool(event.get(member)) is wanted
    found = _FIELD.fullmatch(subject)
    if found is None:
        raise ValueError(f"there is no parameter EXISTS_{subject}")
    return lambda event: any(True for _ in _held(event, found)) is wanted


def _field(subject: str, compare: Callable[[Any, Any], bool], value: object) -> Test | None:
    """An extension of the event, or of its master data (`ILMD_`); `INNER_` at any depth below."""
    found = _FIELD.fullmatch(subject)
    if found is None:
        return None
    if compare is operator.eq:
        wanted = set(_list(value))
        return lambda event: any(str(held) in wanted for held in _held(event, found))
    moment = instant(value)
    if moment is not None:
        return lambda event: any(
            compare(told, moment) for held in _held(event, found) if (told := instant(held)) is not None
        )
    number = _number(value)
    return lambda event: any(compare(told, number) for told in _numbers(_held(event, found)))


def _held(event: Event, found: "re.Match[str]") -> Iterator[object]:
    inner, ilmd, name = found.groups()
    members = event.get("ilmd") if ilmd else {key: value for key, value in event.items() if key != "ilmd"}
    if not inner:
        return fields(members, name, inner=False)
    below = list(members.values()) if isinstance(members, dict) else []
    return fields(below, name, inner=True)


def _numbers(values: Iterable[object]) -> Iterator[Decimal]:
    for value in values:
        try:
            yield _number(value)
        except ValueError:
            continue


def _list(value: object, known: Iterable[str] = ()) -> list[str]:
    items = value if isinstance(value, list | tuple) else [value]
    if not 1 <= len(items) <= VALUES_MAX or not all(isinstance(item, str) and item for item in items):
        raise ValueError(f"needs 1 to {VALUES_MAX} texts")
    if known and not set(items) <= set(known):
        raise ValueError(f"must be of {', '.join(known)}")
    return [str(item) for item in items]


def _moment(value: object) -> datetime:
    moment = instant(value)
    if moment is None:
        raise ValueError("needs a moment with its offset from UTC")
    return moment


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 32:
        raise ValueError("needs a number")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("needs a number") from None
    if not number.is_finite() or number.adjusted() > 18 or number.adjusted() < -18:
        raise ValueError("the number is out of range")
    return number


def _truth(value: object) -> bool:
    if value in (True, "true", "True", ""):
        return True
    if value in (False, "false", "False"):
        return False
    raise ValueError("needs true or false")
