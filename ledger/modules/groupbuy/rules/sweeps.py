"""Working through a campaign's lines by timers, a bounded number a time; each step has its function here."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ledger.modules.groupbuy.messages import Sweep
from ledger.modules.groupbuy.rules.common import RULES, order_at, progress_of

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.groupbuy.messages import SweepStep
    from ledger.modules.groupbuy.ports import Ports
    from ledger.modules.groupbuy.state import OrderRow

LINES_MAX = 32
"""Lines that one timer works through."""

LINE_WORK = 4
"""Rows' worth of work that one line is counted as, of `timers_per_block`."""

OnLine = Callable[["Ports", "Context", str, "OrderRow"], None]
OnEnd = Callable[["Ports", "Context", str], None]


class Step(NamedTuple):
    """What a sweep does: `line(ports, ctx, hex order id, row)` to each line whatever its state, in order of number,
    then `end(ports, ctx, campaign)`.
    """

    line: OnLine
    end: OnEnd


STEPS: dict[str, Step] = {}


def nothing_more(ports: "Ports", ctx: "Context", campaign: str) -> None:
    """The end of a sweep after which nothing follows."""


def declare_step(name: "SweepStep", line: OnLine, end: OnEnd = nothing_more) -> None:
    """Say what the sweep `name` does."""
    assert name not in STEPS, name
    STEPS[name] = Step(line, end)


def start_sweep(ctx: "Context", campaign: str, step: "SweepStep") -> None:
    """Begin with the first line: in this block when a transaction asks, in the next when a timer does."""
    ctx.schedule(ctx.time_ms, Sweep(campaign, step, 0))


@RULES.timer(Sweep)
def sweep(ports: "Ports", ctx: "Context", timer: Sweep) -> None:
    """Do the next `LINES_MAX` lines, then let the next timer go on, or end."""
    step = STEPS[timer.step]
    total = progress_of(ctx, timer.campaign).lines
    last = min(timer.after + LINES_MAX, total)
    for number in range(timer.after + 1, last + 1):
        order, row = order_at(ctx, timer.campaign, number)
        step.line(ports, ctx, order, row)
        ctx.work += LINE_WORK
    if last < total:
        ctx.schedule(ctx.time_ms, Sweep(timer.campaign, timer.step, last))
    else:
        step.end(ports, ctx, timer.campaign)
