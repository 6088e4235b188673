"""Words of the Core Business Vocabulary 2.0 in all spellings that documents use, and their context."""

import json
from functools import cache
from importlib import resources
from typing import cast

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
"""The address of the EPCIS 2.0 context; a name, never fetched."""

EVENT_TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")

KINDS = (
    "bizStep",
    "disposition",
    "error-reason",
    "bizTransaction-type",
    "source-dest-type",
    "measurementType",
    "sensorAlertType",
    "component",
)
"""Definitions of the schema that list words."""

_PREFIXES = (
    *(
        start + kind
        for kind in ("BizStep-", "Disp-", "BTT-", "SDT-", "ER-", "Comp-")
        for start in ("https://ref.gs1.org/cbv/", "cbv:")
    ),
    "urn:epcglobal:cbv:bizstep:",
    "urn:epcglobal:cbv:disp:",
    "urn:epcglobal:cbv:btt:",
    "urn:epcglobal:cbv:sdt:",
    "urn:epcglobal:cbv:er:",
    "https://gs1.org/voc/",
    "https://ref.gs1.org/voc/",
    "gs1:",
)


@cache
def schema() -> dict[str, object]:
    """GS1's JSON schema of EPCIS 2.0 as it stands in data/; not to be changed by who reads it."""
    text = resources.files("standards.epcis").joinpath("data/epcis-json-schema-2.0.0.json").read_text("utf-8")
    return cast("dict[str, object]", json.loads(text))


@cache
def words(kind: str = "") -> frozenset[str]:
    """The bare words that the schema knows as `kind` (`bizStep`, `disposition`, ...), without one: of all KINDS."""
    if not kind:
        return frozenset(word for each in KINDS for word in words(each))
    definition = cast("dict[str, dict[str, list[dict[str, list[str]]]]]", schema()["definitions"])[kind]
    return frozenset(word for branch in definition["anyOf"] for word in branch.get("enum", ()))


def bare(word: str) -> str:
    """`word` without the address or prefix that says it is GS1's: `receiving`, however it was spelt.

    Words that the standard does not have (others' own, or a draft's `gs1:MT-Temperature`) stay as they are.
    """
    for prefix in _PREFIXES:
        if word.startswith(prefix) and (rest := word.removeprefix(prefix)) in words():
            return rest
    return word
