"""The rule for gateways' counts of scans: whose they are and for which day is checked, the counts are its word."""

from ledger.context import Context
from ledger.days import day_of
from ledger.modules.trace.errors import (
    CommunityUnknown,
    LotUnknown,
    NamedTwice,
    RestContradicts,
    ScanDayNotOver,
    ScanDayStated,
    ScanDayTooOld,
)
from ledger.modules.trace.messages import StateScans
from ledger.modules.trace.ports import Ports
from ledger.modules.trace.rules.common import PORT_RULES, journal_organisations
from ledger.modules.trace.state import ScanDay, lots, scan_days, scan_key
from ledger.roles import ORGANISATION_ROLES, Role

STATED_WITHIN_DAYS = 31
"""How late a day may be stated: validators may have been away, and a month is more than any stays unnoticed."""


@PORT_RULES.rule(StateScans, by=ORGANISATION_ROLES)
def state_scans(ports: Ports, ctx: Context, action: StateScans) -> None:
    """Keep what a gateway counted on a day. It joins no lot's journal: a journey tells what was done to the goods."""
    today = day_of(ctx.time_ms)
    ctx.require(action.day < today, ScanDayNotOver(action.day))
    earliest = today - STATED_WITHIN_DAYS
    ctx.require(action.day >= earliest, ScanDayTooOld(action.day, earliest))
    organisation = ctx.signer.organisation
    key = scan_key(action.day, organisation, action.gateway)
    ctx.require(not scan_days.has(ctx, key), ScanDayStated(action.gateway, action.day))
    _check_counts(ports, ctx, action)
    scans = sum(row.scans for row in action.counts) + action.rest_scans
    row = ScanDay(ctx.transaction_id, scans, action.counts, action.rest_rows, action.rest_scans)
    scan_days.put(ctx, key, row)
    journal_organisations(ctx, organisation)


def _check_counts(ports: Ports, ctx: Context, action: StateScans) -> None:
    """Each lot and community exist and stand once; the rest is one."""
    seen: set[tuple[str, str | None]] = set()
    for row in action.counts:
        if (row.lot, row.community) in seen:
            raise NamedTwice("counts", row.lot)
        seen.add((row.lot, row.community))
    for lot in sorted({row.lot for row in action.counts}):
        ctx.require(lots.has(ctx, lot), LotUnknown(lot))
    for community in sorted({row.community for row in action.counts if row.community is not None}):
        is_one = ports.organisations.has_role(ctx, community, Role.COMMUNITY)
        ctx.require(is_one, CommunityUnknown(community))
    no_rest = action.rest_rows == action.rest_scans == 0
    fits = 0 < action.rest_rows <= action.rest_scans
    ctx.require(no_rest or fits, RestContradicts(action.rest_rows, action.rest_scans))
