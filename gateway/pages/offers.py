"""Where food of this batch, or of what it comes from, is on offer now."""

from typing import NamedTuple

from client.batch import Evidence
from client.connection import Connection
from client.failures import Failure
from client.trade import list_campaigns

OPEN = ("open", "forming", "formed")
OFFERS_MAX = 6


class Offer(NamedTuple):
    """A campaign that takes orders: as a node tells it, not proven."""

    title: str
    community: tuple[str, str]
    price: str
    until_ms: int
    orders: int


async def offers_of(connection: Connection, evidence: Evidence) -> list[Offer]:
    """Campaigns that take orders for this batch, or for plantings and lots it was made of; none if no node answers."""
    sources = {subject for subject in evidence.verified.sections if subject.startswith(("lot:", "planting:"))}
    found: list[Offer] = []
    try:
        async for campaign in list_campaigns(connection, state="open"):
            held = {f"lot:{portion.lot}" for portion in campaign.lots}
            if campaign.state in OPEN and sources & {*campaign.terms.sources, *held}:
                community = campaign.terms.community
                price = f"{campaign.price_now_fen // 100}.{campaign.price_now_fen % 100:02d}"
                names = (community.name_zh, community.name_en)
                found.append(Offer(campaign.terms.title, names, price, campaign.terms.cutoff_ms, campaign.orders))
            if len(found) == OFFERS_MAX:
                break
    except Failure:
        return found  # the page is about the food; what is on offer can be asked again
    return found
