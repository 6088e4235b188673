"""The JSON schema of EPCIS 2.0 with formats asserted, its complaints as faults that name the member at fault.

The schema is GS1's own (`$id` https://ref.gs1.org/standards/epcis/2.0.0/epcis-json-schema.json), unchanged; see
data/NOTICE. Formats matter: without them any word would be a business step and any text a time.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from standards.epcis.faults import Fault, pointer, shorten
from standards.epcis.vocabulary import schema

FAULTS_MAX = 200

_WORDS: dict[str, tuple[str, str]] = {
    "type": ("类型不符，须为 {0}", "wrong type, must be {0}"),
    "enum": ("不在允许的值之中：{1}", "not one of the permitted values: {1}"),
    "format": ("格式不符，须为 {0}：{1}", "not a {0}: {1}"),
    "pattern": ("写法不符合 {0}：{1}", "does not match {0}: {1}"),
    "minItems": ("至少须有 {0} 项", "needs at least {0} items"),
    "uniqueItems": ("有重复的项", "items repeat"),
    "additionalProperties": ("有不认识的字段：{1}", "has unknown members: {1}"),
}
_ANOTHER = ("不是标准中的写法：{1}", "in none of the forms that the standard permits: {1}")


@cache
def validator() -> Draft7Validator:
    """The schema, compiled once."""
    formats = Draft7Validator.FORMAT_CHECKER
    assert {"date-time", "uri"} <= formats.checkers.keys(), "jsonschema lets pass what it has no package for"
    return Draft7Validator(schema(), format_checker=formats)


def schema_faults(content: Mapping[str, object]) -> list[Fault]:
    """Every complaint of the schema about `content`, at most FAULTS_MAX, each once."""
    faults: dict[Fault, None] = {}
    for error in validator().iter_errors(content):
        faults |= dict.fromkeys(_explained(error))
        if len(faults) >= FAULTS_MAX:
            break
    return list(faults)[:FAULTS_MAX]


def _explained(error: ValidationError) -> Iterator[Fault]:
    """`error` where it arose: of alternatives, the complaints of the one that came furthest."""
    if "propertyNames" in error.absolute_schema_path and isinstance(error.instance, str):
        path = pointer((*error.absolute_path, error.instance))
        zh = "不认识的字段（扩展字段须带命名空间前缀）"
        yield Fault(path, "schema:propertyNames", zh, "unknown member (an extension needs a namespace prefix)")
    elif error.validator == "required":
        yield from _missing(error)
    elif error.validator in ("anyOf", "oneOf") and error.context:
        yield from _alternatives(error, error.context)
    else:
        zh, en = _WORDS.get(str(error.validator), _ANOTHER)
        words = (_short(error.validator_value), _short(error.instance))
        yield Fault(pointer(error.absolute_path), f"schema:{error.validator}", zh.format(*words), en.format(*words))


def _missing(error: ValidationError) -> Iterator[Fault]:
    for name in _names(error):
        path = pointer((*error.absolute_path, name))
        yield Fault(path, "schema:required", "缺少此字段", "this member is missing")


def _alternatives(error: ValidationError, context: Iterable[ValidationError]) -> Iterator[Fault]:
    branches: dict[object, list[ValidationError]] = {}
    for inner in context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    path = tuple(error.absolute_path)
    deeper = [held for held in branches.values() if all(len(inner.absolute_path) > len(path) for inner in held)]
    if deeper:
        for inner in min(deeper, key=len):
            yield from _explained(inner)
        return
    lacking = sorted({name for held in branches.values() for name in _lacks(held)})
    if lacking and isinstance(error.instance, dict):
        words = ", ".join(lacking)
        yield Fault(pointer(path), "schema:anyOf", f"至少须有其一：{words}", f"needs at least one of: {words}")
        return
    zh, en = _ANOTHER
    words = _short(error.instance)
    yield Fault(pointer(path), "schema:anyOf", zh.format("", words), en.format("", words))


def _lacks(errors: Iterable[ValidationError]) -> Iterator[str]:
    for error in errors:
        if error.validator == "required":
            yield from _names(error)
        elif error.context:
            yield from _lacks(error.context)


def _names(error: ValidationError) -> list[str]:
    """The members that `error`, of the keyword required, misses."""
    wanted, found = error.validator_value, error.instance
    assert isinstance(wanted, list)
    assert isinstance(found, dict)
    return [name for name in wanted if name not in found]


def _short(value: object) -> str:
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    return shorten(value, 60)
