"""Rules for making lots out of lots, and for goods that are no more. Masses are in micro-kg (mg)."""

from ledger.context import Context
from ledger.modules.trace.errors import LossTooHigh, MassGain, MassImbalance, TooMany
from ledger.modules.trace.messages import Destroy, Transform
from ledger.modules.trace.rules.certificates import cite_certificates
from ledger.modules.trace.rules.common import (
    RULES,
    check_distinct,
    check_event,
    check_order,
    commission,
    journal_organisations,
    need_lot,
    need_movable,
    need_product,
    spend,
    take,
)
from ledger.modules.trace.rules.conformity import is_organic, mark_organic
from ledger.modules.trace.state import Product, children, parents
from ledger.roles import HANDLERS
from ledger.state import INPUT, SELF
from ledger.text import check_text

LINKS_MAX = 256
"""Inputs times outputs of one transformation."""

PPM = 1_000_000


@RULES.rule(Transform, by=HANDLERS)
def transform(ctx: Context, action: Transform) -> None:
    """Inputs end, outputs begin in the same hands; outputs inherit the inputs' flags and can be recalled through
    them.
    """
    check_event(ctx, action.event_ms)
    check_distinct("inputs", (portion.lot for portion in action.inputs))
    if len(action.inputs) * len(action.outputs) > LINKS_MAX:
        raise TooMany("links between inputs and outputs", LINKS_MAX)
    organisation = ctx.signer.organisation
    flags, mass_in = 0, 0
    for portion in action.inputs:
        row = need_movable(ctx, portion.lot)
        check_order(f"lot:{portion.lot}", action.event_ms, row.commissioned_ms)
        take(ctx, portion.lot, organisation, portion.quantity)
        spend(ctx, portion.lot, INPUT, consumed=portion.quantity)
        flags |= row.flags
        mass_in += _mass(need_product(ctx, row.product), portion.quantity)
    mass_out, loss_ppm, covered, made = 0, 0, {f"organisation:{organisation}"}, {}
    for output in action.outputs:
        lot = commission(ctx, output, action.event_ms, planting=None, flags=flags)
        product = need_product(ctx, output.product)
        mass_out += _mass(product, output.quantity)
        loss_ppm = max(loss_ppm, product.loss_ppm)
        covered.add(f"product:{output.product}")
        made[lot] = {f"organisation:{organisation}", f"product:{output.product}"}
        for portion in action.inputs:
            children.put(ctx, f"{portion.lot}:{lot}", ctx.time_ms)
            parents.put(ctx, f"{lot}:{portion.lot}", ctx.time_ms)
    check_masses(mass_in, mass_out, action.loss, loss_ppm)
    cite_certificates(ctx, action.certificates, action.event_ms, covered)
    organic = all(is_organic(ctx, portion.lot) for portion in action.inputs)
    for lot, described in made.items():
        mark_organic(ctx, lot, action.certificates if organic else (), described)
    journal_organisations(ctx, organisation)


def _mass(product: Product, quantity: int) -> int:
    """The mass of `quantity` micro-units in 10⁻⁶ micro-kg, so that pieces of any net content add up exactly."""
    return quantity * (PPM if product.measure == "kg" else product.net_content)


def check_masses(mass_in: int, mass_out: int, loss: int, loss_ppm: int) -> None:
    """Refuse gain, imbalance and excessive loss. Masses in 10⁻⁶ micro-kg, `loss` in micro-kg: exact but for its
    rounding.
    """
    shown_in, shown_out = mass_in // PPM, mass_out // PPM
    if mass_out > mass_in:
        raise MassGain(shown_in, -(-mass_out // PPM))
    if abs(mass_in - mass_out - loss * PPM) >= PPM:
        raise MassImbalance(shown_in, shown_out, loss)
    allowed = shown_in * loss_ppm // PPM
    if loss > allowed:
        raise LossTooHigh(loss, allowed)


@RULES.rule(Destroy, by=HANDLERS)
def destroy(ctx: Context, action: Destroy) -> None:
    """Goods in the signer's hands are no more; recalled goods may be destroyed too."""
    check_event(ctx, action.event_ms)
    check_text("reason", action.reason)
    row = need_lot(ctx, action.lot)
    check_order(f"lot:{action.lot}", action.event_ms, row.commissioned_ms)
    take(ctx, action.lot, ctx.signer.organisation, action.quantity)
    spend(ctx, action.lot, SELF, destroyed=action.quantity)
    journal_organisations(ctx, ctx.signer.organisation)
