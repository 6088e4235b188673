"""What the ledger calls actions, events, subjects, values and units, as one document for programs in other languages.

With it the verifier in a browser tells records in the very sentences of `client/journey`, and sees where a page says
something else.
"""

from typing import Any

from client.journey.entry import known_registry
from client.journey.headline import OVERCLAIMED
from client.journey.promises import UNCOVERED
from ledger.modules.archive.state import Listing
from ledger.modules.registry.messages import Metric
from ledger.modules.registry.state import Device, Organisation
from ledger.modules.trace.messages import Band
from ledger.modules.trace.state import FAULTS, Certificate, Lot, Plot, Product, Site, Vehicle
from ledger.modules.trace.words import METRICS, UNITS

STANDING = (
    "trace.register_product",
    "trace.register_site",
    "trace.register_plot",
    "trace.issue_certificate",
    "trace.register_vehicle",
    "registry.register_organisation",
    "registry.register_device",
    "registry.calibrate_device",
)
"""Who and what stands behind goods, in the order in which it is told: apart from what happened to them, and without a
time but that of its record.
"""

ROWS = {
    "organisation": Organisation,
    "device": Device,
    "product": Product,
    "site": Site,
    "plot": Plot,
    "vehicle": Vehicle,
    "lot": Lot,
    "certificate": Certificate,
    "listing": Listing,
}


def vocabulary() -> dict[str, Any]:
    """The whole vocabulary as JSON holds it. `title`: of an action that has no sentence. `rows`: the fields of rows by
    place; `metric`, `band`: of a device's metric, of a product's band; `faults`: flags of a lot that belie its
    certificate of conformity; `overclaimed`, `uncovered`: what is said of a name and of
    a signer's words that claim too much.
    """
    registry = known_registry()
    known = registry.words
    fields = {tag: list(action.__struct_fields__) for tag, action in registry.actions.items()}
    return {
        "actions": {
            tag: {"title": None if said.sentence else said.title, "sentence": said.sentence, "fields": fields.get(tag)}
            for tag, said in sorted(known.actions.items())
        }
        | {
            tag: {"title": [tag, tag], "sentence": None, "fields": fields[tag]}
            for tag in sorted(fields.keys() - known.actions.keys())
        },
        "events": {name: {"about": said.about, "says": said.says} for name, said in sorted(known.events.items())},
        "subjects": dict(sorted(known.subjects.items())),
        "values": dict(sorted(known.values.items())),
        "metrics": METRICS,
        "units": UNITS,
        "rows": {kind: list(row.__struct_fields__) for kind, row in ROWS.items()},
        "metric": list(Metric.__struct_fields__),
        "band": list(Band.__struct_fields__),
        "faults": int(FAULTS),
        "overclaimed": OVERCLAIMED,
        "uncovered": UNCOVERED,
    }
