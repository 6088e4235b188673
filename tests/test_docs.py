"""Documents that are written from the code are fresh."""

import re
from pathlib import Path

from tools import lifecycles, refusals

LEDGER = Path(__file__).parents[1] / "ledger"


def test_every_refusal_is_documented() -> None:
    assert refusals.TARGET.read_text(encoding="utf-8") == refusals.document(), "run `python -m tools.refusals`"


def test_every_life_cycle_is_drawn() -> None:
    assert lifecycles.TARGET.read_text(encoding="utf-8") == lifecycles.document(), "run `python -m tools.lifecycles`"
    tables = [
        name
        for path in LEDGER.rglob("*.py")
        for name in re.findall(r"^(\w+)_TRANSITIONS\b.*=", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert sorted(tables) == sorted(cycle.name for cycle in lifecycles.life_cycles())


def test_every_step_of_a_life_cycle_is_an_arrow() -> None:
    for cycle in lifecycles.life_cycles():
        drawn = {
            (state, event, target)
            for state, target, events in re.findall(r"(\w+) --> (\w+) : (.+)", lifecycles.diagram(cycle))
            for event in events.split(", ")
        }
        steps = {(state, event, target) for state, each in cycle.table.items() for event, target in each.items()}
        assert drawn == steps, cycle.name
