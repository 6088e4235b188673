"""Campaigns that sell or sold this batch, or what it comes from: as a node tells them, not proven."""

from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple

from client.batch.shelves import COMMUNITIES_MAX
from client.connection import Connection
from client.failures import Failure
from client.trade import list_campaigns
from client.verified import VerifiedProof
from ledger.words import Words

TAKING_ORDERS = "open"
SELLERS_MAX = 6
LOOKED_AT_MAX = 300
"""Campaigns of one seller that are looked at for those of the batch."""


class Sale(NamedTuple):
    """A campaign; `price` of a unit as it stands, yuan; `is_of_lot`: whether the batch itself is handed out in it."""

    title: str
    community: str
    community_name: Words
    price: str
    until_ms: int
    takes_orders: bool
    is_of_lot: bool


async def ask_sales(connection: Connection, verified: VerifiedProof, lot: str) -> list[Sale]:
    """The campaigns of this lot (subject), of lots and of plantings it was made of; what is known so far if no node
    answers: the page is about the food, and what is on offer can be asked again.
    """
    sources = {subject for subject in verified.sections if subject.startswith(("lot:", "planting:"))}
    found: list[Sale] = []
    try:
        for seller in _hands(verified)[:SELLERS_MAX]:
            found += [sale async for sale in _sales_of(connection, seller, lot, sources)]
    except Failure:
        return found
    return found


async def _sales_of(connection: Connection, seller: str, lot: str, sources: set[str]) -> AsyncIterator[Sale]:
    looked_at = 0
    async for campaign in list_campaigns(connection, seller=seller):
        held = {f"lot:{portion.lot}" for portion in campaign.lots}
        if sources & {*campaign.terms.sources, *held}:
            community = campaign.terms.community
            yield Sale(
                campaign.terms.title,
                community.id,
                (community.name_zh, community.name_en),
                f"{campaign.price_now_fen // 100}.{campaign.price_now_fen % 100:02d}",
                campaign.terms.cutoff_ms,
                campaign.state == TAKING_ORDERS,
                lot in held,
            )
        looked_at += 1
        if looked_at == LOOKED_AT_MAX:
            return


def communities_of(sales: Iterable[Sale]) -> list[str]:
    """The communities in which the batch itself is handed out, by id."""
    return sorted({sale.community for sale in sales if sale.is_of_lot})[:COMMUNITIES_MAX]


def _hands(verified: VerifiedProof) -> list[str]:
    """The organisations (ids) that made the goods or held them: who could sell them, in order of time."""
    goods = {subject for subject in verified.sections if subject.startswith("lot:")}
    named = (
        subject.partition(":")[2]
        for record in verified.records
        if record.code == 0 and not goods.isdisjoint(record.subjects)
        for subject in record.subjects
        if subject.startswith("organisation:")
    )
    return list(dict.fromkeys(named))
