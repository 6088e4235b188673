"""Rules for campaigns as a whole: drafted by a leader, opened by the seller, called off, carried on by a substitute."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.modules.groupbuy.errors import (
    AlreadySubstituted,
    CampaignExists,
    CommunityForeign,
    CutOffPassed,
    LeaderNotSilent,
    LeaderUnknown,
    NotCampaignParty,
    SupplyMissing,
)
from ledger.modules.groupbuy.messages import Cancel, CutOff, Draft, Open, Substitute
from ledger.modules.groupbuy.rules.allocating import release_lots
from ledger.modules.groupbuy.rules.common import (
    RULES,
    acts_for,
    await_buyers,
    is_heard,
    is_leader,
    need_campaign,
    progress_of,
    put_campaign,
    return_deposit,
    step_campaign,
    there_since_ms,
)
from ledger.modules.groupbuy.rules.supply import is_committed
from ledger.modules.groupbuy.rules.sweeps import start_sweep
from ledger.modules.groupbuy.rules.terms import check_terms
from ledger.modules.groupbuy.state import Campaign, campaigns
from ledger.modules.payments.ports import Transfer, deposit_account, organisation_account, transfer_id
from ledger.roles import ORGANISATION_ROLES, Role
from ledger.state import OTHER
from ledger.text import check_text

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.groupbuy.ports import Ports


@RULES.rule(Draft, by=(Role.LEADER,))
def draft(ports: "Ports", ctx: "Context", action: Draft) -> None:
    """A leader drafts a campaign for her own community. Without the seller's word by the cut-off it comes to
    nothing.
    """
    ctx.require(not campaigns.has(ctx, action.campaign), CampaignExists(action.campaign))
    own = ctx.signer.organisation
    ctx.require(own == action.community, CommunityForeign(action.community, own))
    check_text("title", action.title)
    check_terms(ports, ctx, action)
    leader = ctx.signer.subject.removeprefix("member:")
    put_campaign(ctx, action.campaign, Campaign(action, leader, leader, drafted_ms=ctx.time_ms))
    ctx.journal(ctx.signer.subject, OTHER)
    ctx.journal(f"organisation:{action.seller}", OTHER)
    ctx.schedule(action.cutoff_ms, CutOff(action.campaign))


@RULES.rule(Open, by=ORGANISATION_ROLES)
def open_campaign(ports: "Ports", ctx: "Context", action: Open) -> None:
    """The seller agrees, with supply committed and the deposit put up: orders are taken."""
    row = need_campaign(ctx, action.campaign)
    terms = row.terms
    if not acts_for(ctx, terms.seller):
        raise NotCampaignParty(action.campaign, ctx.signer.subject, "open")
    row = step_campaign(action.campaign, row, "open")
    ctx.require(ctx.time_ms < terms.cutoff_ms, CutOffPassed(action.campaign, terms.cutoff_ms))
    ctx.require(is_committed(ctx, terms), SupplyMissing(action.campaign))
    if terms.deposit_fen:
        source = organisation_account(terms.custodian, terms.seller)
        target = deposit_account(terms.custodian, action.campaign)
        identity = transfer_id(action.campaign.encode(), b"deposit")
        ports.payments.move(ctx, [Transfer(identity, source, target, terms.deposit_fen, "deposit_put_up")])
    put_campaign(ctx, action.campaign, row)


@RULES.rule(Cancel, by=(Role.LEADER, *ORGANISATION_ROLES))
def cancel(ports: "Ports", ctx: "Context", action: Cancel) -> None:
    """Call a campaign off before it is shipped: leader or seller before the cut-off, seller or platform after it."""
    check_text("reason", action.reason)
    row = need_campaign(ctx, action.campaign)
    early = row.state in ("draft", "open")
    may = acts_for(ctx, row.terms.seller) or (is_leader(ctx, row) if early else acts_for(ctx, row.terms.platform))
    ctx.require(may, NotCampaignParty(action.campaign, ctx.signer.subject, "cancel"))
    call_off(ports, ctx, action.campaign, row, "cancel")


def call_off(ports: "Ports", ctx: "Context", campaign: str, row: Campaign, event: str) -> None:
    """Let a campaign end by `event`: the deposit goes back at once, every buyer's money line by line."""
    before = row.state
    row = step_campaign(campaign, row, event)
    if before == "open":
        row = count_lines(ctx, campaign, row)
    release_lots(ctx, row)
    if before != "draft":
        return_deposit(ports, ctx, campaign, row.terms)
    put_campaign(ctx, campaign, row)
    ctx.event("cancelled", campaign)
    if row.lines_left:
        start_sweep(ctx, campaign, "refund")


def count_lines(ctx: "Context", campaign: str, row: Campaign) -> Campaign:
    """The row of a campaign whose orders end, with what was ordered, exactly."""
    count = progress_of(ctx, campaign)
    return replace(row, orders=count.orders, units=count.units, lines_left=count.orders)


def is_silent(ctx: "Context", row: Campaign) -> bool:
    """Whether the leader should have been heard of by now and was not: since the goods should have arrived; since they
    are hers to hand out; or, while some still wait, since buyers were reminded to come to her.
    """
    patience_ms = ctx.parameters["leader_silence_ms"]
    if row.state == "shipped":
        return ctx.time_ms >= row.terms.delivery_to_ms + patience_ms
    if row.state != "arrived":
        return False
    if not is_heard(row) and ctx.time_ms >= there_since_ms(row) + patience_ms:
        return True
    if row.reminded_ms is None or row.heard_ms > row.reminded_ms:
        return False
    is_over = ctx.time_ms >= row.reminded_ms + ctx.parameters["noshow_grace_ms"]
    return is_over and progress_of(ctx, row.terms.campaign).waiting > 0


@RULES.rule(Substitute, by=(Role.PLATFORM, Role.COMMUNITY))
def substitute(ports: "Ports", ctx: "Context", action: Substitute) -> None:
    """Another leader of the community hands out and earns from now on. She has as long as the first one had."""
    row = need_campaign(ctx, action.campaign)
    terms = row.terms
    if not (acts_for(ctx, terms.platform) or acts_for(ctx, terms.community)):
        raise NotCampaignParty(action.campaign, ctx.signer.subject, "substitute")
    if row.substituted_ms is not None:
        raise AlreadySubstituted(action.campaign, row.leader)
    ctx.require(is_silent(ctx, row), LeaderNotSilent(action.campaign, row.leader))
    member = ports.organisations.member(ctx, action.leader)
    known = member is not None and member.organisation == terms.community and member.role == "leader"
    if not known or member is None or member.retired_height is not None or action.leader == row.leader:
        raise LeaderUnknown(action.leader, terms.community)
    after = replace(row, leader=action.leader, substituted_ms=ctx.time_ms, reminded_ms=None, silent_ms=None)
    put_campaign(ctx, action.campaign, after)
    if row.state == "arrived":
        await_buyers(ctx, action.campaign)
    ctx.journal(f"member:{row.leader}", OTHER)
    ctx.journal(f"member:{action.leader}", OTHER)
    for listener in ports.listeners:
        listener.substituted(ctx, row.leader, action.leader)
