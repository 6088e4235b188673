"""Rules that tie a device to a thing for a time. A device is at one place at a time."""

from msgspec.structs import replace

from ledger.context import Context
from ledger.modules.trace.errors import AlreadyAttached, NotAttached, SubjectUnknown
from ledger.modules.trace.messages import AttachDevice, DetachDevice
from ledger.modules.trace.ports import Ports
from ledger.modules.trace.rules.common import PORT_RULES, check_event, check_order, check_owner, edge_from, edge_to
from ledger.modules.trace.rules.late import listen
from ledger.modules.trace.state import Attachment, Series, plots, series, sites, units, vehicles
from ledger.roles import HANDLERS, Role
from ledger.state import DEVICE, SELF

ATTACHMENTS_MAX = 32
"""Associations kept with a device, the latest; late readings can concern no earlier ones."""


def _owner_of_thing(ctx: Context, thing: str) -> str:
    """Who runs a plot, vehicle or site, or holds a unit (a subject); raises `SubjectUnknown`."""
    kind, _, key = thing.partition(":")
    unknown = SubjectUnknown(thing)
    match kind:
        case "unit":
            return units.need(ctx, key, unknown).holder
        case "plot":
            return plots.need(ctx, key, unknown).owner
        case "vehicle":
            return vehicles.need(ctx, key, unknown).owner
        case _:
            return sites.need(ctx, key, unknown).owner


@PORT_RULES.rule(AttachDevice, by=(*HANDLERS, Role.COMMUNITY))
def attach_device(ports: Ports, ctx: Context, action: AttachDevice) -> None:
    """From `event_ms` on the device's readings are about the thing; the signer runs both."""
    check_event(ctx, action.event_ms)
    check_owner(ctx, f"device:{action.device}", ports.devices.need(ctx, action.device).organisation)
    check_owner(ctx, action.thing, _owner_of_thing(ctx, action.thing))
    row = series.get(ctx, action.device) or Series()
    for known in row.attachments:
        if known.to_ms is None or action.event_ms < known.to_ms:
            raise AlreadyAttached(action.device, known.thing)
    bound_ms = edge_from(ctx, action.event_ms)
    new = Attachment(action.thing, action.event_ms, bound_ms)
    series.put(ctx, action.device, replace(row, attachments=(*row.attachments, new)[-ATTACHMENTS_MAX:]))
    listen(ctx, action.thing, action.device)
    ctx.journal(action.thing, SELF)
    ctx.journal(f"device:{action.device}", DEVICE, bound_ms)


@PORT_RULES.rule(DetachDevice, by=(*HANDLERS, Role.COMMUNITY))
def detach_device(ports: Ports, ctx: Context, action: DetachDevice) -> None:
    """The association ends, after the last reading taken under it. A retired device can be detached too."""
    check_event(ctx, action.event_ms)
    facts = ports.devices.get(ctx, action.device)
    if facts is None:
        raise SubjectUnknown(f"device:{action.device}")
    check_owner(ctx, f"device:{action.device}", facts.organisation)
    row = series.get(ctx, action.device) or Series()
    if not row.attachments or row.attachments[-1].to_ms is not None or row.attachments[-1].thing != action.thing:
        raise NotAttached(action.device, action.thing)
    known = row.attachments[-1]
    earliest_ms = known.from_ms + 1 if known.last < 0 else max(known.from_ms, row.last_ms) + 1
    check_order(f"device:{action.device}", action.event_ms, earliest_ms)
    ended = replace(known, to_ms=action.event_ms)
    series.put(ctx, action.device, replace(row, attachments=(*row.attachments[:-1], ended)))
    ctx.journal(action.thing, SELF)
    ctx.journal(f"device:{action.device}", DEVICE, known.edge_from_ms, edge_to(ctx, action.event_ms))
