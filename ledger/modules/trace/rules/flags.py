"""Flags of lots, and how one that is found late reaches what was made of the lot meanwhile.

What is made of a flagged lot is born with its flags. A spraying, a failed test or a warm ride may be recorded after the
lot was processed: then a timer passes the flag on, bounded work at a time, to what was made after the fault, as far as
block time tells: a processing dated back escapes nothing.
"""

from msgspec.structs import replace

from ledger.context import Context
from ledger.modules.trace.messages import InheritFlag, TellExcursion
from ledger.modules.trace.ports import Ports
from ledger.modules.trace.rules.common import PORT_RULES, RULES, need_lot
from ledger.modules.trace.state import Flag, Inheritance, children, inheritances, lots
from ledger.state import OTHER

LINKS_MAX = 256
"""Children that one step looks at."""


def add_flag(ctx: Context, lot: str, flag: Flag, role: str, since_ms: int = 0) -> None:
    """Set a flag on a lot, journal the record to it, and pass it on to what was made of the lot since `since_ms`."""
    row = need_lot(ctx, lot)
    lots.put(ctx, lot, replace(row, flags=row.flags | flag), role)
    if flag & ~row.flags & Flag.EXCURSION:
        ctx.schedule(ctx.time_ms, TellExcursion(lot))
    key = _key(lot, flag)
    known = inheritances.get(ctx, key) if row.consumed else None
    if row.consumed and (known is None or since_ms < known.since_ms):
        inheritances.put(ctx, key, Inheritance(since_ms))
        ctx.schedule(ctx.time_ms, InheritFlag(lot, int(flag)))


@PORT_RULES.timer(TellExcursion)
def tell_excursion(ports: Ports, ctx: Context, timer: TellExcursion) -> None:
    """Other modules hear of it; a lot is flagged once, so once."""
    for listener in ports.excursion_listeners:
        listener.became_warm(ctx, timer.lot)


def _key(lot: str, flag: int) -> str:
    return f"{lot}:{int(flag)}"


@RULES.timer(InheritFlag)
def inherit_flag(ctx: Context, timer: InheritFlag) -> None:
    """One step of passing a flag on; what has it already passes it on too, as if it had come from here."""
    key, lot, flag = _key(timer.lot, timer.flag), timer.lot, Flag(timer.flag)
    row = inheritances.get(ctx, key)
    assert row is not None, f"a timer for the unknown inheritance {key}"
    found = children.scan(ctx, f"{lot}:", after=f"{lot}:{row.after}" if row.after else None, limit=LINKS_MAX)
    for link, made_ms in found:
        child = link.removeprefix(f"{lot}:")
        if made_ms >= row.since_ms:
            if not need_lot(ctx, child).flags & flag:
                ctx.event("inherited", f"lot:{child}", f"lot:{lot}", int(flag))
            add_flag(ctx, child, flag, OTHER)
    if len(found) == LINKS_MAX:
        inheritances.put(ctx, key, replace(row, after=found[-1][0].removeprefix(f"{lot}:")))
        ctx.schedule(ctx.time_ms + 1, timer)
