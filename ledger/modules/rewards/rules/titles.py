"""Titles, by published thresholds and nobody's grace: gained in the record that reaches them, lost by rule.

金牌体验官 counts a key's reviews, whatever they say. 社区好物推荐官 counts the listings of her own community for which
a leader's endorsement stands and which hold up: enough reviews, and enough good ones among them. Reviews come in at any
time, so those who vouch for a listing are looked at again a while (`title_check_ms`) after one, a few leaders a time.

A hiding counts against a reviewer when it was upheld, or when she had time to appeal (`hide_stands_ms`) and did not.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.modules.archive.ports import listing_of
from ledger.modules.groupbuy.messages import BASIS_POINTS
from ledger.modules.rewards.messages import HideStands, Recheck
from ledger.modules.rewards.rules.common import RULES
from ledger.modules.rewards.rules.records import record_of, update
from ledger.modules.rewards.state import (
    SPELLS_MAX,
    TITLE_TRANSITIONS,
    Points,
    Spell,
    TitleRow,
    Watch,
    hides,
    points,
    points_key,
    title_key,
    titles,
    vouched,
    vouched_key,
    watches,
)
from ledger.state import OTHER

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.archive.ports import Endorsement, Review
    from ledger.modules.rewards.ports import Ports, Reviews
    from ledger.modules.rewards.state import Loss, Title

LEADERS_MAX = 32
"""Leaders that one timer looks at."""

LEADER_WORK = 4
"""Rows' worth of work that one of them is counted as, of `timers_per_block`."""


def _judge(ctx: "Context", title: "Title", community: str, holder: str, deserved: bool, loss: "Loss") -> None:
    """Give or take a title, if it is not as `deserved` says; `loss`: why it is taken."""
    key = title_key(title, community, holder)
    row = titles.get(ctx, key)
    if deserved == (row is not None and row.state == "held"):
        return
    if row is None:
        row = TitleRow("held", 1, (Spell(ctx.time_ms),))
    elif deserved:
        spells = (*row.spells, Spell(ctx.time_ms))[-SPELLS_MAX:]
        row = TitleRow(TITLE_TRANSITIONS[row.state]["gain"], row.times + 1, spells)
    else:
        spells = (*row.spells[:-1], replace(row.spells[-1], to_ms=ctx.time_ms, loss=loss))
        row = replace(row, state=TITLE_TRANSITIONS[row.state]["lose"], spells=spells)
    titles.put(ctx, key, row)
    ctx.journal(f"organisation:{community}", OTHER)
    if title == "recommender":
        ctx.journal(f"member:{holder}", OTHER)
    if deserved:
        ctx.event("title_gained", title, community, holder)
    else:
        ctx.event("title_lost", title, community, holder, loss)


# 金牌体验官, of those who review.


def judge_taster(reviews: "Reviews", ctx: "Context", community: str, public_key: bytes, loss: "Loss") -> None:
    """Look at a community key after it reviewed, or after what is hidden of it changed; `loss`: why it would lose."""
    did, holder = reviews.reviewer(ctx, public_key), public_key.hex()
    if did is None:
        return
    row = points.get(ctx, points_key(community, holder)) or Points()
    deserved = (
        did.reviews >= ctx.parameters["taster_reviews"]
        and did.photos >= ctx.parameters["taster_photos"]
        and row.hidden <= ctx.parameters["taster_hidden_max"]
    )
    _judge(ctx, "taster", community, holder, deserved, loss)


def hidden(ctx: "Context", review: str, row: "Review") -> None:
    """Give the author time to appeal."""
    ctx.schedule(ctx.time_ms + ctx.parameters["hide_stands_ms"], HideStands(review, len(row.moderation)))


@RULES.timer(HideStands)
def hide_stands(ports: "Ports", ctx: "Context", timer: HideStands) -> None:
    """Nobody appealed: the hiding counts. After an appeal its decision does."""
    row = ports.reviews.review(ctx, timer.review)
    assert row is not None, timer.review
    if row.state == "hidden" and len(row.moderation) == timer.number:
        count_hide(ports.reviews, ctx, timer.review, row, stands=True)


def count_hide(reviews: "Reviews", ctx: "Context", review: str, row: "Review", *, stands: bool) -> None:
    """Count a hiding against a review's author, or no longer; once, however often it is told."""
    if hides.has(ctx, review) == stands:
        return
    holder = row.public_key.hex()
    known = points.get(ctx, points_key(row.community, holder)) or Points()
    points.put(ctx, points_key(row.community, holder), replace(known, hidden=known.hidden + (1 if stands else -1)))
    if stands:
        hides.put(ctx, review, True)
    else:
        hides.delete(ctx, review)
    judge_taster(reviews, ctx, row.community, row.public_key, "hidden" if stands else "thresholds")


# 社区好物推荐官, of leaders.


def _is_sound(reviews: "Reviews", ctx: "Context", listing: str) -> bool:
    """Whether a listing is above the thresholds: enough reviews, and enough of four or five among them."""
    row = reviews.listing(ctx, listing)
    enough = row.reviews >= ctx.parameters["recommender_reviews"]
    return enough and sum(row.ratings[3:]) * BASIS_POINTS >= row.reviews * ctx.parameters["recommender_good_bp"]


def _judge_recommender(ctx: "Context", leader: str, community: str, loss: "Loss") -> None:
    deserved = record_of(ctx, leader).sound >= ctx.parameters["recommender_endorsements"]
    _judge(ctx, "recommender", community, leader, deserved, loss)


def endorsed(reviews: "Reviews", ctx: "Context", row: "Endorsement") -> None:
    """A leader vouches for a product: from now on its listing in her community counts for her."""
    listing = listing_of(row.product, row.community)
    key, sound = vouched_key(listing, row.leader), _is_sound(reviews, ctx, listing)
    assert not vouched.has(ctx, key), f"{key} stands twice"
    vouched.put(ctx, key, sound)
    watch = watches.get(ctx, listing) or Watch(0)
    watches.put(ctx, listing, replace(watch, leaders=watch.leaders + 1))
    known = record_of(ctx, row.leader)
    update(
        ctx,
        row.leader,
        endorsements=known.endorsements + 1,
        endorsed=known.endorsed + 1,
        sound=known.sound + sound,
    )
    _judge_recommender(ctx, row.leader, row.community, "thresholds")


def withdrawn(ctx: "Context", row: "Endorsement") -> None:
    """She vouches no longer."""
    listing = listing_of(row.product, row.community)
    key = vouched_key(listing, row.leader)
    sound, watch = vouched.get(ctx, key), watches.get(ctx, listing)
    assert sound is not None and watch is not None, f"{key} does not stand"
    vouched.delete(ctx, key)
    watches.put(ctx, listing, replace(watch, leaders=watch.leaders - 1))
    known = record_of(ctx, row.leader)
    update(ctx, row.leader, withdrawn=known.withdrawn + 1, endorsed=known.endorsed - 1, sound=known.sound - sound)
    _judge_recommender(ctx, row.leader, row.community, "withdrawn")


def watch_listing(ctx: "Context", product: str, community: str) -> None:
    """A review came in: have those who vouch for the listing looked at in a while, if there are any."""
    listing = listing_of(product, community)
    watch = watches.get(ctx, listing)
    if watch is not None and watch.leaders and watch.due_ms is None:
        due_ms = ctx.time_ms + ctx.parameters["title_check_ms"]
        watches.put(ctx, listing, replace(watch, due_ms=due_ms))
        ctx.schedule(due_ms, Recheck(listing))


@RULES.timer(Recheck)
def recheck(ports: "Ports", ctx: "Context", timer: Recheck) -> None:
    """Look at the next `LEADERS_MAX` leaders. A review that comes in meanwhile asks for another look from the first."""
    listing = timer.listing
    if not timer.after:
        watch = watches.get(ctx, listing)
        assert watch is not None, listing
        watches.put(ctx, listing, replace(watch, due_ms=None))
    sound, community = _is_sound(ports.reviews, ctx, listing), listing.partition("@")[2]
    after = vouched_key(listing, timer.after) if timer.after else None
    found = vouched.scan(ctx, vouched_key(listing, ""), after=after, limit=LEADERS_MAX)
    for key, was_sound in found:
        ctx.work += LEADER_WORK
        leader = key.removeprefix(vouched_key(listing, ""))
        if was_sound != sound:
            vouched.put(ctx, key, sound)
            update(ctx, leader, sound=record_of(ctx, leader).sound + (1 if sound else -1))
            _judge_recommender(ctx, leader, community, "listing")
    if len(found) == LEADERS_MAX:
        ctx.schedule(ctx.time_ms, Recheck(listing, found[-1][0].removeprefix(vouched_key(listing, ""))))
