"""Time limits of campaigns: each stage has its function here, and looks first whether it still matters."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ledger.modules.groupbuy.messages import Deadline
from ledger.modules.groupbuy.rules.common import RULES, need_campaign

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.groupbuy.messages import Stage
    from ledger.modules.groupbuy.ports import Ports
    from ledger.modules.groupbuy.state import Campaign

OnDeadline = Callable[["Ports", "Context", str, "Campaign"], None]
STAGES: dict[str, OnDeadline] = {}


def declare_stage(name: "Stage", handler: OnDeadline) -> None:
    """Say what `handler(ports, ctx, campaign, row)` does when the time limit `name` is over."""
    assert name not in STAGES, name
    STAGES[name] = handler


def set_deadline(ctx: "Context", campaign: str, stage: "Stage", due_ms: int) -> None:
    """Look at `stage` again in the first block of that time."""
    ctx.schedule(due_ms, Deadline(campaign, stage))


@RULES.timer(Deadline)
def deadline(ports: "Ports", ctx: "Context", timer: Deadline) -> None:
    """A time limit is over."""
    STAGES[timer.stage](ports, ctx, timer.campaign, need_campaign(ctx, timer.campaign))
