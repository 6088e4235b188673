"""What a person sees: the certified state of a validator that answers, possibly one that lags behind."""

from functools import cached_property
from typing import TYPE_CHECKING

from ledger.context import Context
from ledger.genesis import Genesis
from ledger.modules.archive.state import Endorsement, Review, Visit, endorsements, reviews, visits
from ledger.modules.claims.state import Claim, claims
from ledger.modules.groupbuy.state import Campaign, OrderRow, campaigns, orders
from ledger.modules.payments.payouts import Instruction, every_instruction
from ledger.modules.payments.state import Account, accounts
from ledger.modules.rewards.state import Offer, Points, Redemption, offers, points, redemptions
from ledger.state import BlockState

if TYPE_CHECKING:
    from tests.simulation.store import Contents

ROWS_MAX = 10_000


class View:
    """Certified rows at one height."""

    def __init__(self, genesis: Genesis, contents: "Contents") -> None:
        self.genesis, self.contents = genesis, contents
        self.height, self.now_ms = contents.head.height, contents.head.time_ms

    def context(self) -> Context:
        """A context that reads the state."""
        state = BlockState(self.contents)
        return Context(state, self.height, self.now_ms, self.genesis.parameters, self.genesis.chain_id)

    @cached_property
    def campaigns(self) -> dict[str, Campaign]:
        """All campaigns."""
        return dict(campaigns.scan(self.context(), limit=ROWS_MAX))

    @cached_property
    def orders(self) -> dict[str, OrderRow]:
        """Hex order id -> line."""
        return dict(orders.scan(self.context(), limit=ROWS_MAX))

    @cached_property
    def claims(self) -> dict[str, Claim]:
        """All claims."""
        return dict(claims.scan(self.context(), limit=ROWS_MAX))

    @cached_property
    def instructions(self) -> dict[str, Instruction]:
        """Hex id -> instruction."""
        return dict(every_instruction(self.context()))

    @cached_property
    def reviews(self) -> dict[str, Review]:
        """Hex id -> review."""
        return dict(reviews.scan(self.context(), limit=ROWS_MAX))

    @cached_property
    def visits(self) -> dict[str, Visit]:
        """Hex id -> visit."""
        return dict(visits.scan(self.context(), limit=ROWS_MAX))

    @cached_property
    def endorsements(self) -> dict[str, Endorsement]:
        """Hex id -> endorsement."""
        return dict(endorsements.scan(self.context(), limit=ROWS_MAX))

    @cached_property
    def points(self) -> dict[str, Points]:
        """`<community>/<hex key>` -> points."""
        return dict(points.scan(self.context(), limit=ROWS_MAX))

    @cached_property
    def offers(self) -> dict[str, Offer]:
        """What points can be spent on."""
        return dict(offers.scan(self.context(), limit=ROWS_MAX))

    @cached_property
    def redemptions(self) -> dict[str, Redemption]:
        """Hex id -> what points were spent on."""
        return dict(redemptions.scan(self.context(), limit=ROWS_MAX))

    def account(self, name: str) -> Account | None:
        """The row of one of the bank's accounts."""
        return accounts.get(self.context(), f"bank/{name}")

    def orders_of(self, campaign: str, *states: str) -> list[tuple[str, OrderRow]]:
        """A campaign's lines in some of `states`."""
        return [(key, row) for key, row in self.orders.items() if row.campaign == campaign and row.state in states]
