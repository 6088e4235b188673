"""What should have happened by now, stage by stage; where it has not, the buyers' money goes back.

A campaign that formed is shipped by the end of delivery or called off (`allocate`). Shipped, it has `leader_silence_ms`
more to arrive (`silence`), after which a substitute may be named within `substitute_ms`, or it is called off
(`arrive`).

Arrived, the leader records something within `leader_silence_ms` (`silence`). After `pickup_ms` buyers are reminded
(`remind`), and within `noshow_grace_ms` from then on she is heard of again (`no_show`): what nobody collected by then
counts as not claimed. A leader not heard of in either time is called silent: a substitute may be named within
`substitute_ms` (`substitute`), who has the same times herself; else what nobody collected is paid back.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.modules.groupbuy.rules.campaigns import call_off, is_silent
from ledger.modules.groupbuy.rules.common import put_campaign, there_since_ms
from ledger.modules.groupbuy.rules.deadlines import declare_stage, set_deadline
from ledger.modules.groupbuy.rules.sweeps import start_sweep

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.groupbuy.messages import Stage
    from ledger.modules.groupbuy.ports import Ports
    from ledger.modules.groupbuy.state import Campaign


def _allocate(ports: "Ports", ctx: "Context", campaign: str, row: "Campaign") -> None:
    """The end of delivery: what is not shipped is called off; what is shipped must arrive."""
    if row.state == "allocating":  # its lines are being worked through, block by block; look again in the next one
        set_deadline(ctx, campaign, "allocate", ctx.time_ms + 1)
    elif row.state in ("formed", "allocated"):
        call_off(ports, ctx, campaign, row, "overdue")
    elif row.state == "shipped":
        set_deadline(ctx, campaign, "silence", ctx.time_ms + ctx.parameters["leader_silence_ms"])


def _silence(_ports: "Ports", ctx: "Context", campaign: str, row: "Campaign") -> None:
    """The leader should have been heard of."""
    if is_silent(ctx, row):
        _call_silent(ctx, campaign, row)


def _call_silent(ctx: "Context", campaign: str, row: "Campaign") -> None:
    """Say in public that the leader is silent, once, and let platform or community name another. After a substitute
    nobody can be named: what still waits at her point is paid back.
    """
    if row.silent_ms is not None:
        return
    ctx.event("leader_silent", campaign)
    put_campaign(ctx, campaign, replace(row, silent_ms=ctx.time_ms))
    if row.state == "arrived" and row.substituted_ms is not None:
        start_sweep(ctx, campaign, "strand")
        return
    stage: Stage = "arrive" if row.state == "shipped" else "substitute"
    set_deadline(ctx, campaign, stage, ctx.time_ms + ctx.parameters["substitute_ms"])


def _arrive(ports: "Ports", ctx: "Context", campaign: str, row: "Campaign") -> None:
    """What is still on its way is called off, unless a substitute was named who still has time to take it in."""
    if row.state != "shipped":
        return
    until_ms = 0 if row.substituted_ms is None else row.substituted_ms + ctx.parameters["leader_silence_ms"]
    if not _comes_later(ctx, campaign, "arrive", until_ms):
        call_off(ports, ctx, campaign, row, "overdue")


def _comes_later(ctx: "Context", campaign: str, stage: "Stage", due_ms: int) -> bool:
    """Whether a time limit is not over yet, since another leader's is counted now or the network's parameters were
    changed; it is looked at again when it is.
    """
    if ctx.time_ms >= due_ms:
        return False
    set_deadline(ctx, campaign, stage, due_ms)
    return True


def _substitute(_ports: "Ports", ctx: "Context", campaign: str, row: "Campaign") -> None:
    """What lies at the point of a leader who says nothing is paid back; one who spoke again goes on."""
    if row.state != "arrived" or row.silent_ms is None:
        return
    if _comes_later(ctx, campaign, "substitute", row.silent_ms + ctx.parameters["substitute_ms"]):
        return
    if is_silent(ctx, row):
        start_sweep(ctx, campaign, "strand")
        return
    put_campaign(ctx, campaign, replace(row, silent_ms=None))
    if row.reminded_ms is not None and ctx.time_ms >= row.reminded_ms + ctx.parameters["noshow_grace_ms"]:
        start_sweep(ctx, campaign, "no_show")


def _remind(_ports: "Ports", ctx: "Context", campaign: str, row: "Campaign") -> None:
    """Tell buyers in public that what they have not collected waits for them, and no longer than the grace."""
    if row.state != "arrived" or row.reminded_ms is not None:
        return
    if _comes_later(ctx, campaign, "remind", there_since_ms(row) + ctx.parameters["pickup_ms"]):
        return
    ctx.event("reminder", campaign)
    put_campaign(ctx, campaign, replace(row, reminded_ms=ctx.time_ms))
    set_deadline(ctx, campaign, "no_show", ctx.time_ms + ctx.parameters["noshow_grace_ms"])


def _no_show(_ports: "Ports", ctx: "Context", campaign: str, row: "Campaign") -> None:
    """The grace is over: where the leader was there to hand out, what is not collected counts as not claimed."""
    if row.state != "arrived" or row.reminded_ms is None:
        return
    if _comes_later(ctx, campaign, "no_show", row.reminded_ms + ctx.parameters["noshow_grace_ms"]):
        return
    if is_silent(ctx, row):
        _call_silent(ctx, campaign, row)
        return
    if row.silent_ms is not None:
        put_campaign(ctx, campaign, replace(row, silent_ms=None))
    start_sweep(ctx, campaign, "no_show")


declare_stage("allocate", _allocate)
declare_stage("silence", _silence)
declare_stage("arrive", _arrive)
declare_stage("substitute", _substitute)
declare_stage("remind", _remind)
declare_stage("no_show", _no_show)
