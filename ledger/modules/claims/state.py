"""What claims know: claims of orders, what leaders laid out, who is willing to lay out money of her own."""

from collections.abc import Mapping
from typing import Literal

from ledger.crypto.encoding import Message
from ledger.modules.claims.messages import Cause
from ledger.state import Table

ClaimState = Literal["opened", "provisional", "adjudicating", "contested", "decided", "lapsed", "withdrawn", "recalled"]

CLAIM_TRANSITIONS: Mapping[str, Mapping[str, ClaimState]] = {
    "opened": {"find": "provisional", "refer": "adjudicating"},
    "provisional": {
        "stand": "decided",
        "refer": "adjudicating",
        "contest": "contested",
        "withdraw": "withdrawn",
        "recall": "recalled",
    },
    "adjudicating": {"adjudicate": "decided", "lapse": "lapsed", "withdraw": "withdrawn", "recall": "recalled"},
    "contested": {"adjudicate": "decided", "lapse": "lapsed", "withdraw": "withdrawn", "recall": "recalled"},
    "decided": {},
    "lapsed": {},
    "withdrawn": {},
    "recalled": {},
}
"""state -> event -> next state of a claim. The rule looks at the evidence in the record that opens it, so no claim
stays `opened`. A provisional finding stands when nobody contested it in time and the evidence still says so. That the
leader paid is no state: she may in any of the three that wait.
"""

WAITING = ("provisional", "adjudicating", "contested")
"""States in which a claim has a time limit, and its line waits."""


class Claim(Message):
    """A claim of an order. `due_ms`: when the time limit of its state is over.

    `paid_fen`: what the leader paid at once, out of the float in her hands or (`own`) of her own money, which the
    guarantee pays back within a day; `paid_ms`: when. `liable`: whom the rule finds liable, and in the end who is:
    an organisation, or "" for nobody but the platform's guarantee. `award_fen`: what the buyer is due in all, once it
    is decided. `reasons`: commitment to the reasons of who contested, then of the adjudicator.
    """

    campaign: str
    cause: Cause
    evidence: tuple[bytes, ...]
    fen: int
    opened_ms: int
    due_ms: int
    state: ClaimState = "opened"
    liable: str = ""
    leader: str = ""
    own: bool = False
    paid_fen: int = 0
    paid_ms: int = 0
    award_fen: int | None = None
    reasons: bytes = b""
    closed_ms: int | None = None


claims: Table[Claim] = Table("claims", "claim", Claim, restricted=True)
"""`<hex order id>.<number>`, from 1 -> claim."""

willing: Table[bool] = Table("claims", "willing", bool)
"""Leader -> whether she lays out money of her own."""

laid_out: Table[int] = Table("claims", "laid_out", int, restricted=True)
"""`<leader>/<day, 7 digits>` -> fen that she paid to buyers that day (UTC+8), out of the float and of her own."""


def claim_key(order: str, number: int) -> str:
    """Where an order's claim with this number (from 1) is."""
    return f"{order}.{number}"


def day_key(leader: str, day: int) -> str:
    """Where it is counted what a leader paid on a day."""
    return f"{leader}/{day:07d}"
