"""Typed tables and journals over an overlay over a reader.

A state key is `<module>/<table>/<key>`. A plain table stores the encoded row. The row of a *subject* is stored together
with the size and peaks of its journal, so that one tree key certifies both. A *restricted* table stores a salted
commitment in the public value; salt and row live in the private keyspace under the same key.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import msgspec

from ledger.crypto.encoding import Decoder, Message, encode
from ledger.crypto.hashing import HASH_SIZE, digest

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.errors import Refusal

KEY_SIZE_MAX = 200
VALUE_SIZE_MAX = 262_144
NO_JOURNAL = -1

SELF, INPUT, OUTPUT, CONTAINER = "self", "input", "output", "container"
PLACE, DEVICE, CERTIFICATE, OTHER = "place", "device", "certificate", "other"
ROLES = (SELF, INPUT, OUTPUT, CONTAINER, PLACE, DEVICE, CERTIFICATE, OTHER)
"""What a record is to a subject it names. A journey follows input, container, place, device and certificate out of the
records in which the subject is self or output (docs/PROOF.md, "Closure")."""

SUBJECT_HOMES = {
    "organisation": "registry/organisation",
    "member": "registry/member",
    "device": "registry/device",
    "product": "trace/product",
    "site": "trace/site",
    "plot": "trace/plot",
    "planting": "trace/planting",
    "lot": "trace/lot",
    "unit": "trace/unit",
    "vehicle": "trace/vehicle",
    "certificate": "trace/certificate",
    "campaign": "groupbuy/campaign",
    "order": "groupbuy/order",
    "listing": "archive/listing",
}
"""The table in which each type of subject has its row; part of the proof format."""


class Reader(Protocol):
    """Certified state at one height. Keys and values are bytes; a missing key is None."""

    def get(self, key: bytes) -> bytes | None:
        """The public value of a state key."""

    def private(self, key: bytes) -> bytes | None:
        """Salt ‖ row of a restricted state key."""

    def scan(self, prefix: bytes, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Public (key, value) pairs under `prefix`, ordered by key, from `start` (inclusive; b"" = the first)."""

    def node(self, path: bytes) -> bytes | None:
        """A state-tree node by its path, one byte a nibble."""

    def has_transaction(self, transaction_id: bytes) -> bool:
        """Whether an id is on the chain."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """A decoded row; values are immutable and shared.

    `size` and `peaks` (joined, largest subtree first) are the subject's journal, `NO_JOURNAL` and b"" in plain tables;
    `salt` is set in restricted tables only.
    """

    value: Any
    size: int = NO_JOURNAL
    peaks: bytes = b""
    salt: bytes | None = None


_UNREAD = Row(None)
"""Itself, not its value, stands for a row that was not looked for yet."""

_V = TypeVar("_V")

_TABLES: dict[bytes, "Table[Any]"] = {}


class Table(Generic[_V]):
    """A typed table. Only the module that declares it writes it.

    `subject` names the type whose rows these are; `restricted` keeps rows out of public sight.
    """

    def __init__(
        self, module: str, name: str, value: Any, *, subject: str | None = None, restricted: bool = False
    ) -> None:
        self.prefix = f"{module}/{name}/".encode()
        assert subject is None or SUBJECT_HOMES[subject] == f"{module}/{name}", f"{subject} has another home"
        assert self.prefix not in _TABLES, f"table {module}/{name} is declared twice"
        self.subject = subject
        self.restricted = restricted
        self._decode_row: Decoder[_V] = Decoder(value, VALUE_SIZE_MAX)
        stored: Any = bytes if restricted else value
        with_journal: Any = GenericAlias(tuple, (stored, int, bytes))
        self._decode_value: Decoder[Any] = Decoder(with_journal if subject else stored, VALUE_SIZE_MAX)
        _TABLES[self.prefix] = self

    def get(self, ctx: "Context", key: str) -> _V | None:
        """The row under `key`, or None."""
        row = ctx.state.row(self, self.prefix + key.encode())
        return None if row is None else row.value

    def need(self, ctx: "Context", key: str, otherwise: "Refusal") -> _V:
        """The row under `key`; raises `otherwise` when there is none."""
        row = ctx.state.row(self, self.prefix + key.encode())
        if row is None:
            raise otherwise
        return row.value  # type: ignore[no-any-return]  # rows of this table hold _V

    def has(self, ctx: "Context", key: str) -> bool:
        """Whether there is a row under `key`."""
        return ctx.state.row(self, self.prefix + key.encode()) is not None

    def put(
        self, ctx: "Context", key: str, value: _V, role: str = "", from_ms: int | None = None, to_ms: int | None = None
    ) -> None:
        """Write the row. A subject's row cannot be written without journalling: `role` is required there, and only
        there.
        """
        full = self.prefix + key.encode()
        assert len(full) <= KEY_SIZE_MAX, full
        assert bool(role) == (self.subject is not None), f"{full!r}: a role goes with a subject's row and with no other"
        salt = ctx.next_salt(full) if self.restricted else None
        if not self.subject:
            ctx.state.write(self, full, Row(value, salt=salt))
            return
        before = ctx.state.row(self, full)
        size, peaks = (before.size, before.peaks) if before else (0, b"")
        ctx.state.write(self, full, Row(value, size, peaks, salt))
        ctx.enter(f"{self.subject}:{key}", role, from_ms, to_ms)

    def delete(self, ctx: "Context", key: str) -> None:
        """Remove the row of a plain table; subjects stay for ever."""
        assert self.subject is None, f"{self.prefix!r}: subjects are never deleted"
        ctx.state.write(self, self.prefix + key.encode(), None)

    def scan(
        self, ctx: "Context", prefix: str = "", after: str | None = None, limit: int = 1000, until: str | None = None
    ) -> list[tuple[str, _V]]:
        """At most `limit` (key, row) pairs whose key starts with `prefix`, ordered by key, after the key `after` and
        before the key `until`: rows beyond it are not read.
        """
        full = self.prefix + prefix.encode()
        start = full if after is None else self.prefix + after.encode() + b"\0"
        end = None if until is None else self.prefix + until.encode()
        pairs = ctx.state.scan(self, full, start, limit, end)
        return [(key[len(self.prefix) :].decode(), row.value) for key, row in pairs]

    def every(self, ctx: "Context") -> Iterator[tuple[str, _V]]:
        """All (key, row) pairs, ordered by key, a page at a time: unbounded, for invariants and readers, not for
        rules.
        """
        after: str | None = None
        while page := self.scan(ctx, after=after):
            yield from page
            after = page[-1][0]

    def decode(self, value: bytes, private: bytes | None) -> Row:
        """Decode a stored value; `private` is salt ‖ row of a restricted table."""
        row, size, peaks = None, NO_JOURNAL, b""
        if self.subject:
            row, size, peaks = self._decode_value(value)
        elif not self.restricted:
            row = self._decode_value(value)
        if not self.restricted:
            return Row(row, size, peaks)
        assert private is not None, "a node that executes holds every restricted row"
        return Row(self._decode_row(private[HASH_SIZE:]), size, peaks, private[:HASH_SIZE])

    def encode(self, row: Row) -> tuple[bytes, bytes | None]:
        """(public value, private value or None) of a row."""
        stored, private = row.value, None
        if self.restricted:
            assert row.salt is not None
            private = row.salt + encode(row.value)
            stored = digest("restricted", private)
        if self.subject:
            stored = (stored, row.size, row.peaks)
        return encode(stored), private


def home_key(subject: str) -> bytes:
    """The state key of a subject's row: `lot:09521234.A1` -> `trace/lot/09521234.A1`; KeyError for an unknown type."""
    kind, _, key = subject.partition(":")
    return f"{SUBJECT_HOMES[kind]}/{key}".encode()


def home_table(subject: str) -> "Table[Any]":
    """The table of a subject's rows; raises KeyError when no module of this network declares it."""
    return _TABLES[f"{SUBJECT_HOMES[subject.partition(':')[0]]}/".encode()]


def restricted_tables() -> tuple[bytes, ...]:
    """What the state keys of all declared restricted tables begin with."""
    return tuple(prefix for prefix, table in _TABLES.items() if table.restricted)


@dataclass(slots=True)
class BlockState:
    """The overlay of one block: decoded rows over a reader, and what one running transaction has written so far."""

    reader: Reader
    rows: dict[bytes, Row | None] = field(default_factory=dict)
    dirty: dict[bytes, "Table[Any]"] = field(default_factory=dict)
    writes: dict[bytes, tuple["Table[Any]", Row | None]] = field(default_factory=dict)
    homes: dict[str, tuple[bytes, "Table[Any]"]] = field(default_factory=dict)
    timer_pages: dict[int, int] = field(default_factory=dict)
    """Due time in ms -> which page of what this block schedules for it is being filled; 0 unless said."""

    def home(self, subject: str) -> tuple[bytes, "Table[Any]"]:
        """State key and table of a subject's row; raises KeyError for a type that no module declares."""
        found = self.homes.get(subject)
        if found is None:
            found = self.homes[subject] = (home_key(subject), home_table(subject))
        return found

    def write(self, table: "Table[Any]", key: bytes, row: Row | None) -> None:
        """Let the running transaction write a row; None deletes it."""
        self.writes[key] = (table, row)

    def settle(self, table: "Table[Any]", key: bytes, row: Row) -> None:
        """Write a row of the block itself, outside any transaction."""
        self.rows[key] = row
        self.dirty[key] = table

    def row(self, table: "Table[Any]", key: bytes, stored: bytes | None = None) -> Row | None:
        """The row under a full state key, as the running transaction sees it; `stored`: see `settled`."""
        written = self.writes.get(key)
        return self.settled(table, key, stored) if written is None else written[1]

    def settled(self, table: "Table[Any]", key: bytes, stored: bytes | None = None) -> Row | None:
        """The row without the running transaction's writes. `stored`: what the state before this block holds, for who
        has read it already.
        """
        row = self.rows.get(key, _UNREAD)
        if row is _UNREAD:
            value = self.reader.get(key) if stored is None else stored
            private = self.reader.private(key) if table.restricted and value is not None else None
            row = self.rows[key] = None if value is None else table.decode(value, private)
        return row

    def scan(
        self, table: "Table[Any]", prefix: bytes, start: bytes, limit: int, end: bytes | None = None
    ) -> Iterator[tuple[bytes, Row]]:
        """Rows of `table` under `prefix` from `start` to before `end`, ordered, with this block's and this
        transaction's writes applied.
        """
        changed = {key for key, of in self.dirty.items() if of is table}
        changed.update(key for key, (of, _) in self.writes.items() if of is table)
        ahead = sorted((key for key in changed if key >= start and key.startswith(prefix)), reverse=True)
        found = 0
        stored = self.reader.scan(prefix, start)
        next_stored = next(stored, None)
        while found < limit and (ahead or next_stored is not None):
            value: bytes | None = None
            if next_stored is not None and (not ahead or next_stored[0] < ahead[-1]):
                (key, value), next_stored = next_stored, next(stored, None)
            else:
                key = ahead.pop()
                if next_stored is not None and next_stored[0] == key:
                    next_stored = next(stored, None)
            if end is not None and key >= end:
                return
            row = self.row(table, key, value)
            if row is not None:
                found += 1
                yield key, row

    def keep(self) -> None:
        """Make the running transaction's writes part of the block."""
        for key, (table, row) in self.writes.items():
            self.rows[key] = row
            self.dirty[key] = table
        self.writes = {}

    def drop(self) -> None:
        """Forget the running transaction's writes."""
        self.writes = {}

    def changed(self, table: "Table[Any]") -> Iterator[tuple[str, Any, Any]]:
        """(key, row before the block, row after it) of every row of `table` that the block changed; None = no row."""
        for key, of in self.dirty.items():
            if of is table:
                value = self.reader.get(key)
                private = self.reader.private(key) if table.restricted and value is not None else None
                before = None if value is None else table.decode(value, private).value
                after = self.rows[key]
                yield key[len(table.prefix) :].decode(), before, None if after is None else after.value

    def encoded(self) -> tuple[dict[bytes, bytes | None], dict[bytes, bytes | None]]:
        """All changed rows of the block as (public values, private values); None = deleted."""
        values: dict[bytes, bytes | None] = {}
        private: dict[bytes, bytes | None] = {}
        for key, table in sorted(self.dirty.items(), key=_by_key):
            row = self.rows[key]
            if row is None:
                values[key] = None
                if table.restricted:
                    private[key] = None
                continue
            values[key], hidden = table.encode(row)
            if hidden is not None:
                private[key] = hidden
        return values, private


def _by_key(item: tuple[bytes, "Table[Any]"]) -> bytes:
    return item[0]


class CountedIds(Message):
    """Row of `recent/<expiry minute>`: how many unexpired ids fall in that minute, and their hash chain."""

    count: int
    chain: bytes
