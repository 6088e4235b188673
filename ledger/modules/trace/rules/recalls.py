"""Rules for recalls: a recalled lot takes all that was made of it along, at once or, where that is much, block by
block.

`recall_queue` holds the recalled lots whose children are not all recalled yet, each with the last child reached, so
that the work of one step is bounded and resumes where it stopped.
"""

from msgspec.structs import replace

from ledger.context import Context
from ledger.modules.trace.errors import AlreadyRecalled, RecallNotAllowed
from ledger.modules.trace.messages import Recall, RecallSpread
from ledger.modules.trace.ports import Ports
from ledger.modules.trace.rules.common import (
    PORT_RULES,
    check_distinct,
    journal_organisations,
    need_lot,
    need_product,
    next_state,
)
from ledger.modules.trace.state import LOT_TRANSITIONS, Lot, RecallRecord, children, lots, recall_queue, recalls
from ledger.roles import HANDLERS, Role
from ledger.state import SELF
from ledger.text import check_text

REACH_MAX = 256
"""Lots recalled in one transaction or one timer step."""

LINKS_MAX = 1_024
"""Links from parent to child followed in one step, recalled children included."""


@PORT_RULES.rule(Recall, by=(*HANDLERS, Role.REGULATOR))
def recall(ports: Ports, ctx: Context, action: Recall) -> None:
    """Producer, product owner, platform or regulator call lots back; none of them may move on from here."""
    check_text("reason_zh", action.reason_zh)
    check_text("reason_en", action.reason_en)
    check_distinct("lots", action.lots)
    identity = ctx.transaction_id.hex()
    for lot in action.lots:
        row = need_lot(ctx, lot)
        may = {row.producer, need_product(ctx, row.product).owner}
        if ctx.signer.organisation not in may and not ctx.signer.has(Role.PLATFORM, Role.REGULATOR):
            raise RecallNotAllowed(lot, ctx.signer.organisation)
        if row.state == "recalled":
            raise AlreadyRecalled(lot)
    for lot in action.lots:
        _reach(ports, ctx, identity, lot, need_lot(ctx, lot))
    reached, complete = _spread(ports, ctx, identity, REACH_MAX - len(action.lots))
    recalls.put(ctx, identity, RecallRecord(ctx.signer.organisation, action.lots, len(action.lots) + reached, complete))
    ctx.event("recalled", len(action.lots) + reached, int(complete))
    journal_organisations(ctx, ctx.signer.organisation)


@PORT_RULES.timer(RecallSpread)
def spread_recall(ports: Ports, ctx: Context, timer: RecallSpread) -> None:
    """One more step of a recall with a large descent."""
    row = recalls.get(ctx, timer.recall)
    assert row is not None, f"a timer for the unknown recall {timer.recall}"
    reached, complete = _spread(ports, ctx, timer.recall, REACH_MAX)
    recalls.put(ctx, timer.recall, replace(row, reached=row.reached + reached, complete=complete))
    ctx.event("recalled", reached, int(complete))


def _reach(ports: Ports, ctx: Context, identity: str, lot: str, row: Lot) -> None:
    """Recall one lot, tell who sells it, and queue its children."""
    state = next_state(f"lot:{lot}", LOT_TRANSITIONS, row.state, "recall")
    lots.put(ctx, lot, replace(row, state=state), SELF)
    recall_queue.put(ctx, f"{identity}:{lot}", "")
    for listener in ports.recall_listeners:
        listener.recalled(ctx, lot)


def _spread(ports: Ports, ctx: Context, identity: str, budget: int) -> tuple[int, bool]:
    """Recall at most `budget` queued descendants; (how many, whether none is left). Schedules the next step
    otherwise.
    """
    reached, links = 0, 0
    while queued := recall_queue.scan(ctx, f"{identity}:", limit=1):
        key, after = queued[0]
        lot = key.removeprefix(f"{identity}:")
        room = min(budget - reached, LINKS_MAX - links)
        if room <= 0:
            ctx.schedule(ctx.time_ms + 1, RecallSpread(identity))
            return reached, False
        found = children.scan(ctx, f"{lot}:", after=f"{lot}:{after}" if after else None, limit=room)
        for link, _ in found:
            child = link.removeprefix(f"{lot}:")
            row = need_lot(ctx, child)
            if row.state != "recalled":
                _reach(ports, ctx, identity, child, row)
                reached += 1
        links += len(found)
        if len(found) < room:
            recall_queue.delete(ctx, key)
        else:
            recall_queue.put(ctx, key, found[-1][0].removeprefix(f"{lot}:"))
    return reached, True
