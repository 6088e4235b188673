"""What must hold after every block, whatever was recorded: run by tests and the simulator over the whole state."""

from collections import Counter
from collections.abc import Iterator

from ledger.context import Context
from ledger.modules.trace.identifiers import trace_code
from ledger.modules.trace.state import (
    Flag,
    certificates,
    children,
    codes,
    conformities,
    holdings,
    lots,
    organics,
    parents,
    recall_queue,
    recalls,
    records,
    shipments,
    stays,
    units,
)
from ledger.timers import timers


def check_invariants(ctx: Context) -> list[str]:
    """What is violated, in words; empty when all is well."""
    found = (
        check_mass,
        check_codes,
        check_descent,
        check_recalls,
        check_inheritance,
        check_units,
        check_shipments,
        check_promises,
    )
    return [violation for check in found for violation in check(ctx)]


def check_mass(ctx: Context) -> Iterator[str]:
    """Produced = holdings + in units + in shipments + consumed + lost + destroyed, for every lot."""
    there: Counter[str] = Counter()
    for key, quantity in holdings.every(ctx):
        if quantity <= 0:
            yield f"the holding {key} is {quantity}"
        there[key.rpartition("/")[0]] += quantity
    for _, unit in units.every(ctx):
        for portion in unit.contents:
            there[portion.lot] += portion.quantity
    for _, shipment in shipments.every(ctx):
        if shipment.state == "open":
            for portion in shipment.lots:
                there[portion.lot] += portion.quantity
    for key, lot in lots.every(ctx):
        if there.pop(key, 0) != lot.remaining:
            yield f"lot {key}: {lot.produced} produced, {lot.remaining} should remain, found otherwise"
        if (lot.state == "spent") != (lot.remaining == 0) and lot.state != "recalled":
            yield f"lot {key} is {lot.state} with {lot.remaining} remaining"
    for key in there:
        yield f"there is some of the unknown lot {key}"


def check_codes(ctx: Context) -> Iterator[str]:
    """Every lot has its code, and every code its lot."""
    named = dict(codes.every(ctx))
    for key, lot in lots.every(ctx):
        if lot.code != trace_code(key) or named.pop(lot.code, None) != f"lot:{key}":
            yield f"lot {key} and its code {lot.code} do not name each other"
    for code in named:
        yield f"the code {code} leads to no lot"


def check_descent(ctx: Context) -> Iterator[str]:
    """Parents and children name each other."""
    down = {tuple(link.split(":")) for link, _ in children.every(ctx)}
    up = {tuple(reversed(link.split(":"))) for link, _ in parents.every(ctx)}
    for parent, child in sorted(down ^ up):
        yield f"lot {child} and {parent}, of which it was made, do not name each other"


def check_recalls(ctx: Context) -> Iterator[str]:
    """Whatever was made of a recalled lot is recalled, or a recall is on its way to it."""
    state = {key: lot.state for key, lot in lots.every(ctx)}
    pending = {key.partition(":")[2] for key, _ in recall_queue.every(ctx)}
    for link, _ in children.every(ctx):
        parent, _, child = link.partition(":")
        if state[parent] == "recalled" and state[child] != "recalled" and parent not in pending:
            yield f"lot {child} was made of the recalled lot {parent} and is not recalled"
    complete = {key for key, recall in recalls.every(ctx) if recall.complete}
    for key, _ in recall_queue.every(ctx):
        if key.partition(":")[0] in complete:
            yield f"the recall {key} is complete and still has work"


def check_inheritance(ctx: Context) -> Iterator[str]:
    """What was made of a lot harvested too early, or of one that failed its test, is flagged, once no work is due."""
    if timers.scan(ctx, limit=1):
        return
    flags = {key: lot.flags & (Flag.SAFETY_INTERVAL | Flag.FAILED_INSPECTION) for key, lot in lots.every(ctx)}
    for link, _ in children.every(ctx):
        parent, _, child = link.partition(":")
        if flags[parent] & ~flags[child]:
            yield f"lot {child} was made of the faulty lot {parent} and is not flagged"


def check_units(ctx: Context) -> Iterator[str]:
    """Units and what they are in agree with each other and with the open stays."""
    known = dict(units.every(ctx))
    inside = {container: {stay.item for stay in row.stays if stay.to_ms is None} for container, row in stays.every(ctx)}
    for key, unit in known.items():
        if unit.state.endswith("inside") != bool(unit.container):
            yield f"unit {key} is {unit.state} in {unit.container or 'nothing'}"
        if unit.state.startswith("in_transit") != bool(unit.shipment):
            yield f"unit {key} is {unit.state} with the shipment {unit.shipment or 'none'}"
        if any(portion.quantity <= 0 for portion in unit.contents):
            yield f"unit {key} holds nothing of something"
        for child in unit.units:
            if known[child].container != f"unit:{key}":
                yield f"unit {key} holds {child}, which is in {known[child].container or 'nothing'}"
        if unit.container.startswith("unit:") and key not in known[unit.container.removeprefix("unit:")].units:
            yield f"unit {key} is in {unit.container}, which does not hold it"
        items = {item for item in inside.get(f"unit:{key}", set()) if item.startswith("lot:")}
        if items != {f"lot:{portion.lot}" for portion in unit.contents}:
            yield f"unit {key}: contents and stays differ"


def check_shipments(ctx: Context) -> Iterator[str]:
    """Units on their way belong to one open shipment that names them."""
    open_ones = {key: set(row.units) for key, row in shipments.every(ctx) if row.state == "open"}
    for key, unit in units.every(ctx):
        if unit.shipment and key not in open_ones.get(unit.shipment, set()):
            yield f"unit {key} names the shipment {unit.shipment}, which does not name it"


def check_promises(ctx: Context) -> Iterator[str]:
    """Certificates of conformity are those of the lots' producers; what is organic has an organic certificate."""
    for lot, issued in conformities.every(ctx):
        row, record = lots.get(ctx, lot), records.get(ctx, issued.record.hex())
        if row is None or row.producer != issued.issuer or record is None or record.action != "trace.issue_conformity":
            yield f"lot {lot} has a certificate of conformity that its producer did not issue"
    for lot, certificate in organics.every(ctx):
        covering = certificates.get(ctx, certificate)
        if not lots.has(ctx, lot) or covering is None or covering.kind != "organic":
            yield f"lot {lot} is organic by {certificate}, which is no organic certificate"
