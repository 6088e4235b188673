"""The text format of the scenarios: a directive, its input, `----`, and what is expected, up to a blank line."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ARGUMENT = re.compile(r"(?P<key>[^\s=]+)(?:=(?:\((?P<list>[^)]*)\)|(?P<one>\S*)))?")


@dataclass
class Case:
    """One step of a script. `arguments` are (key, values); `line` is where it stands."""

    line: int
    command: str
    arguments: list[tuple[str, list[str]]]
    input: str
    expected: str
    source: list[str] = field(default_factory=list)

    def values(self, key: str) -> list[str] | None:
        """The values of `key=...`, or None when it is not given."""
        return next((values for name, values in self.arguments if name == key), None)

    def value(self, key: str, default: str = "") -> str:
        values = self.values(key)
        return values[0] if values else default

    def numbers(self) -> list[int]:
        """The arguments that are bare numbers: node ids, mostly."""
        return [int(key) for key, values in self.arguments if not values and key.isdigit()]


def parse_directive(text: str) -> tuple[str, list[tuple[str, list[str]]]]:
    """`cmd a key=b other=(c,d)` -> its name and arguments."""
    command, _, rest = text.strip().partition(" ")
    arguments = []
    for found in ARGUMENT.finditer(rest):
        if found["list"] is not None:
            values = [value for value in re.split(r"[,\s]+", found["list"]) if value]
        else:
            values = [] if found["one"] is None else [found["one"]]
        arguments.append((found["key"], values))
    return command, arguments


def parse(text: str) -> Iterator[Case]:
    """The cases of a script, in order."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if not line or line.startswith("#"):
            at += 1
            continue
        start = at
        while line.endswith("\\"):
            at += 1
            line = line[:-1].rstrip() + " " + lines[at].strip()
        command, arguments = parse_directive(line)
        at += 1
        input_start = at
        while lines[at] != "----":
            at += 1
        given = "\n".join(lines[input_start:at])
        at += 1
        source = lines[start:at]
        expected, at = _expectation(lines, at)
        yield Case(start + 1, command, arguments, given, expected, source)


def _expectation(lines: list[str], at: int) -> tuple[str, int]:
    start = at
    if at < len(lines) and lines[at] == "----":  # blank lines are part of it
        while lines[at + 1 : at + 3] != ["----", "----"]:
            at += 1
        return "\n".join(lines[start + 1 : at + 1]), at + 3
    while at < len(lines) and lines[at].strip():
        at += 1
    return "\n".join(lines[start:at]), at


def rewrite(path: Path, handle: Callable[[Case], str]) -> None:
    """Write what `handle` answers into the script, as what is expected from now on. For scripts of our own."""
    lines = path.read_text("utf-8").splitlines()
    out: list[str] = []
    done = 0
    for case in parse("\n".join(lines)):
        out += lines[done : case.line - 1] + case.source + handle(case).splitlines()
        done = case.line - 1 + len(case.source) + len(case.expected.splitlines())
    path.write_text("\n".join(out + lines[done:]).rstrip("\n") + "\n", "utf-8")
