"""The published documents of `epcis/` in the shared data, and what is expected of each."""

import json
from pathlib import Path
from typing import Any

from tests.support import shared_data

ROOT: Path = shared_data("epcis")
EXPECTED: dict[str, dict[str, Any]] = {
    name: expected
    for name, expected in json.loads((ROOT / "expected.json").read_text("utf-8")).items()
    if "IgnoreFields" not in name  # they test an attribute that no standard has
}
COMMENTED = frozenset(name for name in EXPECTED if name.startswith("valid/fsma204-cte/"))
"""Refused only for notes to people (`_comment...`), which are left out when a document is read."""

VALID = sorted(name for name in EXPECTED if EXPECTED[name].get("schema_valid_with_formats") or name in COMMENTED)
INVALID = sorted(
    name
    for name in EXPECTED
    if EXPECTED[name].get("expected") == "reject"
    or (EXPECTED[name].get("schema_valid_with_formats") is False and name not in COMMENTED)
)
HASHED = sorted(name for name in EXPECTED if EXPECTED[name].get("hash_confidence") in ("published", "xml-twin-agrees"))
EQUAL = sorted(name for name in EXPECTED if "rule" in EXPECTED[name])
UNHASHED = sorted(name for name in EXPECTED if "hash_note" in EXPECTED[name])


def data_of(name: str) -> bytes:
    """The bytes of the published document `name`."""
    return (ROOT / name).read_bytes()
