"""Erasing what one stored: the ledger's record where a review shows it, then key and bytes in every vault.

What a retention class binds is left as it is and named with its date; so is every vault that does not answer. All of it
can be repeated.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from linxin.v1 import blob_pb2

from client.blobs import EndpointSilent, erase_everywhere
from client.connection import Connection
from client.failures import Remote
from client.privacy.holdings import Held, Holdings
from client.privacy.naming import Named, find_names
from client.submit import sign_action, submit
from ledger.crypto.signing import SigningKey
from ledger.modules.archive.messages import EraseWords

RETENTION_BINDS = 141
"""Number of the vault's refusal; its details are address, class, date."""


class Kept(NamedTuple):
    """A file that its retention class keeps until a date, as the vault said."""

    address: bytes
    refusal: Remote

    @property
    def retention(self) -> str:
        """The class."""
        return str(self.refusal.details[1])

    @property
    def until(self) -> str:
        """The date."""
        return str(self.refusal.details[2])


@dataclass(frozen=True)
class Done:
    """`receipts`: of what is erased now; `before`: of what was already; `records`: transaction ids of the ledger's
    records of it; `silent`: endpoints that did not answer.
    """

    receipts: dict[bytes, list[blob_pb2.ErasureReceipt]]
    before: dict[bytes, list[blob_pb2.ErasureReceipt]]
    kept: tuple[Kept, ...]
    records: tuple[bytes, ...]
    silent: tuple[str, ...]


async def erase(
    connection: Connection,
    key: SigningKey,
    genesis: bytes,
    holdings: Holdings,
    chosen: Sequence[Held],
    tell: Callable[[int, int], None],
) -> Done:
    """Erase the chosen files of the key's holder. `tell` hears how many of how many are done.

    Raises `InvalidProof`, `NotAccepted`, `NotFinal`, `Remote` for what is neither silence nor retention, `Unreachable`.
    """
    owners = {each.file.owner for each in chosen}
    named = await find_names(connection, genesis, owners, {each.address for each in chosen})
    wanted = _with_parts({each.address for each in chosen}, named)
    records = await _record(connection, key, named, wanted)
    before: dict[bytes, list[blob_pb2.ErasureReceipt]] = {}
    for each in holdings.own(wanted):
        if each.is_erased:
            before.setdefault(each.address, []).append(each.file.erased)
    waiting = sorted(wanted - before.keys())
    receipts: dict[bytes, list[blob_pb2.ErasureReceipt]] = {}
    kept: list[Kept] = []
    silent = dict.fromkeys(holdings.silent)
    for number, address in enumerate(waiting):
        tell(number, len(waiting))
        try:
            receipts[address] = await erase_everywhere(connection, key, address)
        except EndpointSilent as silence:
            receipts[address] = silence.receipts
            silent |= dict.fromkeys(silence.endpoints)
        except Remote as refusal:
            if refusal.number != RETENTION_BINDS:
                raise
            kept.append(Kept(address, refusal))
    tell(len(waiting), len(waiting))
    return Done({each: given for each, given in receipts.items() if given}, before, tuple(kept), records, tuple(silent))


def _with_parts(addresses: Collection[bytes], named: Named) -> set[bytes]:
    """The addresses, and all else of the parts of reviews that they belong to: a part is erased whole."""
    parts = {named.parts[address][:2] for address in addresses if address in named.parts}
    return {*addresses, *(address for address, told in named.parts.items() if told[:2] in parts)}


async def _record(
    connection: Connection, key: SigningKey, named: Named, addresses: Collection[bytes]
) -> tuple[bytes, ...]:
    """Record the erasure of each part of a review that shows any of the addresses, where it is not recorded yet.

    The record comes first, so that nobody shows the words any more while vaults are asked.
    """
    told = (named.parts[address] for address in addresses if address in named.parts)
    parts = sorted({(review, part) for review, part, is_recorded in told if not is_recorded})
    chain_id = (await connection.status()).chain_id
    envelopes = [sign_action(key, chain_id, EraseWords(review, part)) for review, part in parts]
    outcomes = await submit(connection, envelopes) if envelopes else []
    return tuple(outcome.need("archive.erase").transaction_id for outcome in outcomes)
