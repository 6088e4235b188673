"""Writes docs/LIFECYCLES.md from the modules' tables of transitions: `python -m tools.lifecycles`. A test keeps the
file fresh.
"""

import ast
import importlib
import inspect
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from ledger.modules.catalogue import network_registry
from ledger.words import Vocabulary, Words

TARGET = Path(__file__).parents[1] / "docs" / "LIFECYCLES.md"
SUFFIX = "_TRANSITIONS"

Table = Mapping[str, Mapping[str, str]]

TITLES: Mapping[str, Words] = {
    "LOT": ("批次", "lot"),
    "UNIT": ("物流单元", "logistic unit"),
    "SHIPMENT": ("交接", "shipment"),
    "CERTIFICATE": ("证书", "certificate"),
    "TRANSFER": ("转账", "transfer"),
    "INSTRUCTION": ("付款指令", "instruction"),
    "CAMPAIGN": ("团购", "campaign"),
    "LINE": ("订单行", "line of a campaign"),
    "CLAIM": ("赔付申请", "claim"),
    "REVIEW": ("评价", "review"),
    "VISIT": ("探访", "visit"),
    "ENDORSEMENT": ("背书", "endorsement"),
    "REDEMPTION": ("积分兑换", "redemption"),
    "TITLE": ("荣誉", "title"),
}

INTRODUCTION = """# Life cycles

What can become of each thing, drawn from the tables that the rules go by. An arrow is an event, named as in the table;
what has no arrow is refused ([REFUSALS.md](REFUSALS.md)). The rules behind them, with examples:
[MONEY.md](MONEY.md). Written by `python -m tools.lifecycles`.
"""


class LifeCycle(NamedTuple):
    """A table, the file it is in, what its author says of it, and the words of its module."""

    name: str
    path: str
    table: Table
    note: str
    words: Vocabulary


def life_cycles() -> Iterator[LifeCycle]:
    """Every table of transitions of every module of a network, in the order of modules, files and lines."""
    for module in network_registry().modules:
        for source in _state_files(module.name):
            notes = _tables_of(source)
            path = source.__name__.replace(".", "/")
            for name, note in notes.items():
                table: Table = getattr(source, name + SUFFIX)
                yield LifeCycle(name, f"{path}.py", table, note, module.words)


def _state_files(module: str) -> list[ModuleType]:
    state = importlib.import_module(f"ledger.modules.{module}.state")
    folder = Path(inspect.getfile(state))
    if folder.name != "__init__.py":
        return [state]
    names = sorted(path.stem for path in folder.parent.glob("*.py") if path != folder)
    return [importlib.import_module(f"{state.__name__}.{name}") for name in names]


def _tables_of(source: ModuleType) -> dict[str, str]:
    """Tables that a file declares, without the suffix -> the text below each ("" where there is none)."""
    body = ast.parse(inspect.getsource(source)).body
    found = {}
    for statement, following in zip(body, [*body[1:], None], strict=True):
        target = statement.target if isinstance(statement, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id.endswith(SUFFIX):
            says = following.value if isinstance(following, ast.Expr) else None
            text = says.value if isinstance(says, ast.Constant) else ""
            found[target.id.removesuffix(SUFFIX)] = inspect.cleandoc(str(text))
    return found


def diagram(cycle: LifeCycle) -> str:
    """A table as a Mermaid state diagram: the first state is where things begin, states without a way out end them."""
    lines = ["stateDiagram-v2"]
    for state in cycle.table:
        zh, en = cycle.words.value(state)
        lines.append(f"    {state} : {state}" if zh == en else f"    {state} : {zh} {state}")
    lines.append(f"    [*] --> {next(iter(cycle.table))}")
    for state, steps in cycle.table.items():
        by_target: dict[str, list[str]] = {}
        for event, target in steps.items():
            by_target.setdefault(target, []).append(event)
        lines += [f"    {state} --> {target} : {', '.join(events)}" for target, events in by_target.items()]
        if not steps:
            lines.append(f"    {state} --> [*]")
    return "\n".join(lines)


def section(cycle: LifeCycle) -> str:
    """One life cycle with its heading and what its author says of it."""
    zh, en = TITLES[cycle.name]
    note = f"{cycle.note}\n\n" if cycle.note else ""
    return f"### {zh} {en}\n\n{note}```mermaid\n{diagram(cycle)}\n```\n"


def document() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for path, cycles in groupby(life_cycles(), key=lambda cycle: cycle.path):
        parts.append(f"## `{path}`\n")
        parts += [section(cycle) for cycle in cycles]
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")
