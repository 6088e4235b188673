"""Rules for moderation: hidden under a published rule, appealed, decided by somebody else; deleted never.

A hidden review counts like any other, so hiding lifts nobody's archive. Who sold, made or carried the goods neither
hides nor decides; the platform, which earns on them too, may hide but not decide. An appeal that nobody decides in time
succeeds.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.modules.archive.errors import HiddenUnderRule, NotModerator, PartyToSale
from ledger.modules.archive.messages import Appeal, AppealOver, Decide, Hide
from ledger.modules.archive.rules.common import RULES, alter_review, count, enter, need_own, need_review, step_review
from ledger.modules.archive.rules.reviewing import makers
from ledger.modules.archive.state import (
    Moderation,
    Review,
    Reviewer,
    listings_of,
    moderated,
    reviewers,
    reviews,
    sources,
)
from ledger.roles import OPEN, Role
from ledger.state import SELF

if TYPE_CHECKING:
    from typing import Any

    from ledger.context import Context
    from ledger.modules.archive.ports import Ports

DECIDERS = (Role.INSPECTOR, Role.REGULATOR, Role.AUDITOR, Role.COMMUNITY)

TIMER_WORK = 12
"""Rows' worth of work that restoring a review is counted as, of `timers_per_block`."""


def _parties(ports: "Ports", ctx: "Context", review: str) -> tuple[frozenset[str], str]:
    """(who sold, made and carried what is reviewed, the platform of the sale)."""
    source = sources.get(ctx, review)
    assert source is not None, f"the review {review} has no line"
    campaign = ports.lines.campaign(ctx, source.campaign)
    terms = campaign.terms
    return frozenset({terms.seller, terms.logistics or "", *makers(ports, ctx, campaign)}), terms.platform


def _amend(row: Review, **changes: "Any") -> Review:
    """The review with its latest hiding changed."""
    return replace(row, moderation=(*row.moderation[:-1], replace(row.moderation[-1], **changes)))


@RULES.rule(Hide, by=(Role.COMMUNITY, Role.PLATFORM))
def hide(ports: "Ports", ctx: "Context", action: Hide) -> None:
    """The words are no longer shown; by whom and why is."""
    identity, row = need_review(ctx, action.review)
    organisation = ctx.signer.organisation
    may = organisation == row.community or ctx.signer.has(Role.PLATFORM)
    ctx.require(may, NotModerator(identity, organisation))
    sellers, _ = _parties(ports, ctx, identity)
    ctx.require(organisation not in sellers, PartyToSale(identity, organisation))
    if any(before.rule == action.rule for before in row.moderation):
        raise HiddenUnderRule(identity, action.rule)
    hiding = Moderation(organisation, action.rule, action.reason, ctx.time_ms)
    row = replace(step_review(identity, row, "hide"), moderation=(*row.moderation, hiding))
    alter_review(ctx, identity, row)
    moderated.put(ctx, f"{row.community}/{ctx.height:012d}-{ctx.position:06d}", identity)
    ctx.event("review_hidden", identity)
    count(ctx, listings_of(row), SELF)
    for listener in ports.listeners:
        listener.hidden(ctx, identity, row)


@RULES.rule(Appeal, by=OPEN)
def appeal(_ports: "Ports", ctx: "Context", action: Appeal) -> None:
    """The reviewer asks somebody else to decide."""
    identity, row = need_own(ctx, action.review)
    row = _amend(step_review(identity, row, "appeal"), appeal=action.reason, appealed_ms=ctx.time_ms)
    alter_review(ctx, identity, row)
    ctx.schedule(ctx.time_ms + ctx.parameters["appeal_ms"], AppealOver(identity, len(row.moderation)))
    enter(ctx, listings_of(row), SELF)


@RULES.rule(Decide, by=DECIDERS)
def decide(ports: "Ports", ctx: "Context", action: Decide) -> None:
    """Another one says whether the rule was broken."""
    identity, row = need_review(ctx, action.review)
    organisation = ctx.signer.organisation
    after = step_review(identity, row, "uphold" if action.uphold else "restore")
    ctx.require(organisation != row.moderation[-1].by, NotModerator(identity, organisation))
    sellers, platform = _parties(ports, ctx, identity)
    ctx.require(organisation not in (*sellers, platform), PartyToSale(identity, organisation))
    said = {"decided_by": organisation, "decision": action.reason}
    row = _amend(after, decided_ms=ctx.time_ms, upheld=action.uphold, **said)
    if not action.uphold:
        _restore(ports, ctx, identity, row)
        return
    alter_review(ctx, identity, row)
    name = row.public_key.hex()
    reviewer = reviewers.get(ctx, name) or Reviewer(row.community)
    reviewers.put(ctx, name, replace(reviewer, upheld=reviewer.upheld + 1))
    enter(ctx, listings_of(row), SELF)
    for listener in ports.listeners:
        listener.upheld(ctx, identity, row)


def _restore(ports: "Ports", ctx: "Context", review: str, row: Review) -> None:
    alter_review(ctx, review, row)
    ctx.event("review_restored", review)
    count(ctx, listings_of(row), SELF)
    for listener in ports.listeners:
        listener.restored(ctx, review, row)


@RULES.timer(AppealOver)
def appeal_over(ports: "Ports", ctx: "Context", timer: AppealOver) -> None:
    """Nobody decided: the review is shown again. One that was decided before is left alone."""
    row = reviews.get(ctx, timer.review)
    assert row is not None, f"a timer for the unknown review {timer.review}"
    if row.state == "appealed" and len(row.moderation) == timer.number:
        ctx.work += TIMER_WORK
        row = _amend(step_review(timer.review, row, "restore"), decided_ms=ctx.time_ms, upheld=False)
        _restore(ports, ctx, timer.review, row)
