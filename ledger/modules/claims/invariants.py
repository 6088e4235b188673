"""What must hold in claims after every block: run by tests and the simulator over the whole state.

All is counted anew from the claims' rows; no running counter is believed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ledger.context import Context
from ledger.crypto.encoding import decode
from ledger.days import day_of
from ledger.modules.claims.rules.common import Case
from ledger.modules.claims.state import CLAIM_TRANSITIONS, WAITING, Claim, claim_key, claims, day_key, laid_out
from ledger.timers import scheduled

if TYPE_CHECKING:
    from ledger.modules.claims.ports import Ports

Found = dict[str, list[Claim]]


def check_invariants(ports: "Ports", ctx: Context) -> list[str]:
    """What is violated, in words; empty when all is well."""
    found: Found = defaultdict(list)
    for key, claim in claims.every(ctx):
        order = key.partition(".")[0]
        found[order].append(claim)
        if key != claim_key(order, len(found[order])):
            return [f"the claims of {order} have a gap before {key}"]
    return [
        *check_claims(ports, ctx, found),
        *check_time_limits(ports, ctx, found),
        *check_days(ctx, found),
    ]


def check_claims(ports: "Ports", ctx: Context, found: Found) -> Iterator[str]:
    """A line waits exactly as long as one claim of it does; nobody was paid beyond what she paid, or twice."""
    for order, own in found.items():
        row = ports.lines.need(ctx, order)
        waiting = [claim.state in WAITING for claim in own]
        if any(waiting[:-1]) or waiting[-1] != (row.state == "disputed"):
            yield f"{order} is {row.state}, its claims are {[claim.state for claim in own]}"
        paid = sum(max(claim.paid_fen, claim.award_fen or 0) for claim in own)
        if paid != row.compensated_fen:
            yield f"{order}: its claims paid {paid} fen, the line has {row.compensated_fen}"
        if not 0 <= row.borne_fen <= row.compensated_fen <= row.paid_fen:
            yield f"{order}: {row.borne_fen} fen borne of {row.compensated_fen} for {row.paid_fen} paid"
        for claim in own:
            ended = not CLAIM_TRANSITIONS[claim.state]
            if ended != (claim.closed_ms is not None) or (claim.award_fen is None) == (
                claim.state in ("decided", "lapsed")
            ):
                yield f"{order}: a claim is {claim.state}, closed {claim.closed_ms}, award {claim.award_fen}"
            if max(claim.paid_fen, claim.award_fen or 0) > claim.fen or bool(claim.paid_fen) != bool(claim.leader):
                yield f"{order}: a claim of {claim.fen} fen was paid beyond that, or by nobody"


def check_time_limits(ports: "Ports", ctx: Context, found: Found) -> Iterator[str]:
    """Every claim that waits has a timer at its time limit; what a leader is owed is held until its timer."""
    waiting: Counter[tuple[str, int, str, int]] = Counter()
    for due_ms, raw in scheduled(ctx):
        tag, *named = decode(raw, list[Any])
        if tag == "claims.due":
            order, number, stage = named
            waiting[order, number, stage, due_ms] += 1
    for order, own in found.items():
        for number, claim in enumerate(own, 1):
            stage = "contest" if claim.state == "provisional" else "adjudication"
            if claim.state in WAITING and waiting[order, number, stage, claim.due_ms] != 1:
                yield f"{order}.{number} waits for {stage} at {claim.due_ms}, and no timer does"
            due_ms = claim.paid_ms + ctx.parameters["repay_ms"]
            case = Case(ports.payments, ports.lines, ctx, order, number, claim)
            held = case.payments.pending(ctx, case.transfer(b"repay", "", "", 1, "repayment").id)
            if claim.own and held not in (0, claim.paid_fen):
                yield f"{order}.{number}: {held} fen are held for the leader's {claim.paid_fen}"
            if held and not waiting[order, number, "repay", due_ms]:
                yield f"{order}.{number}: {held} fen are held for the leader, and no timer pays them"


def check_days(ctx: Context, found: Found) -> Iterator[str]:
    """What leaders laid out on a day is the sum of their payments."""
    counted: Counter[str] = Counter()
    for own in found.values():
        for claim in own:
            if claim.paid_fen:
                counted[day_key(claim.leader, day_of(claim.paid_ms))] += claim.paid_fen
    for key, fen in laid_out.every(ctx):
        if counted.pop(key, 0) != fen:
            yield f"{key}: {fen} fen are counted for the day"
    for key in counted:
        yield f"{key}: payments are not counted for the day"
