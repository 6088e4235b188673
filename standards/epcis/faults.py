"""What is wrong with a document: where, by which rule, in both languages."""

from collections.abc import Iterable
from dataclasses import dataclass

Step = str | int


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong.

    `path` is a JSON pointer (RFC 6901) into the document, or into its JSON form where it came as XML; empty: the whole.
    `rule` names the rule: `json`, `xml`, `schema:<keyword>`, or a rule of the standard that no schema checks.
    """

    path: str
    rule: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.path or '/'}: {self.zh} / {self.en} [{self.rule}]"


class Malformed(ValueError):
    """Bytes that are no document at all. `faults` has at least one element."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(map(str, self.faults)))


def pointer(steps: Iterable[Step]) -> str:
    """The JSON pointer of the path `steps`: `/epcisBody/eventList/0`."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def shorten(value: object, length: int = 80) -> str:
    """`value` as it may stand in a message: one printable line of at most `length` characters."""
    text = value if isinstance(value, str) else repr(value)
    text = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)
    return text if len(text) <= length else text[: length - 1] + "…"
