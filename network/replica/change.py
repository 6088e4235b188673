"""Changes of the voters: what their entries say, and whether the ledger authorises them.

An entry names a certified height and the set of validators that this height's checkpoint hands over to. Every node
decides by what it has executed up to the entry, so all decide alike, whoever proposed it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from consensus.member.change import decode_change
from ledger.block import Head, Validator
from ledger.certificate import validators_hash
from ledger.crypto.checkpoint import parse_checkpoint, parse_note
from ledger.crypto.encoding import encode
from network.replica.finality import Ledger


@dataclass(frozen=True)
class Decision:
    """What becomes of a change: the voters to go over to (none named: the change under way is completed), or None when
    it is refused.
    """

    voters: frozenset[str] | None


def encode_change(height: int, validators: Sequence[Validator]) -> bytes:
    """The payload of an entry that makes `validators`, to whom the checkpoint of `height` hands over, the voters."""
    return encode((height, [[validator.name, validator.public_key] for validator in validators]))


def decide(payload: bytes, executed: Head, ledger: Ledger) -> Decision | None:
    """Decide on a change at its place in the log; None = the certificate that authorises it is not here yet.

    `executed` is the head after everything ordered before it. Refused: what does not decode, names a height not
    executed by then, or another set than the one in force there.
    """
    if not payload:
        return Decision(frozenset())
    change = decode_change(payload)
    if change is None:
        return Decision(None)
    named = tuple(Validator(name, key) for name, key in change.validators)
    if not 0 < change.height <= executed.height or named != executed.validators:
        return Decision(None)
    if change.height > ledger.head.height:
        return None
    stored = ledger.snapshot.block(change.height)
    assert stored is not None, change.height
    if parse_checkpoint(parse_note(stored.note).text).validators != validators_hash(named):
        return Decision(None)
    return Decision(change.targets)
