"""Published Digital Link vectors, and the leniencies that some of them ask for."""

import json
from collections.abc import Mapping
from typing import Any

from standards.digital_link.leniency import Leniency
from tests.support import shared_data

FOLDER = shared_data("digitallink")

_OPTIONS = {
    "permitZeroSuppressedGTIN": "zero_suppressed_gtin",
    "permitConvenienceAlphas": "alpha_keys",
    "permitUnknownAIs": "unknown_ais",
    "unknownAIasAttribute": "unknown_attributes",
}


def vectors(name: str) -> list[dict[str, Any]]:
    """The vectors in the file `name`."""
    found: list[dict[str, Any]] = json.loads((FOLDER / name).read_text("utf-8"))
    assert found, name
    return found


def leniency(vector: Mapping[str, Any]) -> Leniency:
    """What the vector wants let pass."""
    return Leniency(**{_OPTIONS[name]: value for name, value in vector.get("options", {}).items()})
