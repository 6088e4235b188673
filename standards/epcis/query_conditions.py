"""One query parameter as a test of an event (EPCIS 2.0 section 8.2.7.1)."""

import operator
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from standards.epcis.document import Event
from standards.epcis.master_data import MasterData, attributes_of, descendants
from standards.epcis.query_fields import Prefixes, compared, equals, extension
from standards.epcis.query_values import (
    EPCS,
    QUANTITIES,
    as_number,
    canonical,
    classes,
    elements,
    epcs,
    moment,
    number,
    objects,
    reports,
    sensed,
    text_list,
    texts,
    truth,
    typed,
)
from standards.epcis.semantics import instant
from standards.epcis.units import base
from standards.epcis.vocabulary import EVENT_TYPES, bare

Test = Callable[[Event], bool]

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
_MEASURES = ("value", "minValue", "maxValue", "meanValue", "sDev", "percValue")
_MEASURE = re.compile(rf"({'|'.join(_MEASURES)}|quantity)_([A-Z0-9]{{2,4}})")
_RANKS = frozenset({"percRank", "percValue"})
_EVENT_TYPE = re.compile(rf"{'|'.join(EVENT_TYPES)}|[A-Za-z][A-Za-z0-9_.-]*:[!-{{}}~]+")
_MASTER_FIELD = r"[A-Za-z]+|[A-Za-z][\w.-]*:[^\s_]+"
_HAS_ATTRIBUTE = re.compile(_MASTER_FIELD)
_ATTRIBUTE = re.compile(rf"({_MASTER_FIELD})_(\S+)")
_PATTERN = "urn:epc:idpat:"


def condition(name: str, value: object, prefixes: Prefixes | None = None) -> Test:
    """The test that the parameter `name` with `value` makes; raises ValueError, in English, where there is none.

    `prefixes`: what short names of extensions in `name` stand for.
    """
    if name == "eventType":
        return _of_types(text_list(value))
    verb, _, subject = name.partition("_")
    if verb == "EXISTS":
        return _exists(subject, truth(value), prefixes or {})
    if verb == "MATCH" and (subject in EPCS or subject in QUANTITIES):
        return _matches(subject, text_list(value))
    if verb == "WD" and subject in _PLACES:
        return _within(subject, text_list(value))
    if verb == "HASATTR" and _HAS_ATTRIBUTE.fullmatch(subject):
        return _has_attribute(subject, text_list(value), prefixes or {})
    if verb == "EQATTR" or subject.startswith("ATTR_"):  # the standard's text and its schema spell it differently
        found = _ATTRIBUTE.fullmatch(subject.removeprefix("ATTR_"))
        if found is not None and verb in ("EQ", "EQATTR"):
            return _attribute_is(found[1], found[2], set(text_list(value)), prefixes or {})
    if verb in _COMPARE and (test := _compared(verb, subject, value, prefixes or {})) is not None:
        return test
    raise ValueError(f"there is no parameter {name}")


def _compared(verb: str, subject: str, value: object, prefixes: Prefixes) -> Test | None:
    compare = _COMPARE[verb]
    if subject in ("eventTime", "recordTime", "errorDeclarationTime", "errorDeclaration_Time") and verb in ("GE", "LT"):
        return _at(subject.replace("_", ""), compare, moment(value))
    if subject in _SENSED_TIMES and verb in ("GE", "LT"):
        return compared(lambda event: sensed(event, subject), compare, moment(value).isoformat())
    if subject == "quantity":
        return _numeric(lambda event: (held.get("quantity") for held in elements(event)), verb, value)
    if measured := _MEASURE.fullmatch(subject):
        return _measured(measured[1], measured[2], verb, value)
    if subject in _RANKS:
        return _numeric(lambda event: sensed(event, subject), verb, value)
    if verb == "EQ" and (found := _equal(subject, value)) is not None:
        return found
    held = extension(subject, prefixes)
    if held is None:
        return None
    return equals(held, value) if verb == "EQ" else compared(held, compare, value)


def _numbers(verb: str, value: object) -> list[Decimal]:
    """The numbers that a parameter compares with: only those that equal one may be several."""
    items = value if verb == "EQ" and isinstance(value, list | tuple) and value else [value]
    return [number(item) for item in items]


def _numeric(held: Callable[[Event], Iterable[object]], verb: str, value: object) -> Test:
    compare, limits = _COMPARE[verb], _numbers(verb, value)
    return lambda event: any(
        compare(told, limit) for each in held(event) if (told := as_number(each)) is not None for limit in limits
    )


def _equal(subject: str, value: object) -> Test | None:
    if subject == "action":
        return _one_of(lambda event: texts(event, "action"), set(text_list(value, ("ADD", "OBSERVE", "DELETE"))))
    if subject in _WORDS:
        return _one_of(lambda event: map(bare, texts(event, subject)), set(map(bare, text_list(value))))
    if subject in ("persistentDisposition_set", "persistentDisposition_unset"):
        which = subject.partition("_")[2]
        wanted = set(map(bare, text_list(value)))
        return lambda event: any(
            not wanted.isdisjoint(map(bare, texts(held, which))) for held in objects(event.get("persistentDisposition"))
        )
    if subject in _PLACES or subject in ("eventID", "transformationID"):
        wanted = set(map(canonical, text_list(value)))
        return _one_of(lambda event: map(canonical, texts(event, subject)), wanted)
    for kind in ("bizTransaction", "source", "destination"):
        if subject.startswith(f"{kind}_"):
            wanted, type_ = set(map(canonical, text_list(value))), subject.removeprefix(f"{kind}_")
            return _one_of(lambda event: map(canonical, typed(event, kind, type_)), wanted)  # noqa: B023 - returned at once
    if subject in ("errorReason", "correctiveEventID"):
        member = {"errorReason": "reason", "correctiveEventID": "correctiveEventIDs"}[subject]
        wanted = set(map(bare, text_list(value)))
        return lambda event: any(
            not wanted.isdisjoint(map(bare, texts(held, member))) for held in objects(event.get("errorDeclaration"))
        )
    if subject == "type":
        wanted = set(map(bare, text_list(value)))
        return _one_of(lambda event: (bare(str(report.get("type"))) for report in reports(event)), wanted)
    if subject in _SENSED_TEXTS:
        wanted = set(map(canonical, text_list(value)))
        return _one_of(lambda event: (canonical(str(found)) for found in sensed(event, subject)), wanted)
    if subject == "booleanValue":
        wanted_truth = truth(value)
        return lambda event: any(found is wanted_truth for found in sensed(event, subject))
    return None


def _one_of(values: Callable[[Event], Iterable[str]], wanted: set[str]) -> Test:
    return lambda event: not wanted.isdisjoint(values(event))


def _at(name: str, compare: Callable[[Any, Any], bool], when: datetime) -> Test:
    def test(event: Event) -> bool:
        text = event.get(name)
        if name == "errorDeclarationTime":
            text = next((held.get("declarationTime") for held in objects(event.get("errorDeclaration"))), None)
        found = instant(text)
        return found is not None and compare(found, when)

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


def _of_types(wanted: list[str]) -> Test:
    if not all(_EVENT_TYPE.fullmatch(each) for each in wanted):
        raise ValueError(f"must be of {', '.join(EVENT_TYPES)}, or the name of an extension")
    return _one_of(lambda event: [str(event.get("type"))], set(wanted))


def _within(subject: str, places: list[str]) -> Test:
    """The place itself, what the event's master data call a part of it, and its extensions: a GLN's own parts."""
    wanted = [canonical(place) for place in places]

    def test(event: Event) -> bool:
        around = descendants(_master(event), wanted)
        return any(
            found == place or found.startswith(f"{place}/")
            for found in map(canonical, texts(event, subject))
            for place in around
        )

    return test


def _measured(name: str, unit: str, verb: str, value: object) -> Test:
    compare = _COMPARE[verb]
    bases = [base(limit, unit) for limit in _numbers(verb, value)]

    def test(event: Event) -> bool:
        for held in elements(event) if name == "quantity" else reports(event):
            amount, uom = as_number(held.get(name)), held.get("uom")
            if amount is not None and isinstance(uom, str):
                found_kind, found = base(amount, uom)
                if any(found_kind == kind and compare(found, limit) for kind, limit in bases):
                    return True
        return False

    return test


def _exists(subject: str, wanted: bool, prefixes: Prefixes) -> Test:
    """That the event has it; where that is not wanted, any event (§8.2.7.1: "returned regardless")."""
    if subject in ("errorDeclaration", "sensorElement", "sensorElementList"):
        member = "errorDeclaration" if subject == "errorDeclaration" else "sensorElementList"
        return lambda event: not wanted or bool(event.get(member))
    held = extension(subject, prefixes)
    if held is None:
        raise ValueError(f"there is no parameter EXISTS_{subject}")
    return lambda event: not wanted or any(True for _ in held(event))


def _has_attribute(subject: str, names: list[str], prefixes: Prefixes) -> Test:
    named = _named(subject, prefixes)
    return lambda event: any(
        not attributes.keys().isdisjoint(names) for attributes in attributes_of(_master(event), named(event))
    )


def _attribute_is(subject: str, name: str, wanted: set[str], prefixes: Prefixes) -> Test:
    named = _named(subject, prefixes)
    return lambda event: any(
        not wanted.isdisjoint(attributes.get(name, ())) for attributes in attributes_of(_master(event), named(event))
    )


def _named(subject: str, prefixes: Prefixes) -> Callable[[Event], Iterable[str]]:
    """The names of things that a field holds."""
    if subject in QUANTITIES:
        return lambda event: classes(event, subject)
    if subject in EPCS:
        return lambda event: epcs(event, subject)
    held = extension(subject, prefixes)
    if held is not None:
        return lambda event: map(str, held(event))
    return lambda event: texts(event, subject)


def _master(event: Event) -> MasterData:
    return cast("MasterData", event.get("masterData", {}))
