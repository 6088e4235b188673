"""A buyer's order: made under a key and a pickup code of its own, so that nothing links two orders of one buyer."""

import secrets
from dataclasses import dataclass, field

from client.submit import LIFETIME_MS, sign_action
from client.trading.codes import new_code
from ledger.crypto.encoding import Message
from ledger.crypto.signing import PRIVATE_KEY_SIZE, Algorithm, SigningKey
from ledger.modules.groupbuy.messages import (
    Acknowledge,
    CancelOrder,
    HandOver,
    Order,
    Place,
    ReturnReason,
    Ticket,
    code_commitment,
    order_id,
)
from ledger.modules.payments.messages import Receipt


def _fresh_key() -> SigningKey:
    return SigningKey(Algorithm.ED25519, secrets.token_bytes(PRIVATE_KEY_SIZE))


@dataclass(frozen=True)
class NewOrder:
    """An order in a campaign: its key and its pickup code are the buyer's alone. Fresh ones unless given."""

    campaign: str
    key: SigningKey = field(default_factory=_fresh_key, repr=False)
    code: str = field(default_factory=new_code, repr=False)

    @property
    def id(self) -> bytes:
        """Its id, 16 bytes: what a registrar's ticket names."""
        return order_id(self.key.algorithm, self.key.public_key)

    @property
    def subject(self) -> str:
        """Its subject, whom the custodian's receipt is made out to."""
        return f"order:{self.id.hex()}"

    def place(
        self, chain_id: bytes, units: int, receipt: Receipt, ticket: Ticket, *, lifetime_ms: int = LIFETIME_MS
    ) -> bytes:
        """The envelope that orders `units`, paid by `receipt` (units x the first tier's price)."""
        part = Place(units, receipt, ticket, code_commitment(self.id, self.code))
        return self._envelope(chain_id, part, lifetime_ms)

    def cancel(self, chain_id: bytes, *, lifetime_ms: int = LIFETIME_MS) -> bytes:
        """The envelope that takes it back, before the cut-off."""
        return self._envelope(chain_id, CancelOrder(), lifetime_ms)

    def acknowledge(self, chain_id: bytes, *, lifetime_ms: int = LIFETIME_MS) -> bytes:
        """The envelope that says that she has the goods, where the leader cannot or does not record it."""
        return self._envelope(chain_id, Acknowledge(), lifetime_ms)

    def hand_over(self, returned: int = 0, reason: ReturnReason | None = None) -> HandOver:
        """What the leader records (restricted part of `Handle`) when the buyer shows her code."""
        return HandOver(self.id, self.code, returned, reason)

    def _envelope(self, chain_id: bytes, part: Message, lifetime_ms: int) -> bytes:
        return sign_action(self.key, chain_id, Order(self.campaign), restricted=part, lifetime_ms=lifetime_ms)
