"""The custodian's statement of a day, compared with this ledger."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.days import day_of
from ledger.module import Rules
from ledger.modules.payments import messages as m
from ledger.modules.payments import ports as p
from ledger.modules.payments import state as s
from ledger.modules.payments.errors import DayNotOver, DayStated, DayTooOld
from ledger.roles import Role
from ledger.state import OTHER

if TYPE_CHECKING:
    from ledger.context import Context

rules = Rules()

STATED_WITHIN_DAYS = 366
"""How late a day may be stated: its balance is found by going back from today's."""


@rules.rule(m.StateDay, by=(Role.CUSTODIAN,))
def state_day(ctx: "Context", action: m.StateDay) -> None:
    """Keep both sides and say in public whether they agree."""
    stated = ctx.need_restricted(m.DayTotals)
    custodian, today = ctx.signer.organisation, day_of(ctx.time_ms)
    earliest = today - STATED_WITHIN_DAYS
    ctx.require(action.day < today, DayNotOver(action.day))
    ctx.require(action.day >= earliest, DayTooOld(action.day, earliest))
    key = s.day_key(custodian, action.day)
    day = s.days.get(ctx, key) or s.Day()
    ctx.require(day.stated is None, DayStated(action.day))
    balance_fen = _balance_at_end(ctx, custodian, key)
    s.days.put(ctx, key, replace(day, balance_fen=balance_fen, stated=stated))
    agrees = stated == m.DayTotals(day.issued_fen, day.redeemed_fen, balance_fen)
    s.agreements.put(ctx, key, agrees)
    if agrees:
        ctx.event("statement_agrees", action.day)
    else:
        ctx.event("statement_differs", action.day)
    ctx.journal(f"organisation:{custodian}", OTHER)


def _balance_at_end(ctx: "Context", custodian: str, key: str) -> int:
    """What the custodian held at the end of the day under `key`: what it holds now, less what came since."""
    later = s.days.scan(ctx, f"{custodian}/", after=key, limit=STATED_WITHIN_DAYS + 1)
    since = sum(day.issued_fen - day.redeemed_fen for _, day in later)
    return -s.account_row(ctx, p.custodian_account(custodian)).balance_fen - since
