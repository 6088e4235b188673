"""What the payments module is asked to do. Money is whole fen; nothing here moves money between people.

Amounts, purposes and receipts travel in restricted parts (DESIGN §5, "What may be seen").
"""

from typing import Annotated

from msgspec import Meta

from ledger.crypto.encoding import Message, encode
from ledger.crypto.hashing import digest
from ledger.crypto.signing import Algorithm
from ledger.module import Action, Timer
from ledger.text import Identifier, Remark

FEN_MAX = 10**13
"""A hundred thousand million yuan: more than any amount here, and sums of a million of them still fit 64 bits."""

Fen = Annotated[int, Meta(gt=0, le=FEN_MAX)]
FenOrZero = Annotated[int, Meta(ge=0, le=FEN_MAX)]
TimeMs = Annotated[int, Meta(ge=0, le=253_402_300_799_999)]
Number = Annotated[bytes, Meta(min_length=16, max_length=16)]
"""A random or derived number that is used once."""

Beneficiary = Annotated[
    str, Meta(max_length=80, pattern=r"^(?:order:[0-9a-f]{32}|(?:organisation|member):[a-z0-9][a-z0-9._-]{0,63})\Z")
]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]
PublicKey = Annotated[bytes, Meta(min_length=32, max_length=33)]


class Receipt(Message):
    """A custodian's word that it holds `fen` for `beneficiary`: good once, before `valid_to_ms`.

    After that the ledger refuses it, so the custodian can give the money back without looking at the chain. Signed over
    `receipt_message`, by a key that the registry knows as the custodian's own.
    """

    custodian: Identifier
    number: Number
    fen: Fen
    beneficiary: Beneficiary
    valid_to_ms: TimeMs
    algorithm: Algorithm
    public_key: PublicKey
    signature: Signature


def receipt_message(
    chain_id: bytes, custodian: str, number: bytes, fen: int, beneficiary: str, valid_to_ms: int
) -> bytes:
    """What a custodian signs."""
    return digest("receipt", encode([chain_id, custodian, number, fen, beneficiary, valid_to_ms]))


class Deposit(Action, tag="payments.deposit"):
    """An organisation, or a leader for herself, brings money in by a receipt made out to it."""

    restricted = Receipt


class MoveTerms(Message):
    """`source`, `target`: "" (the main account), "guarantee", or "float:<leader>"."""

    custodian: Identifier
    source: Annotated[str, Meta(max_length=80, pattern=r"^(?:|guarantee|float:[a-z0-9][a-z0-9._-]{0,63})\Z")]
    target: Annotated[str, Meta(max_length=80, pattern=r"^(?:|guarantee|float:[a-z0-9][a-z0-9._-]{0,63})\Z")]
    fen: Fen


class Move(Action, tag="payments.move"):
    """The platform moves money between its own accounts. What leaves the guarantee does so after a notice."""

    restricted = MoveTerms


class WithdrawTerms(Message):
    """Out of the signer's main account at a custodian."""

    custodian: Identifier
    fen: Fen


class Withdraw(Action, tag="payments.withdraw"):
    """An organisation or leader has the custodian pay out money of its own."""

    restricted = WithdrawTerms


class Confirmed(Message):
    """Instructions that the custodian has carried out."""

    instructions: Annotated[tuple[Number, ...], Meta(min_length=1, max_length=256)]


class Confirm(Action, tag="payments.confirm"):
    """The custodian has paid: the money has left."""

    restricted = Confirmed


class Rejected(Message):
    """An instruction that could not be carried out."""

    instruction: Number
    reason: Remark


class Reject(Action, tag="payments.reject"):
    """The custodian cannot pay: the money is back where it came from, and may be instructed again."""

    restricted = Rejected


class Again(Message):
    """A rejected refund."""

    instruction: Number


class Reissue(Action, tag="payments.reissue"):
    """Have a rejected refund tried once more, to the same receipt. Anybody may ask."""

    restricted = Again


class Overdue(Message):
    """A hold whose time is over."""

    transfer: Number


class Expire(Action, tag="payments.expire"):
    """Give back a hold that nobody posted in time. Anybody may ask; no rule relies on it."""

    restricted = Overdue


class DayTotals(Message):
    """What a custodian has by its own books: taken in and paid out on that day, and held at its end, fen."""

    issued_fen: FenOrZero
    redeemed_fen: FenOrZero
    balance_fen: FenOrZero


class StateDay(Action, tag="payments.state_day"):
    """The custodian's statement of a day (days since 1970-01-01, UTC+8) that is over; the ledger compares."""

    restricted = DayTotals

    day: Annotated[int, Meta(ge=0, le=3_000_000)]


class Release(Timer, tag="payments.release"):
    """The notice of a guarantee's reduction is over."""

    release: bytes
