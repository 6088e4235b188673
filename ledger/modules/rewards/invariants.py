"""What must hold of points and titles: each node balances every block; tests and the simulator count all anew.

Points are conserved: of each key and each community, what was earned is what is left and what was spent, and what was
spent is what stands in redemptions that were not voided.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ledger.crypto.encoding import decode
from ledger.modules.rewards import state as s
from ledger.timers import scheduled

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.rewards.ports import Ports
    from ledger.state import BlockState


def check_block(state: "BlockState") -> list[str]:
    """What a block did to points: each key it touched adds up, each community's sums moved as its keys did, and points
    were spent on redemptions alone.
    """
    moved: Counter[tuple[str, str]] = Counter()
    breaches = []
    for key, before, after in state.changed(s.points):
        was, now = before or s.Points(), after or s.Points()
        community = key.partition("/")[0]
        if now.earned != now.balance + now.spent or min(now.earned - was.earned, now.balance, now.spent) < 0:
            breaches.append(f"the points of {key} do not add up")
        for field in ("earned", "spent", "balance"):
            moved[community, field] += getattr(now, field) - getattr(was, field)
    for _, before, after in state.changed(s.redemptions):
        moved[after.community, "spent on"] += _worth(after) - (_worth(before) if before is not None else 0)
    for community, before, after in state.changed(s.totals):
        was = before or s.Totals()
        for field in ("earned", "spent", "balance"):
            moved[community, field] -= getattr(after, field) - getattr(was, field)
            if field == "spent":
                moved[community, "spent on"] -= after.spent - was.spent
    return breaches + [
        f"{what} points of {community} come from nowhere or are gone" for (community, what), by in moved.items() if by
    ]


def _worth(row: s.Redemption) -> int:
    """The points that a redemption takes as it stands."""
    return 0 if row.state == "voided" else row.cost


def check_invariants(ports: "Ports", ctx: "Context") -> list[str]:
    """Every breach found in all of rewards, empty when it is sound."""
    found = {tag: set[tuple[Any, ...]]() for tag in ("rewards.lapse", "rewards.recheck")}
    for due_ms, raw in scheduled(ctx):
        tag, *fields = decode(raw, list[Any])
        if tag in found:
            found[tag].add((*fields, due_ms))
    return [
        *_check_points(ctx),
        *_check_redemptions(ctx, found["rewards.lapse"]),
        *_check_titles(ctx),
        *_check_hides(ports, ctx),
        *_check_vouched(ctx, found["rewards.recheck"]),
    ]


def _check_points(ctx: "Context") -> Iterator[str]:
    """Sums are sums, nothing is overdrawn, and a day's part of a month is no more than it."""
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for key, row in s.points.every(ctx):
        sums[key.partition("/")[0]].update(earned=row.earned, spent=row.spent, balance=row.balance)
        if row.earned != row.balance + row.spent or min(row.earned, row.spent, row.balance, row.hidden) < 0:
            yield f"the points of {key} do not add up"
        if not 0 <= row.day_earned <= row.month_earned <= row.earned:
            yield f"{key} earned {row.day_earned} on {row.day}, {row.month_earned} that month, {row.earned} in all"
    totals = dict(s.totals.every(ctx))
    for community in sums.keys() | totals.keys():
        total, summed = totals.get(community, s.Totals()), sums[community]
        if (total.earned, total.spent, total.balance) != (summed["earned"], summed["spent"], summed["balance"]):
            yield f"the points of {community} are not the sum of its keys'"


def _check_redemptions(ctx: "Context", lapses: set[tuple[Any, ...]]) -> Iterator[str]:
    """What keys spent is what redemptions took; what an offer lacks is what it was asked for; each ends by itself."""
    spent: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for key, row in s.redemptions.every(ctx):
        spent[s.points_key(row.community, row.key)] += _worth(row)
        taken[row.offer] += row.state != "voided"
        if (row.state == "asked") != (row.closed_ms is None):
            yield f"the redemption {key} is {row.state}, closed at {row.closed_ms}"
        if row.state == "asked" and (key, row.due_ms) not in lapses:
            yield f"the redemption {key} is asked for, and no timer ends it"
    for key, owner in s.points.every(ctx):
        if spent.pop(key, 0) != owner.spent:
            yield f"{key} spent {owner.spent} points, its redemptions took others"
    if +spent:
        yield f"points were spent that {sorted(+spent)} never had"
    for name, offer in s.offers.every(ctx):
        if offer.left != offer.stock - taken.pop(name, 0) or not 0 <= offer.left <= offer.stock:
            yield f"the offer {name} has {offer.left} of {offer.stock} left, which is not what was taken"
    if taken:
        yield f"points were spent on {sorted(taken)}, which nobody offered"


def _check_titles(ctx: "Context") -> Iterator[str]:
    """A title is held in its last spell alone, spells follow each other, and none is lost without a reason."""
    for key, row in s.titles.every(ctx):
        ended = [spell.to_ms is not None and spell.loss is not None for spell in row.spells]
        if not ended or not all(ended[:-1]) or ended[-1] != (row.state == "lost") or row.times < len(ended):
            yield f"the title {key} is {row.state} and has the spells {row.spells}"
        times = [time for spell in row.spells for time in (spell.from_ms, spell.to_ms) if time is not None]
        if times != sorted(times):
            yield f"the spells of {key} overlap"


def _check_hides(ports: "Ports", ctx: "Context") -> Iterator[str]:
    """What counts against a key is reviews of hers that are hidden, each once."""
    counted: Counter[str] = Counter()
    for review, _ in s.hides.every(ctx):
        row = ports.reviews.review(ctx, review)
        if row is None or row.state in ("shown", "restored"):
            yield f"{review} is shown, and its hiding counts"
            continue
        counted[s.points_key(row.community, row.public_key.hex())] += 1
    for key, owner in s.points.every(ctx):
        if owner.hidden != counted.pop(key, 0):
            yield f"{key} has {owner.hidden} reviews that count as hidden, others are"
    if counted:
        yield f"hidden reviews of {sorted(counted)} count for nobody"


def _check_vouched(ctx: "Context", rechecks: set[tuple[Any, ...]]) -> Iterator[str]:
    """Who vouches for what is counted with leaders and listings; a listing that waits for a look has a timer."""
    endorsed: Counter[str] = Counter()
    sound: Counter[str] = Counter()
    per_listing: Counter[str] = Counter()
    for key, is_sound in s.vouched.every(ctx):
        listing, _, leader = key.rpartition("/")
        endorsed[leader] += 1
        sound[leader] += is_sound
        per_listing[listing] += 1
    for leader, row in s.leaders.every(ctx):
        if (row.endorsed, row.sound) != (endorsed.pop(leader, 0), sound[leader]):
            yield f"{leader} vouches for {row.endorsed} listings, {row.sound} of them sound: not what stands"
        if row.endorsements - row.withdrawn != row.endorsed:
            yield f"{leader} made {row.endorsements} endorsements and withdrew {row.withdrawn}, {row.endorsed} stand"
    for listing, watch in s.watches.every(ctx):
        if watch.leaders != per_listing.pop(listing, 0):
            yield f"{watch.leaders} leaders are counted for {listing}"
        if watch.due_ms is not None and (listing, "", watch.due_ms) not in rechecks:
            yield f"{listing} waits for a look at {watch.due_ms}, and no timer does"
    if endorsed or per_listing:
        yield f"endorsements of {sorted(endorsed)} for {sorted(per_listing)} are not counted"
