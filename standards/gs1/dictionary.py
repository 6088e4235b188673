"""The table of application identifiers, read from GS1's Barcode Syntax Dictionary.

Source: GS1 General Specifications §3.2 (identifiers), as the dictionary beside this file has it; its own header tells
the syntax of its lines.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

_COMPONENT = re.compile(r"(\[?)([NXYZ])(\.\.)?(\d+)\]?((?:,\w+)*)")
_FLAGS = re.compile(r"[*?]+")


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a value: `least` to `most` characters of `charset` (N, X, Y or Z), held to `checks` in their order."""

    charset: str
    least: int
    most: int
    optional: bool
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An application identifier.

    `fixed`: its length is known beforehand, so that no FNC1 follows. `attribute`: it may stand in a link's query.
    `chains`: the orders of qualifiers it takes as primary key of a link (one empty order where it takes none); None
    when it is no primary key.
    """

    ai: str
    fixed: bool
    attribute: bool
    components: tuple[Component, ...]
    chains: tuple[tuple[str, ...], ...] | None
    title: str

    @property
    def least(self) -> int:
        """Characters that its value has at least."""
        return sum(part.least for part in self.components if not part.optional)

    @property
    def most(self) -> int:
        """Characters that its value has at most."""
        return sum(part.most for part in self.components)


_VARIABLE = (Component("X", 1, 90, optional=False, checks=()),)
_FIXED_LENGTHS = {"00": 18, "01": 14, "02": 14, "03": 14, "04": 16, "20": 2, "41": 13} | {
    str(prefix): 6 for prefix in (*range(11, 20), *range(31, 37))
}
"""First two digits -> length of the value, where no FNC1 follows (General Specifications, figure 7.8.5-2)."""


@cache
def table() -> Mapping[str, Entry]:
    """All identifiers, by their digits."""
    text = resources.files("standards.gs1").joinpath("data/gs1-syntax-dictionary.txt").read_text("utf-8")
    return {entry.ai: entry for line in text.splitlines() if line[:1].isdigit() for entry in _entries(line)}


@cache
def lengths() -> Mapping[str, int]:
    """First two digits -> how many digits the identifier has; all that begin alike are equally long."""
    return {ai[:2]: len(ai) for ai in table()}


def find(ai: str, *, unknown: bool = False) -> Entry | None:
    """The entry of `ai`, or None. With `unknown` one not yet assigned is taken as up to 90 characters of set 82, unless
    its length contradicts identifiers that begin alike.
    """
    entry = table().get(ai)
    if entry is not None or not unknown or not (2 <= len(ai) <= 4 and is_digits(ai)):
        return entry
    known = lengths().get(ai[:2])
    clashes = known != len(ai) if known else any(other.startswith(ai) or ai.startswith(other) for other in table())
    if clashes:
        return None
    length = _FIXED_LENGTHS.get(ai[:2])
    parts = _VARIABLE if length is None else (Component("X", length, length, optional=False, checks=()),)
    return Entry(ai, fixed=length is not None, attribute=False, components=parts, chains=None, title="UNKNOWN")


def find_prefix(text: str) -> Entry | None:
    """The identifier that `text` begins with, or None."""
    length = lengths().get(text[:2])
    return None if length is None else table().get(text[:length])


def is_digits(text: str) -> bool:
    """Whether `text` is one ASCII digit or more."""
    return text.isascii() and text.isdigit()


def _entries(line: str) -> Iterator[Entry]:
    """The identifiers of one line: one, or a range of them."""
    body, _, title = line.partition("#")
    first, *tokens = body.split()
    flags = tokens.pop(0) if _FLAGS.fullmatch(tokens[0]) else ""
    parts = tuple(_component(found) for token in tokens if (found := _COMPONENT.fullmatch(token)))
    key = next((token for token in tokens if token.split("=")[0] == "dlpkey"), None)
    low, _, high = first.partition("-")
    for number in range(int(low), int(high or low) + 1):
        yield Entry(
            f"{number:0{len(low)}}",
            fixed="*" in flags,
            attribute="?" in flags,
            components=parts,
            chains=None if key is None else _chains(key.partition("=")[2]),
            title=title.strip(),
        )


def _component(found: re.Match[str]) -> Component:
    bracket, charset, variable, number, checks = found.groups()
    most = int(number)
    return Component(charset, 1 if variable else most, most, bool(bracket), tuple(checks.split(",")[1:]))


def _chains(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(chain.split(",")) if chain else () for chain in text.split("|"))
