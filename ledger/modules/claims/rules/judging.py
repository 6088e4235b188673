"""The rule that decides alone, and only when the records leave one answer.

It looks at claims of spoiled goods. Which parcel held which lot is not recorded, so what convicts must have happened to
every lot that fills the campaign. Each organisation's time with the goods is one interval; the same organisation's
times that follow each other are one. Somebody is found liable in two cases:

1. *Too warm.* A device that is calibrated, not declared wrong and not at fault around that time measured more
   degree-minutes than the product bears, inside one interval, in a place where the records say the goods were; and no
   such device measured so much in a time that reaches into another interval; and in no other interval mandatory
   readings are missing.
2. *Silent.* In one interval, and no other, the goods travelled in a refrigerated vehicle for longer without a reading
   than the campaign allows, with no sensor at fault there; and no device measured too much anywhere, nor is it unknown
   of any other such way whether it was silent.

Anything else is for the adjudicator: a product without a limit of degree-minutes, shipments that are no chain, goods of
which it is unknown who had them before the first shipment, readings that came too late to be held against the goods.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.claims.messages import Cause
    from ledger.modules.claims.ports import Evidence
    from ledger.modules.groupbuy.ports import Campaign
    from ledger.modules.trace.evidence import Custody

    Hands = tuple[Custody, ...]


def judge(evidence: "Evidence", ctx: "Context", campaign: "Campaign", cause: "Cause", collected_ms: int) -> str | None:
    """The organisation that the rule finds liable for a campaign's goods, or None."""
    goods = tuple(dict.fromkeys(portion.lot for portion in campaign.lots))
    if cause != "spoiled" or not goods:
        return None
    hands = evidence.custody(ctx, campaign.shipments, goods, collected_ms)
    if hands is None or not all(evidence.whole(ctx, lot) for lot in goods):
        return None
    place = _place(evidence, ctx, campaign.terms.reading_gap_ms, goods, hands)
    return None if place is None else hands[place].holder or None


def _place(evidence: "Evidence", ctx: "Context", gap_ms: int, goods: tuple[str, ...], hands: "Hands") -> int | None:
    """Which interval alone is to blame."""
    sure, touched = _too_warm(evidence, ctx, goods, hands)
    silent, unknown = _silent(evidence, ctx, gap_ms, goods[0], hands)
    if touched:
        return next(iter(sure)) if sure == touched and len(sure) == 1 and silent <= sure else None
    if len(silent) == 1 and unknown <= silent:
        return next(iter(silent))
    return None


def _too_warm(
    evidence: "Evidence", ctx: "Context", goods: tuple[str, ...], hands: "Hands"
) -> tuple[frozenset[int], frozenset[int]]:
    """(intervals in which every lot surely suffered too much, intervals in which some lot may have)."""
    sure, touched = frozenset(range(len(hands))), frozenset[int]()
    for lot in goods:
        limit = evidence.allowed_degree_ms(ctx, lot)
        found = [] if limit is None else [one for one in evidence.suffered(ctx, lot) if one.trusted]
        own: set[int] = set()
        for place, hand in enumerate(hands):
            for one in found:
                assert limit is not None
                inside = [part for part in one.parts if hand.from_ms <= part.from_ms and part.to_ms <= hand.to_ms]
                reaching = [part for part in one.parts if part.from_ms < hand.to_ms and hand.from_ms < part.to_ms]
                if one.place in hand.places and sum(part.degree_ms for part in inside) > limit:
                    own.add(place)
                if sum(part.degree_ms for part in reaching) > limit:
                    touched |= {place}
        sure &= own
    return sure, touched


def _silent(
    evidence: "Evidence", ctx: "Context", gap_ms: int, lot: str, hands: "Hands"
) -> tuple[frozenset[int], frozenset[int]]:
    """(intervals in which mandatory readings are missing, intervals of which it cannot be told)."""
    metric = evidence.metric(ctx, lot)
    silent, unknown = set[int](), set[int]()
    if not gap_ms or metric is None:
        return frozenset(), frozenset()
    for place, hand in enumerate(hands):
        for trip in hand.trips:
            longest = evidence.silence_ms(ctx, trip.places, metric, trip.from_ms, trip.to_ms)
            if longest is None:
                unknown.add(place)
            elif longest > gap_ms:
                silent.add(place)
    return frozenset(silent), frozenset(unknown)
