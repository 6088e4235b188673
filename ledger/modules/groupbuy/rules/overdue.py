"""What should have happened by now, stage by stage; where it has not, the buyers' money goes back.

A campaign that formed is shipped by the end of delivery or called off (`allocate`). Shipped, it has `leader_silence_ms`
more to arrive (`silence`), after which a substitute may be named within `substitute_ms`, or it is called off
(`arrive`). Arrived, the leader records something within `leader_silence_ms` (`silence`), or a substitute is named
within `substitute_ms`, who has `leader_silence_ms` herself (`substitute`), or what nobody collected is paid back.
"""

from typing import TYPE_CHECKING

from ledger.modules.groupbuy.rules.campaigns import call_off, is_silent
from ledger.modules.groupbuy.rules.deadlines import declare_stage, set_deadline
from ledger.modules.groupbuy.rules.pickup import begin_no_show
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
    """The leader should have been heard of: say so, and let platform or community name another."""
    if is_silent(ctx, row):
        ctx.event("leader_silent", campaign)
        stage: Stage = "arrive" if row.state == "shipped" else "substitute"
        set_deadline(ctx, campaign, stage, ctx.time_ms + ctx.parameters["substitute_ms"])
    elif row.state == "arrived":
        begin_no_show(ctx, campaign, row)


def _waits_for_substitute(ctx: "Context", campaign: str, row: "Campaign", stage: "Stage") -> bool:
    """Whether a substitute was named and still has time; the same stage comes again when it is over."""
    if row.substituted_ms is None:
        return False
    until_ms = row.substituted_ms + ctx.parameters["leader_silence_ms"]
    if ctx.time_ms >= until_ms:
        return False
    set_deadline(ctx, campaign, stage, until_ms)
    return True


def _arrive(ports: "Ports", ctx: "Context", campaign: str, row: "Campaign") -> None:
    """What is still on its way is called off."""
    if row.state == "shipped" and not _waits_for_substitute(ctx, campaign, row, "arrive"):
        call_off(ports, ctx, campaign, row, "overdue")


def _substitute(_ports: "Ports", ctx: "Context", campaign: str, row: "Campaign") -> None:
    """What lies at the point of a leader who says nothing is paid back."""
    if row.state != "arrived":
        return
    if not is_silent(ctx, row):
        begin_no_show(ctx, campaign, row)
    elif not _waits_for_substitute(ctx, campaign, row, "substitute"):
        start_sweep(ctx, campaign, "strand")


declare_stage("allocate", _allocate)
declare_stage("silence", _silence)
declare_stage("arrive", _arrive)
declare_stage("substitute", _substitute)
