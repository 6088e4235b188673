"""Writes docs/REFUSALS.md from the declared refusals: `python -m tools.refusals`. A test keeps the file fresh."""

from pathlib import Path

import ledger.modules.catalogue  # declares the modules' refusals
import ledger.proof.errors  # noqa: F401  # declares the refusals of proofs
import network.errors  # noqa: F401  # declares the services' refusals
from ledger.errors import Refusal, all_refusals

TARGET = Path(__file__).parents[1] / "docs" / "REFUSALS.md"

INTRODUCTION = """# Refusals

Every refusal has a number that never changes, a gRPC status, words and a remedy in Chinese and English. Below 20:
dropped at the door, no id, no leaf. From 20 on: ordered, with a leaf that says why. 100-199: services, never on the
chain. Written by `python -m tools.refusals`.

| number | name | status | 中文 | English | remedy |
|--|--|--|--|--|--|
"""


def row(refusal: type[Refusal]) -> str:
    """One line of the table."""
    cells = (
        str(refusal.number),
        refusal.__name__,
        refusal.status,
        f"{refusal.zh}。{refusal.remedy_zh}",
        refusal.en,
        refusal.remedy_en,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def document() -> str:
    """The whole page."""
    return INTRODUCTION + "".join(row(refusal) for refusal in all_refusals() if refusal.number < 9000)


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")
