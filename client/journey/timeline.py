"""The timeline: every accepted record of a proof in a line, in order of when things were done."""

from collections.abc import Sequence
from typing import Any

from client.journey.entry import READINGS, Entry, about, device_of, fields_of
from client.journey.known import Known
from client.journey.promises import as_signed, may_say_organic
from client.journey.readings import Day
from client.journey.sentences import Sentences
from client.journey.text import Clock
from client.verified import VerifiedProof, VerifiedRecord
from ledger.block import HEADER
from ledger.words import Words

PACKING = "trace.pack_unit"


def timeline(proof: VerifiedProof, known: Known, clock: Clock) -> list[Entry]:
    """The journey by when each thing was over; a device's readings of a day, and crates packed alike, in one line."""
    teller = _Teller(known, clock, may_say_organic(proof, known))
    groups: dict[Any, list[VerifiedRecord]] = {}
    for record in proof.records:
        if record.kind != HEADER and record.code == 0:
            groups.setdefault(teller.alike(record), []).append(record)
    entries = [teller.readings(group) if group[0].tag == READINGS else teller.entry(group) for group in groups.values()]
    return sorted(entries, key=lambda entry: (entry.until_ms, entry.recorded_ms))


class _Teller:
    """Makes entries of records that belong on one line."""

    def __init__(self, known: Known, clock: Clock, organic: bool) -> None:
        self.known = known
        self.organic = organic
        self.clock = clock
        self.sentences = Sentences(known, clock)

    def alike(self, record: VerifiedRecord) -> Any:
        """What records on one line have in common."""
        fields = fields_of(record)
        if record.tag == READINGS:
            return device_of(record), self.clock.day(fields["start_ms"])
        if record.tag == PACKING:
            return str({**fields, "unit": ""}), record.public_key
        return record.leaf_hash

    def entry(self, group: Sequence[VerifiedRecord]) -> Entry:
        """A record other than readings, or several units packed alike."""
        first = group[0]
        event_ms = fields_of(first).get("event_ms")
        time_ms = event_ms if isinstance(event_ms, int) else first.time_ms
        merged = {"unit": [fields_of(record)["unit"] for record in group], "each": True} if len(group) > 1 else {}
        zh, en = self.sentences.tell(first, **merged)
        return self._entry(group, (time_ms, time_ms), about(first), (zh, en))

    def readings(self, group: Sequence[VerifiedRecord]) -> Entry:
        """A day of readings of one device; it is about the thing that the device was tied to."""
        device = device_of(group[0])
        day = Day(device, group)
        thing = next((one for record in group for one in record.subjects if one != device), device)
        return self._entry(group, (day.start_ms, day.end_ms), thing, day.tell(self.known))

    def _entry(self, group: Sequence[VerifiedRecord], times: tuple[int, int], subject: str, words: Words) -> Entry:
        first, recorded_ms = group[0], max(record.time_ms for record in group)
        who = device_of(first) if first.tag == READINGS else self.known.who(first)
        name = self.known.name(who) if who else self.known.signer(first)
        flags = (*self.sentences.flags(group), *self.sentences.doubts(group))
        ids = tuple(record.transaction_id for record in group if record.transaction_id)
        aside = self.known.is_aside(first)
        leaves = tuple(record.leaf_hash for record in group)
        said = as_signed(words, self.organic)
        return Entry(*times, recorded_ms, first.tag, who, name, subject, aside, *said, flags, len(group), ids, leaves)
