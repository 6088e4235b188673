"""Leaves as records that people and programs can read."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec
from google.protobuf import struct_pb2
from linxin.v1 import provenance_pb2

from ledger.block import ACCEPTED, TRANSACTION, Leaf
from ledger.context import Context
from ledger.genesis import Genesis
from ledger.module import Registry, tag_of
from ledger.modules.registry.state import keys
from ledger.proof.leaves import Leaves
from ledger.proof.remembered import Remembered
from ledger.state import BlockState
from ledger.storage.port import Snapshot
from ledger.transaction import transaction_id
from network.journals import KnownJourneys

RECORD_OVERHEAD = 400
"""Bytes that a remembered record takes beside its own."""

EXACT_MAX = 2**53
"""Integers up to here survive the double of a protobuf Struct; larger ones travel as decimal strings."""


def context_at(snapshot: Snapshot, genesis: Genesis) -> Context:
    """A context for reading tables of the certified state; nothing is ever kept of what it would write."""
    head = snapshot.head
    return Context(BlockState(snapshot), head.height, head.time_ms, genesis.parameters, genesis.chain_id)


class Signer(NamedTuple):
    """Whom a key speaks for; both empty while nobody has registered it."""

    organisation: str = ""
    subject: str = ""


NOBODY = Signer()


class Described(NamedTuple):
    """What was made of a leaf: its part of a journey's answer, and the key and signer it names (no key: an effect)."""

    part: bytes
    public_key: bytes
    signer: Signer


class Remembrance:
    """What reads of journeys share: leaves and the records made of them, which never change, and whole journeys."""

    def __init__(self, bytes_max: int) -> None:
        self.leaves = Leaves(bytes_max // 2)
        self.described: Remembered[int, Described] = Remembered(bytes_max // 4)
        self.journeys = KnownJourneys(bytes_max // 4)


class Records:
    """Makes `Record` messages of leaves under one snapshot."""

    def __init__(
        self, snapshot: Snapshot, genesis: Genesis, registry: Registry, described: Remembered[int, Described]
    ) -> None:
        self._registry = registry
        self._context = context_at(snapshot, genesis)
        self._described = described
        self._signers: dict[bytes, Signer] = {}

    def part(self, index: int, read: Callable[[int], Leaf]) -> bytes:
        """One record as the bytes of a `GetJourneyResponse` that holds it alone; `read` gives the leaf if it must."""
        known = self._described.get(index)
        # Only this can change: a key that signed in vain before it was registered has a holder afterwards.
        if known is not None and known.signer == self._signer(known.public_key):
            return known.part
        leaf = read(index)
        public_key = self._registry.decode_body(leaf.body).public_key if leaf.kind == TRANSACTION else b""
        part = provenance_pb2.GetJourneyResponse(records=[self.message(index, leaf)]).SerializeToString()
        self._described.put(index, Described(part, public_key, self._signer(public_key)), len(part) + RECORD_OVERHEAD)
        return part

    def message(self, index: int, leaf: Leaf) -> provenance_pb2.Record:
        """One record."""
        height, time_ms, code, details = leaf.outcome
        record = provenance_pb2.Record(index=index, height=height, time_ms=time_ms, code=code)
        if leaf.kind == TRANSACTION:
            self._describe_transaction(record, leaf)
        else:
            self._describe_effect(record, leaf)
        record.title_zh, record.title_en = self._registry.words.title(record.action)
        for subject in leaf.subjects:
            entry = record.subjects.add(subject=str(subject[0]), role=str(subject[1]))
            if len(subject) == 4:
                _set_bounds(entry, subject[2], subject[3])
        if code == ACCEPTED:
            for name, *fields in details:
                _extend(record.events.add(name=name).fields, fields)
        return record

    def _describe_transaction(self, record: provenance_pb2.Record, leaf: Leaf) -> None:
        body = self._registry.decode_body(leaf.body)
        record.transaction_id = transaction_id(leaf.body)
        record.action = tag_of(type(body.action))
        fill(record.fields, body.action)
        record.organisation, record.signer = self._signer(body.public_key)

    def _describe_effect(self, record: provenance_pb2.Record, leaf: Leaf) -> None:
        parts = msgspec.msgpack.decode(leaf.body)
        record.action = parts[0]
        if len(parts) > 1:
            fill(record.fields, self._registry.decode_timer(leaf.body))

    def _signer(self, public_key: bytes) -> Signer:
        if public_key not in self._signers:
            holder = keys.get(self._context, public_key.hex()) if public_key else None
            self._signers[public_key] = NOBODY if holder is None else Signer(holder.organisation, holder.subject)
        return self._signers[public_key]


def fill(fields: struct_pb2.Struct, value: Any) -> None:
    """Fill in a decoded struct or dict: structs by field name, large integers and bytes as strings.

    Field by field: protobuf's own `update` would have a dict of it made first, and a page has hundreds of fields.
    """
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            _put(fields.fields[name], getattr(value, name))
    else:
        for key, item in value.items():
            _put(fields.fields[str(key)], item)


def _put(place: struct_pb2.Value, value: Any) -> None:
    if isinstance(value, str):
        place.string_value = value
    elif isinstance(value, bytes):
        place.string_value = value.hex()
    elif value is None:
        place.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, bool):
        place.bool_value = value
    elif isinstance(value, int):
        if -EXACT_MAX <= value <= EXACT_MAX:
            place.number_value = value
        else:
            place.string_value = str(int(value))
    elif isinstance(value, msgspec.Struct | dict):
        place.struct_value.SetInParent()
        fill(place.struct_value, value)
    else:
        _extend(place.list_value, value)


def _extend(found: struct_pb2.ListValue, values: Iterable[Any]) -> None:
    found.SetInParent()
    add = found.values.add
    for item in values:
        _put(add(), item)


def _set_bounds(entry: provenance_pb2.SubjectRole, from_ms: Any, to_ms: Any) -> None:
    if from_ms is not None:
        entry.from_ms = from_ms
    if to_ms is not None:
        entry.to_ms = to_ms
