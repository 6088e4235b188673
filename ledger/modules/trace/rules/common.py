"""What many rules of the trace module share: event times, custody of quantities, the birth and end of lots."""

from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from ledger.context import Context
from ledger.module import Rules
from ledger.modules.trace import identifiers
from ledger.modules.trace.errors import (
    AlreadyRegistered,
    CodeCollision,
    EventInFuture,
    EventOutOfOrder,
    IdentifierInvalid,
    LotUnknown,
    NamedTwice,
    NotOwner,
    NotProducer,
    QuantityOverdrawn,
    RecalledGoods,
    SubjectUnknown,
    TransitionRefused,
)
from ledger.modules.trace.messages import Output
from ledger.modules.trace.state import LOT_TRANSITIONS, Lot, Product, codes, holdings, lots, products
from ledger.state import OTHER, OUTPUT

RULES = Rules()
"""Rules `(ctx, action)` and timers of this module."""

PORT_RULES = Rules()
"""Rules `(ports, ctx, action)`: those that need other modules; bound to them when the module is made."""


def check_event(ctx: Context, event_ms: int) -> None:
    """Raise `EventInFuture` when an event time lies further after block time than clocks may differ."""
    latest_ms = ctx.time_ms + ctx.parameters["clock_ahead_ms"]
    if event_ms > latest_ms:
        raise EventInFuture(event_ms, latest_ms)


def check_order(subject: str, event_ms: int, earliest_ms: int) -> None:
    """Raise `EventOutOfOrder` when `event_ms` lies before what must have happened first."""
    if event_ms < earliest_ms:
        raise EventOutOfOrder(subject, event_ms, earliest_ms)


def edge_from(ctx: Context, event_ms: int) -> int:
    """The bound, in block time, from which records about an association that began at `event_ms` can exist."""
    return event_ms - ctx.parameters["clock_ahead_ms"]


def edge_to(ctx: Context, event_ms: int) -> int:
    """The bound, in block time, until which late readings about an association that ended at `event_ms` can come."""
    return event_ms + ctx.parameters["late_readings_ms"]


def check_key(field: str, value: str, check: Callable[[str], None]) -> None:
    """Raise `IdentifierInvalid` when `check` (of `identifiers`) finds fault with `value`."""
    try:
        check(value)
    except identifiers.BadIdentifier as error:
        raise IdentifierInvalid(field, value, error.reason_zh, error.reason_en) from None


def check_distinct(field: str, values: Iterable[str]) -> None:
    """Raise `NamedTwice` when a value repeats."""
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise NamedTwice(field, value)
        seen.add(value)


def check_owner(ctx: Context, subject: str, owner: str) -> None:
    """Raise `NotOwner` unless the signer's organisation is `owner`."""
    if owner != ctx.signer.organisation:
        raise NotOwner(subject, owner, ctx.signer.organisation)


def journal_organisations(ctx: Context, *organisations: str) -> None:
    """Enter the record into the journals of organisations, as `other`."""
    for organisation in organisations:
        ctx.journal(f"organisation:{organisation}", OTHER)


def next_state(subject: str, table: Mapping[str, Mapping[str, str]], state: str, event: str) -> str:
    """The state after `event`; raises `TransitionRefused` where the life cycle has no such step."""
    following = table[state].get(event)
    if following is None:
        raise TransitionRefused(subject, state, event)
    return following


def need_lot(ctx: Context, lot: str) -> Lot:
    """The row of a lot; raises `LotUnknown`."""
    row = lots.get(ctx, lot)
    if row is None:
        raise LotUnknown(lot)
    return row


def need_movable(ctx: Context, lot: str) -> Lot:
    """The row of a lot that may move on; raises `LotUnknown` or `RecalledGoods`."""
    row = need_lot(ctx, lot)
    if row.state == "recalled":
        raise RecalledGoods(lot)
    return row


def need_product(ctx: Context, product: str) -> Product:
    """The row of a product; raises `SubjectUnknown`."""
    row = products.get(ctx, product)
    if row is None:
        raise SubjectUnknown(f"product:{product}")
    return row


def give(ctx: Context, lot: str, organisation: str, quantity: int) -> None:
    """Add `quantity` micro-units to what the organisation holds loose."""
    if quantity:
        key = f"{lot}/{organisation}"
        holdings.put(ctx, key, (holdings.get(ctx, key) or 0) + quantity)


def take(ctx: Context, lot: str, organisation: str, quantity: int) -> None:
    """Subtract `quantity` micro-units from what the organisation holds loose; raises `QuantityOverdrawn`."""
    key = f"{lot}/{organisation}"
    held = holdings.get(ctx, key) or 0
    if held < quantity:
        raise QuantityOverdrawn(lot, organisation, held, quantity)
    if held == quantity:
        holdings.delete(ctx, key)
    else:
        holdings.put(ctx, key, held - quantity)


def spend(
    ctx: Context, lot: str, role: str, *, consumed: int = 0, lost: int = 0, destroyed: int = 0, flags: int = 0
) -> None:
    """Add to what became of a lot, and end its life when nothing remains. The quantity has been taken from
    somewhere.
    """
    row = need_lot(ctx, lot)
    row = replace(
        row,
        consumed=row.consumed + consumed,
        lost=row.lost + lost,
        destroyed=row.destroyed + destroyed,
        flags=row.flags | flags,
    )
    assert row.remaining >= 0, f"{lot} lost more than it had"
    if row.remaining == 0:
        row = replace(row, state=next_state(f"lot:{lot}", LOT_TRANSITIONS, row.state, "exhaust"))
    lots.put(ctx, lot, row, role)


def commission(ctx: Context, output: Output, event_ms: int, *, planting: str | None, flags: int) -> str:
    """A lot comes into being in the signer's hands, with its trace code; returns its key.

    Raises `SubjectUnknown`, `NotProducer`, `AlreadyRegistered` or `CodeCollision`.
    """
    product = need_product(ctx, output.product)
    producer = ctx.signer.organisation
    if producer != product.owner and producer not in product.producers:
        raise NotProducer(output.product, producer)
    lot = identifiers.lot_key(output.product, output.number)
    if lots.has(ctx, lot):
        raise AlreadyRegistered(f"lot:{lot}")
    code = identifiers.trace_code(lot)
    other = codes.get(ctx, code)
    if other is not None:
        raise CodeCollision(code, other)
    row = Lot(output.product, output.number, producer, code, event_ms, planting, output.quantity, flags=flags)
    lots.put(ctx, lot, row, OUTPUT)
    codes.put(ctx, code, f"lot:{lot}")
    give(ctx, lot, producer, output.quantity)
    ctx.journal(f"product:{output.product}", OTHER)
    ctx.event("commissioned", f"lot:{lot}", code, output.quantity, product.measure, product.name_zh, product.name_en)
    return lot
