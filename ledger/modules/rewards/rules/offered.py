"""What rewards offer other modules: an ear for what comes into the archive."""

from typing import TYPE_CHECKING

from ledger.modules.rewards.rules import titles
from ledger.modules.rewards.rules.earning import earn
from ledger.modules.rewards.rules.records import Records, count

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.archive.ports import Endorsement, Review, Visit
    from ledger.modules.rewards.ports import Reviews

__all__ = ["Merits", "Records"]


class Merits:
    """Points and titles for what comes into the archive (`ReviewListener`)."""

    def __init__(self, reviews: "Reviews") -> None:
        self._reviews = reviews

    def reviewed(self, ctx: "Context", _review: str, row: "Review") -> None:
        """Points for the reviewer, perhaps a title; and another look at those who vouch for the product."""
        earn(ctx, row.community, row.public_key.hex(), len(row.photos))
        titles.judge_taster(self._reviews, ctx, row.community, row.public_key, "thresholds")
        titles.watch_listing(ctx, row.product, row.community)

    def hidden(self, ctx: "Context", review: str, row: "Review") -> None:
        """It counts later, unless she appeals."""
        titles.hidden(ctx, review, row)

    def upheld(self, ctx: "Context", review: str, row: "Review") -> None:
        """It counts from now on."""
        titles.count_hide(self._reviews, ctx, review, row, stands=True)

    def restored(self, ctx: "Context", review: str, row: "Review") -> None:
        """It counts no longer."""
        titles.count_hide(self._reviews, ctx, review, row, stands=False)

    def visited(self, ctx: "Context", _visit: str, row: "Visit") -> None:
        """One more visit in the leader's record."""
        count(ctx, row.leader, "visits")

    def endorsed(self, ctx: "Context", _endorsement: str, row: "Endorsement") -> None:
        """One more endorsement in the leader's record, perhaps a title."""
        titles.endorsed(self._reviews, ctx, row)

    def withdrawn(self, ctx: "Context", _endorsement: str, row: "Endorsement") -> None:
        """One endorsement less that stands."""
        titles.withdrawn(ctx, row)
