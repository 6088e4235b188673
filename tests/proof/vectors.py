"""Writes the golden vectors: `python -m tests.proof.vectors`. Keys, times and so all bytes are fixed."""

import base64
import json
from pathlib import Path

from tests.proof.cases import all_cases
from tests.proof.mutations import Case

FOLDER = Path(__file__).parents[1] / "vectors" / "proof"


def vector(case: Case) -> str:
    """One case as a JSON document."""
    proof, genesis, kind = case
    encoded = {"genesis": base64.b64encode(genesis).decode(), "proof": base64.b64encode(proof).decode()}
    return json.dumps(encoded | {"kind": kind}, indent=1) + "\n"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for stale in FOLDER.glob("*.json"):
        stale.unlink()
    for name, case in all_cases().items():
        (FOLDER / f"{name}.json").write_text(vector(case))


if __name__ == "__main__":
    main()
