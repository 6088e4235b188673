"""Rules for 承诺达标合格证, and for what is called organic.

Listed produce of enterprises and co-operatives leaves its producer's hands only with a standing certificate or a passed
test. A household's may leave without.
"""

from collections.abc import Iterable

from ledger.context import Context
from ledger.modules.trace.errors import (
    ClassSettled,
    ConformityIssued,
    ConformityMissing,
    ContactMissing,
    InputUnfit,
    InputUnnamed,
    InspectionMissing,
    InspectionUnfit,
    NotOwner,
    OrganicUncovered,
    PromiseContradicted,
)
from ledger.modules.trace.messages import ClassifyProduct, IssueConformity
from ledger.modules.trace.rules.common import (
    RULES,
    check_distinct,
    check_event,
    check_order,
    check_owner,
    journal_organisations,
    need_lot,
    need_product,
)
from ledger.modules.trace.state import (
    FAULTS,
    Conformity,
    Lot,
    certificates,
    conformities,
    lots,
    organics,
    parents,
    passed,
    produce,
    records,
)
from ledger.roles import HANDLERS, Role
from ledger.state import OTHER, SELF
from ledger.text import check_text

PARENTS_MAX = 32
"""Lots that one lot can be made of (`Transform.inputs`)."""

TESTS_MAX = 8
"""Passed tests of a lot that are looked at for one that stands."""


@RULES.rule(ClassifyProduct, by=(*HANDLERS, Role.REGULATOR))
def classify_product(ctx: Context, action: ClassifyProduct) -> None:
    """A product comes under the order on certificates of conformity."""
    row = need_product(ctx, action.product)
    signer = ctx.signer
    if not signer.has(Role.REGULATOR):
        if row.owner != signer.organisation:
            raise NotOwner(f"product:{action.product}", row.owner, signer.organisation)
        known = produce.get(ctx, action.product)
        if known is not None:
            raise ClassSettled(action.product, known)
    produce.put(ctx, action.product, action.produce)
    ctx.journal(f"product:{action.product}", SELF)
    journal_organisations(ctx, signer.organisation)


@RULES.rule(IssueConformity, by=HANDLERS)
def issue_conformity(ctx: Context, action: IssueConformity) -> None:
    """A lot gets its certificate from who produced it; one made of certified lots names them."""
    check_event(ctx, action.event_ms)
    check_text("place", action.place)
    row = need_lot(ctx, action.lot)
    check_owner(ctx, f"lot:{action.lot}", row.producer)
    check_order(f"lot:{action.lot}", action.event_ms, row.commissioned_ms)
    if ctx.signer.has(Role.HOUSEHOLD) and action.contact is None:
        raise ContactMissing(row.producer)
    if row.flags & FAULTS:
        raise PromiseContradicted(action.lot)
    if certified(ctx, action.lot, row):
        raise ConformityIssued(action.lot)
    _check_basis(ctx, action, row)
    _check_inputs(ctx, action)
    conformities.put(ctx, action.lot, Conformity(row.producer, ctx.transaction_id, action.event_ms))
    ctx.journal(f"lot:{action.lot}", SELF)
    for source in action.lots:
        ctx.journal(f"lot:{source}", OTHER)
    journal_organisations(ctx, row.producer)


def _check_basis(ctx: Context, action: IssueConformity, row: Lot) -> None:
    """Raise unless the inspections named are tests that the lot, or the planting it was taken from, has passed."""
    if action.basis == "test_result" and not action.inspections:
        raise InspectionMissing(action.lot)
    names = [inspection.hex() for inspection in action.inspections]
    check_distinct("inspections", names)
    subjects = [f"lot:{action.lot}"] + ([f"planting:{row.planting}"] if row.planting is not None else [])
    for name in names:
        if not (_stands(ctx, name) and any(passed.has(ctx, f"{subject}:{name}") for subject in subjects)):
            raise InspectionUnfit(action.lot, name)


def _check_inputs(ctx: Context, action: IssueConformity) -> None:
    """Raise unless `action.lots` are exactly the lots with a certificate that this one was made of."""
    check_distinct("lots", action.lots)
    made_of = [key.removeprefix(f"{action.lot}:") for key, _ in parents.scan(ctx, f"{action.lot}:", limit=PARENTS_MAX)]
    replaced = {source for source in made_of if certified(ctx, source, need_lot(ctx, source))}
    for source in action.lots:
        if source not in replaced:
            raise InputUnfit(action.lot, source)
    for source in sorted(replaced.difference(action.lots)):
        raise InputUnnamed(action.lot, source)


def _stands(ctx: Context, record: str) -> bool:
    """Whether an accepted record (hex id) has not been declared wrong."""
    row = records.get(ctx, record)
    return row is not None and not row.error


def certified(ctx: Context, lot: str, row: Lot) -> bool:
    """Whether the lot has a certificate of conformity that counts: not declared wrong, and no fault was found since."""
    known = conformities.get(ctx, lot)
    return known is not None and not row.flags & FAULTS and _stands(ctx, known.record.hex())


def check_first_sale(ctx: Context, goods: Iterable[str]) -> None:
    """Raise `ConformityMissing` where the signer lets go of listed produce of its own without a proof of conformity.

    `goods`: lots. What somebody else produced had to have its proof when it left that producer's hands.
    """
    if ctx.signer.roles == {Role.HOUSEHOLD}:
        return
    for lot in goods:
        row = lots.get(ctx, lot)
        if row is None or row.producer != ctx.signer.organisation:
            continue
        kind = produce.get(ctx, row.product)
        if kind is not None and not (certified(ctx, lot, row) or _tested(ctx, lot, row)):
            raise ConformityMissing(lot, kind)


def _tested(ctx: Context, lot: str, row: Lot) -> bool:
    """Whether a test of this very lot found it good, and none found it bad."""
    prefix = f"lot:{lot}:"
    found = passed.scan(ctx, prefix, limit=TESTS_MAX)
    return not row.flags & FAULTS and any(_stands(ctx, key.removeprefix(prefix)) for key, _ in found)


def mark_organic(ctx: Context, lot: str, cited: tuple[str, ...], covered: set[str]) -> None:
    """Remember the first organic certificate among those `cited` for a new lot that `covered` (subjects) describes.

    Requires: `cited` passed `cite_certificates`; it is empty where something not organic went in. Raises
    `OrganicUncovered` when there is none and the product's name says 有机 or organic.
    """
    for certificate in cited:
        row = certificates.get(ctx, certificate)
        if row is not None and row.kind == "organic" and not covered.isdisjoint(row.scope):
            organics.put(ctx, lot, certificate)
            return
    product = need_product(ctx, need_lot(ctx, lot).product)
    if "有机" in product.name_zh or "organic" in product.name_en.casefold():
        raise OrganicUncovered(lot)


def is_organic(ctx: Context, lot: str) -> bool:
    """Whether the lot may be called organic: a certificate covered it when it came into being and was not revoked."""
    certificate = organics.get(ctx, lot)
    row = None if certificate is None else certificates.get(ctx, certificate)
    return row is not None and row.state == "valid"
