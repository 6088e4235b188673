"""What people call the things of a chain, in Chinese and English. Each module brings its words; see its `words.py`.

Nothing here decides anything: services take titles from it, clients whole sentences, and no state depends on it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Words = tuple[str, str]
"""The same in Chinese and in English."""


class ActionWords(NamedTuple):
    """An action or timer: its `title`, and the `sentence` that tells one (None: title and subject say it all).

    A sentence has `{field}` places; a part in square brackets is left out when a field in it is empty.
    """

    title: Words
    sentence: Words | None = None


class EventWords(NamedTuple):
    """What a rule found: a mere `fact`, something wrong with `data`, or with the `goods`; places count its fields."""

    about: Literal["fact", "data", "goods"]
    says: Words


@dataclass(frozen=True)
class Vocabulary:
    """Words by tag of action or timer, by name of event, by type of subject, and by value that actions choose from."""

    actions: Mapping[str, ActionWords] = field(default_factory=dict)
    events: Mapping[str, EventWords] = field(default_factory=dict)
    subjects: Mapping[str, Words] = field(default_factory=dict)
    values: Mapping[str, Words] = field(default_factory=dict)

    def title(self, tag: str) -> Words:
        """What a kind of record is called; its tag where this version has no words for it."""
        known = self.actions.get(tag)
        return known.title if known is not None else (tag, tag)

    def value(self, value: str) -> Words:
        """What a value is called; the value itself where this version has no words for it."""
        return self.values.get(value, (value, value))


_FOUNDED = ("网络创立", "The network was founded")
_HANDED_OVER = ("验证节点交接", "The validators handed over to others")
LEDGER_WORDS = Vocabulary(
    {"ledger.genesis": ActionWords(_FOUNDED, _FOUNDED), "ledger.handover": ActionWords(_HANDED_OVER, _HANDED_OVER)}
)
"""Words for what the ledger itself writes."""


def join(vocabularies: Iterable[Vocabulary]) -> Vocabulary:
    """All words of several modules in one."""
    actions: dict[str, ActionWords] = {}
    events: dict[str, EventWords] = {}
    subjects: dict[str, Words] = {}
    values: dict[str, Words] = {}
    for each in vocabularies:
        actions |= each.actions
        events |= each.events
        subjects |= each.subjects
        values |= each.values
    return Vocabulary(actions, events, subjects, values)
