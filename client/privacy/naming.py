"""Which records of the ledger commit to files of the vault, by proven journals.

A resident's words are named by reviews under her key: they stand in the listings of what she reviewed, and the names of
the ledger's rows tell which those are. What leaders and organisations store is named by records in their own journals.
Records that name a file in their restricted part alone are not found.
"""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field

from linxin.v1 import ledger_pb2

from client.archive import PROOF_TIMEOUT_S, walk
from client.connection import Connection
from client.reviewing import addresses_of, get_row, list_keys
from client.verified import InvalidProof, VerifiedRecord
from client.verify import verify_proof
from ledger.modules.archive.state import Addition, Review, bought, reviewers
from ledger.proof.format import JournalClaim, LeafClaim


@dataclass
class Named:
    """What was found: by address, the records that name it (by transaction id); by address of a resident's words and
    photos, (review, part) that they belong to, and whether that part is recorded as erased.
    """

    records: dict[bytes, dict[bytes, VerifiedRecord]] = field(default_factory=dict)
    parts: dict[bytes, tuple[bytes, int, bool]] = field(default_factory=dict)

    def take(self, record: VerifiedRecord, addresses: Collection[bytes]) -> None:
        """Note a record for each of the addresses that it names."""
        for address in _within(record.action, frozenset(addresses)):
            self.records.setdefault(address, {})[record.transaction_id] = record

    def take_review(self, review: bytes, row: Review) -> None:
        """Note what each part of a review says and shows."""
        parts: tuple[Review | Addition, ...] = (row, *row.additions)
        for number, part in enumerate(parts):
            for address in addresses_of(part):
                self.parts[address] = review, number, part.erased_ms is not None


async def find_names(
    connection: Connection, genesis: bytes, owners: Collection[str], addresses: Collection[bytes]
) -> Named:
    """The records that name `addresses`, which belong to `owners` (`key:<hex>`, `member:mei`, `organisation:farm`).

    Raises `InvalidProof`, `Remote`, `Unreachable`.
    """
    named = Named()
    for owner in owners if addresses else ():
        kind, _, name = owner.partition(":")
        if kind != "key":
            for record in await _journal(connection, genesis, owner):
                named.take(record, addresses)
            continue
        async for listing in _reviewed(connection, name):
            async for part in walk(connection, genesis, listing):
                for entry in part.entries:
                    named.take(entry.record, addresses)
                    if isinstance(entry.row, Review) and entry.row.public_key.hex() == name:
                        named.take_review(entry.record.transaction_id, entry.row)
    return named


async def prove_record(connection: Connection, genesis: bytes, transaction: bytes) -> bytes:
    """The proof file of one record, checked. Raises `InvalidProof`, `Remote`, `Unreachable`."""
    request = ledger_pb2.GetProofRequest(leaf=ledger_pb2.LeafProof(transaction_id=transaction))
    answer = await connection.call(
        lambda to: to.ledger.GetProof, request, ledger_pb2.GetProofResponse, timeout_s=PROOF_TIMEOUT_S
    )
    found = verify_proof(answer.file, genesis)
    if not isinstance(found.claim, LeafClaim) or found.records[0].transaction_id != transaction:
        raise InvalidProof("claim", "$.claim", f"not the record {transaction.hex()}")
    return answer.file


async def _reviewed(connection: Connection, key: str) -> AsyncIterator[str]:
    """The listings of what a per-community key reviewed, in its community."""
    reviewer = await get_row(connection, reviewers, key)
    if reviewer is None:
        return
    for name in await list_keys(connection, bought, f"{key}/"):
        yield f"{name.removeprefix(f'{key}/')}@{reviewer.community}"


async def _journal(connection: Connection, genesis: bytes, subject: str) -> tuple[VerifiedRecord, ...]:
    """All records in the journal of a subject, proven."""
    request = ledger_pb2.GetProofRequest(journal=ledger_pb2.JournalProof(subject=subject))
    answer = await connection.call(
        lambda to: to.ledger.GetProof, request, ledger_pb2.GetProofResponse, timeout_s=PROOF_TIMEOUT_S
    )
    found = verify_proof(answer.file, genesis)
    if not isinstance(found.claim, JournalClaim) or found.claim.subject != subject:
        raise InvalidProof("claim", "$.claim", f"not the journal of {subject}")
    return found.sections[subject].records


def _within(value: object, wanted: frozenset[bytes]) -> set[bytes]:
    """Which of the wanted values stand anywhere in a decoded action."""
    if isinstance(value, bytes):
        return {value} & wanted
    if isinstance(value, list | tuple):
        return set().union(*(_within(item, wanted) for item in value))
    return set()
