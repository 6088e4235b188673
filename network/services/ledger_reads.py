"""The reading half of LedgerService: values, proofs and the archive, all from one snapshot of what is final."""

from collections.abc import Iterator, Sequence

from linxin.v1 import ledger_pb2

from ledger.block import decode_leaf
from ledger.context import Signer
from ledger.crypto import state_tree
from ledger.crypto.hashing import HASH_SIZE
from ledger.genesis import Genesis
from ledger.module import Registry
from ledger.modules.registry.state import keys
from ledger.proof import prove_consistency, prove_journal, prove_leaf, prove_listing, prove_value
from ledger.state import KEY_SIZE_MAX, SUBJECT_HOMES
from ledger.storage.archive import export_archive
from ledger.storage.port import Snapshot
from network.access import names_of
from network.chain import note_of
from network.errors import BadField, NotFound
from network.journals import Journals
from network.services.calls import check_range, check_size, check_text
from network.services.records import context_at

VALUES_MAX = 100
PAGE_MAX = 1_000
PAGE_DEFAULT = 100
PAGE_BYTES_MAX = 2_000_000
CHUNK_SIZE = 262_144
"""Bytes of one chunk of an export."""


def values(snapshot: Snapshot, request: ledger_pb2.GetValueRequest) -> ledger_pb2.GetValueResponse:
    """The values of up to 100 state keys, with one multi-proof when asked."""
    check_range("$.keys.length", len(request.keys), 1, VALUES_MAX)
    keys = [_checked_key(f"$.keys[{number}]", key) for number, key in enumerate(request.keys)]
    reply = ledger_pb2.GetValueResponse(
        height=snapshot.head.height,
        values=[
            ledger_pb2.Value(key=key, value=snapshot.get(raw)) for key, raw in zip(request.keys, keys, strict=True)
        ],
        note=note_of(snapshot, snapshot.head.height),
    )
    if request.include_proof:
        reply.nodes.extend(state_tree.prove([state_tree.key_hash(raw) for raw in keys], snapshot.node))
    return reply


def list_values(snapshot: Snapshot, request: ledger_pb2.ListValuesRequest) -> ledger_pb2.ListValuesResponse:
    """A page of values whose key starts with a prefix; the page token is the last key of the page before."""
    if request.prefix.count("/") < 2:
        raise BadField("$.prefix", "expected at least <module>/<table>/")
    prefix = _checked_key("$.prefix", request.prefix)
    check_range("$.page_size", request.page_size, 0, PAGE_MAX)
    start = b""
    if request.page_token:
        start = _checked_key("$.page_token", request.page_token) + b"\0"
        if not start.startswith(prefix):
            raise BadField("$.page_token", "it is of another prefix")
    reply = ledger_pb2.ListValuesResponse(height=snapshot.head.height)
    size = 0
    for key, value in snapshot.scan(prefix, start):
        if len(reply.values) == (request.page_size or PAGE_DEFAULT) or size > PAGE_BYTES_MAX:
            reply.next_page_token = reply.values[-1].key
            break
        size += len(key) + len(value)
        reply.values.append(ledger_pb2.Value(key=key.decode(), value=value))
    return reply


def _checked_key(path: str, key: str) -> bytes:
    raw = check_text(path, key, KEY_SIZE_MAX).encode()
    if len(raw) > KEY_SIZE_MAX:
        raise BadField(path, f"expected at most {KEY_SIZE_MAX} bytes, got {len(raw)}")
    return raw


def proof(snapshot: Snapshot, request: ledger_pb2.GetProofRequest) -> ledger_pb2.GetProofResponse:
    """The proof of one claim against the latest certificate. Raises `BadField` or `NotFound`."""
    reply = ledger_pb2.GetProofResponse(height=snapshot.head.height, note=note_of(snapshot, snapshot.head.height))
    claim = request.WhichOneof("claim")
    if claim == "value":
        _checked_key("$.value.key", request.value.key)
        reply.file = prove_value(snapshot, request.value.key)
    elif claim == "leaf":
        reply.file = prove_leaf(snapshot, _leaf_index(snapshot, request.leaf))
    elif claim == "journal":
        reply.file = _journal_proof(snapshot, request.journal)
    elif claim == "listing":
        reply.file = _listing_proof(snapshot, request.listing)
    elif claim == "consistency":
        reply.hashes.extend(_consistency(snapshot, request.consistency))
    else:
        raise BadField("$.claim", "expected one of value, leaf, consistency, journal, listing")
    return reply


def _leaf_index(snapshot: Snapshot, wanted: ledger_pb2.LeafProof) -> int:
    if wanted.WhichOneof("leaf") == "transaction_id":
        index = snapshot.transaction(check_size("$.leaf.transaction_id", wanted.transaction_id, HASH_SIZE))
        if index is None:
            raise NotFound("transaction", wanted.transaction_id.hex())
        return index
    if wanted.index >= snapshot.head.log.size:
        raise NotFound("leaf", str(wanted.index))
    return wanted.index


def _consistency(snapshot: Snapshot, wanted: ledger_pb2.ConsistencyProof) -> Sequence[bytes]:
    new_size = check_range("$.consistency.new_size", wanted.new_size, 0, snapshot.head.log.size)
    new_size = new_size or snapshot.head.log.size
    old_size = check_range("$.consistency.old_size", wanted.old_size, 1, new_size)
    return prove_consistency(snapshot, old_size, new_size)


def _journal_proof(snapshot: Snapshot, wanted: ledger_pb2.JournalProof) -> bytes:
    subject = check_subject("$.journal.subject", wanted.subject)
    from_ms = wanted.from_ms if wanted.HasField("from_ms") else None
    to_ms = wanted.to_ms if wanted.HasField("to_ms") else None
    return prove_journal(snapshot, subject, from_ms, to_ms)


def _listing_proof(snapshot: Snapshot, wanted: ledger_pb2.ListingProof) -> bytes:
    subject = check_subject("$.listing.listing", f"listing:{wanted.listing}")
    size = Journals(snapshot).size(subject)
    end = wanted.end if wanted.HasField("end") else size
    return prove_listing(snapshot, wanted.listing, wanted.start, end)


def check_subject(path: str, subject: str) -> str:
    """`subject` if it is `type:key` of a known type; raises `BadField`."""
    check_text(path, subject, 128)
    kind, colon, key = subject.partition(":")
    if not colon or not key or kind not in SUBJECT_HOMES:
        raise BadField(path, f"expected type:key with a type of {', '.join(SUBJECT_HOMES)}")
    return subject


def signing_key(snapshot: Snapshot, registry: Registry, index: int) -> bytes:
    """The key that signed the transaction at a log index."""
    return registry.decode_body(decode_leaf(snapshot.leaf(index)).body).public_key


def is_party(snapshot: Snapshot, genesis: Genesis, registry: Registry, index: int, signer: Signer) -> bool:
    """Whether the signer signed the record at a log index or is named by it, as itself or by its organisation."""
    leaf = decode_leaf(snapshot.leaf(index))
    parties = {str(entry[0]) for entry in leaf.subjects}
    body = registry.decode_body(leaf.body)
    holder = keys.get(context_at(snapshot, genesis), body.public_key.hex())
    if holder is not None:
        parties |= {holder.subject} if holder.subject.startswith("member:") else {f"organisation:{holder.organisation}"}
    return not names_of(signer).isdisjoint(parties)


def export_chunks(snapshot: Snapshot, genesis: Genesis, *, full: bool) -> Iterator[ledger_pb2.ExportChunk]:
    """The archive of a snapshot in chunks."""
    last = snapshot.head.height
    buffer = bytearray()
    for height, part in enumerate(export_archive(snapshot, genesis.raw, full=full)):
        buffer += part
        while len(buffer) >= CHUNK_SIZE:
            yield ledger_pb2.ExportChunk(data=bytes(buffer[:CHUNK_SIZE]), height=min(height, last), last_height=last)
            del buffer[:CHUNK_SIZE]
    yield ledger_pb2.ExportChunk(data=bytes(buffer), height=last, last_height=last)
