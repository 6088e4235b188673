"""The market of the simulation: where nothing fails every plan comes to its end, and what is wrong is noticed."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from ledger.modules.archive.state import reviews, sources, spent
from ledger.modules.payments.state import accounts, transfers
from ledger.modules.rewards.state import leaders, points, redemptions, titles
from tests.simulation.cluster import Cluster
from tests.simulation.kernel import Violation
from tests.simulation.network import Weather
from tests.simulation.setup import Setup, draw_setup
from tests.simulation.store import Contents
from tests.simulation.world import remembered_signatures

ENDS = {
    "whole": "closed",
    "short": "closed",
    "silent": "closed",
    "stranded": "closed",
    "few": "failed",
    "called off": "cancelled",
    "recalled": "recalled",
    "late recall": "recalled",
}
EXPECTED = {4203, 5306, 5601}
"""Refusals in calm weather: confirmed already (seen late), sold out, wrong pickup code."""


def calm_market(seed: int) -> Cluster:
    """A market of four validators in which nothing goes wrong, when everything is over."""
    cluster = Cluster(Setup(seed, 4, (), (), Weather(), 0, 1, has_market=True))
    market = cluster.market
    assert market is not None
    with remembered_signatures():
        cluster.begin()
        cluster.run_until(lambda: market.is_idle and market.checks.is_over, 90, "the market is over")
        cluster.finish()
    return cluster


@pytest.fixture(scope="module")
def over() -> Cluster:
    """A market that is over; leave it as it is found."""
    return calm_market(17)


@pytest.fixture(scope="module")
def reviewed() -> Cluster:
    """Another, in which more is reviewed and redeemed; leave it as it is found."""
    return calm_market(20)


@pytest.mark.parametrize("seed", [1, 6])
def test_every_plan_comes_to_its_end(seed: int) -> None:
    market = calm_market(seed).market
    assert market is not None
    found = {plan.end: market.checks.newest().campaigns[plan.name].state for plan in market.plans}
    assert found == {end: ENDS[end] for end in found}
    assert set(market.refusals) <= EXPECTED


def test_the_market_is_used(over: Cluster) -> None:
    """Orders are delivered, paid back, taken back; claims decided; refunds rejected and tried again."""
    assert over.market is not None
    view = over.market.checks.newest()
    assert {row.state for row in view.orders.values()} >= {"settled", "refunded", "cancelled"}
    assert view.claims
    assert any(row.state == "rejected" and row.successor for row in view.instructions.values())
    assert over.market.paid
    assert sum(over.market.taken.values()) > 200_000


def test_its_memory_is_used(reviewed: Cluster) -> None:
    """Buyers say good and bad things, some are hidden and decided on; leaders vouch; points are earned and spent."""
    assert reviewed.market is not None
    view = reviewed.market.checks.newest()
    assert {row.rating for row in view.reviews.values()} >= {1, 5}
    states = {row.state for row in view.reviews.values()}
    assert states >= {"shown", "hidden"}
    assert states & {"upheld", "restored"}
    assert view.endorsements
    assert {row.state for row in view.redemptions.values()} == {"honoured", "voided"}
    assert {row.state for _, row in titles.every(view.context())} >= {"lost"}
    assert sum(row.campaigns for _, row in leaders.every(view.context())) > 0


def _lose(contents: Contents, prefix: bytes) -> None:
    del contents.values[next(contents.values.irange(prefix))]


def _forget(contents: Contents, prefix: bytes) -> None:
    subject = next(name for name in contents.journals if name.encode().startswith(prefix))
    contents.journals[subject].clear()


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        (_lose, reviews.prefix),
        (_lose, sources.prefix),
        (_lose, spent.prefix),
        (_lose, points.prefix),
        (_lose, redemptions.prefix),
        (_forget, b"listing:"),
        (_forget, b"organisation:estate"),
    ],
)
def test_what_one_machine_forgets_of_reviews_and_points_is_noticed(
    reviewed: Cluster, harm: Callable[[Contents, bytes], None], what: bytes
) -> None:
    assert reviewed.market is not None
    contents = reviewed.machines["v2"].store.contents
    kept = contents.values.copy(), {name: list(journal) for name, journal in contents.journals.items()}
    try:
        harm(contents, what)
        with pytest.raises(Violation):
            reviewed.market.checks.check_ending()
    finally:
        contents.values, contents.journals = kept
    reviewed.market.checks.check_ending()


@pytest.mark.parametrize("prefix", [transfers.prefix, accounts.prefix], ids=["transfer", "account"])
def test_money_that_is_lost_on_one_machine_is_noticed(over: Cluster, prefix: bytes) -> None:
    assert over.market is not None
    contents = over.machines["v3"].store.contents
    key = next(key for key in reversed(contents.values) if key.startswith(prefix))
    kept = contents.hidden.pop(key), contents.values.pop(key)
    with pytest.raises(Violation):
        over.market.checks.check_ending()
    contents.hidden[key], contents.values[key] = kept
    over.market.checks.check_ending()


def test_money_of_which_the_bank_was_not_told_is_noticed(over: Cluster) -> None:
    assert over.market is not None
    number, fen = over.market.taken.popitem()
    with pytest.raises(Violation, match="bank was not told"):
        over.market.checks.check_ending()
    over.market.taken[number] = fen + 1
    with pytest.raises(Violation, match="does not know"):
        over.market.checks.check_ending()
    over.market.taken[number] = fen
    over.market.checks.check_ending()


def test_an_answer_with_another_outcome_is_noticed(over: Cluster) -> None:
    assert over.market is not None
    trader = next(each for each in over.market.traders if each.receipts)
    found, receipt = next(iter(trader.receipts.items()))
    trader.receipts[found] = replace(receipt, code=1)
    with pytest.raises(Violation, match="was told"):
        over.finish()
    trader.receipts[found] = receipt


def test_one_seed_in_four_or_so_has_a_market() -> None:
    assert 200 <= sum(draw_setup(seed).has_market for seed in range(1_000)) <= 300
