"""What the claims module is asked to do. Causes and evidence commitments are public; who, how much and why are not."""

from typing import Annotated, Literal

from msgspec import Meta

from ledger.crypto.encoding import Message
from ledger.module import Action, Timer
from ledger.modules.groupbuy.messages import Commitment, OrderId
from ledger.modules.payments.messages import Fen, FenOrZero
from ledger.text import Identifier

Cause = Literal["spoiled", "damaged", "short_weight", "wrong_item", "missing", "quality"]
"""Why a buyer claims. `spoiled` is what a broken cold chain does."""

EVIDENCE_MAX = 9
CLAIMS_MAX = 4
"""Claims that one line can have, one after the other."""


class ClaimTerms(Message):
    """How much the buyer asks for; at most what she paid for the line and was not paid back."""

    fen: Fen


class OpenClaim(Action, tag="claims.open"):
    """A buyer claims, under her order's key, within the line's window. `evidence`: commitments to vault files."""

    restricted = ClaimTerms

    campaign: Identifier
    cause: Cause
    evidence: Annotated[tuple[Commitment, ...], Meta(max_length=EVIDENCE_MAX)] = ()


class Payment(Message):
    """The leader pays the claim of an order. `own`: out of her own account, as she opted in to."""

    order: OrderId
    fen: Fen
    own: bool = False


class Pay(Action, tag="claims.pay"):
    """The leader pays at once, out of the platform's float in her hands."""

    restricted = Payment

    campaign: Identifier


class OptIn(Action, tag="claims.opt_in"):
    """A leader says whether she is willing to lay out money of her own."""

    own: bool


class Contested(Message):
    """The order whose claim's provisional finding is contested, and a commitment to the reasons (vault)."""

    order: OrderId
    reasons: Commitment


class Contest(Action, tag="claims.contest"):
    """The organisation that the rule finds liable contests that, within the time it has."""

    restricted = Contested

    campaign: Identifier


class Finding(Message):
    """The adjudicator's verdict: what the buyer is due in all (the leader's payment included), who bears it.

    `liable`: an organisation that had the goods in hand, or the seller; "" = nobody but the platform's guarantee.
    `reasons`: commitment to the signed reasons in the vault.
    """

    order: OrderId
    award_fen: FenOrZero
    liable: Annotated[str, Meta(max_length=64, pattern=r"^(?:[a-z0-9][a-z0-9._-]{0,63})?\Z")]
    reasons: Commitment


class Adjudicate(Action, tag="claims.adjudicate"):
    """The campaign's adjudicator decides a claim that the rule cannot, or that was contested."""

    restricted = Finding

    campaign: Identifier


class WithdrawClaim(Action, tag="claims.withdraw"):
    """The buyer takes an undecided claim back; what the leader paid on it stays paid."""

    campaign: Identifier


class Due(Timer, tag="claims.due"):
    """A time limit of an order's claim is over. `order` is hex."""

    order: str
    number: int
    stage: Literal["contest", "adjudication", "repay"]
