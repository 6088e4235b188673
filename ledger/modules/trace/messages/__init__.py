"""Messages of the trace module, and what each record is to the subjects it names.

A journey follows the roles input, container, place, device and certificate out of records in which the subject at
hand is self or output (docs/PROOF.md, "Closure"), so these roles decide what a complete journey holds. `[a, b]`
are the bounds, in block time, on the journal of the subject they stand at: `a` = event time - `clock_ahead_ms` of
the beginning, `b` = event time of the end + `late_readings_ms`, since readings may be uploaded that much later.
An open bound is closed by the later record that repeats subject, role and beginning.

| action | self / output | followed | other |
|--|--|--|--|
| register_product, register_site, register_vehicle | the thing | | organisation |
| classify_product | product | | organisation |
| register_plot | plot | | its site, organisation |
| authorise_producer | product | | both organisations |
| attach_device | the thing | device [a, open] | |
| detach_device | the thing | device [a, b] | |
| start_planting | planting | place: plot [a, open] | organisation |
| end_planting | planting | place: plot [a, b] | organisation |
| record_operation | planting or plot, lots harvested too early | | plot of the planting, plantings of the plot |
| harvest | output: lot | input: planting; place: plot [a, b]; certificate | product, organisation |
| inspect | the target | | inspector |
| issue_certificate | everything in scope | certificate | issuer, holder |
| issue_conformity | lot | | lots whose certificates it replaces, organisation |
| revoke_certificate | certificate | | everything in scope, issuer, holder |
| transform | output: new lots | input: old lots; certificate | products, organisation |
| pack_unit | lots and units put in | container: unit [a, open] | more of lots inside already, organisation |
| unpack_unit | lots and units wholly out | container: unit [a, b] | lots taken out in part, organisation |
| load | units, lots | container: vehicle or site [a, open] | organisation |
| unload | units, lots | container: vehicle or site [a, b] | organisation |
| ship, receive, refuse_shipment | units, lots | | both organisations, vehicle, origin, destination |
| destroy, recall | lots | | organisation |
| record_readings | device | | the thing it is tied to, lots with an excursion |
| declare_error | | | all subjects of what it corrects |
| declare_readings_error | device | | the things it was tied to, lots those records touched |
| assert_event | | | organisation, the partner that signed, the things it names that exist |
| state_scans | | | organisation |

The first organisation that a record names is the signer's (but for declare_error, which names what it corrects). The
event `commissioned` states what a lot is: its trace code, quantity, measure (kg or piece), the product's names.

So a pack lot reaches its harvest lots (input), their planting (input) and plot (place, with the soil sensors'
readings in the plot's journal), its crates (container) and through them the truck (container) with the readings
of the truck's devices.
"""

from ledger.modules.trace.messages.asserting import AssertEvent, PartnerSignature
from ledger.modules.trace.messages.conformity import ClassifyProduct, IssueConformity
from ledger.modules.trace.messages.counting import COUNTS_MAX, LotScans, StateScans
from ledger.modules.trace.messages.growing import (
    EndPlanting,
    Harvest,
    Inspect,
    IssueCertificate,
    RecordOperation,
    RevokeCertificate,
    StartPlanting,
    TestResult,
)
from ledger.modules.trace.messages.handling import (
    Destroy,
    Load,
    PackUnit,
    Receive,
    RefuseShipment,
    Ship,
    ShippingTerms,
    Transform,
    Unload,
    UnpackUnit,
)
from ledger.modules.trace.messages.things import (
    AttachDevice,
    AuthoriseProducer,
    DetachDevice,
    RegisterPlot,
    RegisterProduct,
    RegisterSite,
    RegisterVehicle,
)
from ledger.modules.trace.messages.types import Band, Output, Portion
from ledger.modules.trace.messages.watching import (
    METRICS_MAX,
    READINGS_MAX,
    Column,
    DeclareReadingsError,
    DeclareRecordError,
    InheritFlag,
    Recall,
    RecallSpread,
    RecordReadings,
    TellExcursion,
)

__all__ = [
    "COUNTS_MAX",
    "METRICS_MAX",
    "READINGS_MAX",
    "AssertEvent",
    "AttachDevice",
    "AuthoriseProducer",
    "Band",
    "ClassifyProduct",
    "Column",
    "DeclareReadingsError",
    "DeclareRecordError",
    "Destroy",
    "DetachDevice",
    "EndPlanting",
    "Harvest",
    "InheritFlag",
    "Inspect",
    "IssueCertificate",
    "IssueConformity",
    "Load",
    "LotScans",
    "Output",
    "PackUnit",
    "PartnerSignature",
    "Portion",
    "Recall",
    "RecallSpread",
    "Receive",
    "RecordOperation",
    "RecordReadings",
    "RefuseShipment",
    "RegisterPlot",
    "RegisterProduct",
    "RegisterSite",
    "RegisterVehicle",
    "RevokeCertificate",
    "Ship",
    "ShippingTerms",
    "StartPlanting",
    "StateScans",
    "TellExcursion",
    "TestResult",
    "Transform",
    "Unload",
    "UnpackUnit",
]
