"""From seed to harvest, and who vouches for it: plantings, farm operations, harvests, inspections, certificates."""

from typing import Annotated

from msgspec import Meta

from ledger.crypto.encoding import Message
from ledger.module import Action
from ledger.modules.trace.messages.types import (
    BlobAddress,
    CertificateKind,
    Certificates,
    Code,
    EventTime,
    LotNumber,
    Operation,
    ProductKey,
    Quantity,
    Scaled,
    Subject,
    Verdict,
)
from ledger.text import Identifier, Name, Remark


class StartPlanting(Action, tag="trace.start_planting"):
    """Sow or plant a crop on a plot (EPCIS ObjectEvent, ADD, CBV commissioning). `seed`: source and batch of the
    seed.
    """

    planting: Identifier
    plot: Identifier
    crop: Name
    variety: Name
    event_ms: EventTime
    seed: Remark = ""


class EndPlanting(Action, tag="trace.end_planting"):
    """The crop is cleared (EPCIS ObjectEvent, DELETE, CBV decommissioning): no more harvests; closes its hold on the
    plot.
    """

    planting: Identifier
    event_ms: EventTime


class RecordOperation(Action, tag="trace.record_operation"):
    """Farm work on a planting or a plot (EPCIS ObjectEvent, OBSERVE).

    `target`: `planting:x` or `plot:x`. `input`, `registration`: what was applied and its product registration number.
    `dose`: amount and unit as printed on the label. `safety_interval_days`: days from `event_ms` in which harvesting
    is a violation.
    """

    target: Annotated[str, Meta(pattern=r"^(?:planting|plot):[a-z0-9][a-z0-9._-]{0,63}\Z")]
    operation: Operation
    event_ms: EventTime
    input: Annotated[str, Meta(max_length=80)] = ""
    registration: Annotated[str, Meta(max_length=64)] = ""
    dose: Annotated[str, Meta(max_length=64)] = ""
    safety_interval_days: Annotated[int, Meta(ge=0, le=366)] = 0
    remark: Remark = ""
    file: BlobAddress | None = None


class Harvest(Action, tag="trace.harvest"):
    """A lot comes into being from a planting (EPCIS ObjectEvent, ADD, CBV commissioning).

    `certificates`: those under which it is sold; each must be valid at `event_ms` and have planting, plot, product or
    the signer's organisation in its scope.
    """

    planting: Identifier
    product: ProductKey
    number: LotNumber
    quantity: Quantity
    event_ms: EventTime
    certificates: Certificates = ()


class TestResult(Message):
    """One line of a laboratory report. `value` and `limit` are scaled by 10^`scale`; `limit` None where none
    applies.
    """

    __test__ = False

    analyte: Code
    method: Code
    value: Scaled
    scale: Annotated[int, Meta(ge=-12, le=6)]
    unit: Code
    limit: Scaled | None
    passed: bool


class Inspect(Action, tag="trace.inspect"):
    """An inspector's findings on a lot, planting or plot (EPCIS ObjectEvent, OBSERVE, CBV inspecting)."""

    target: Annotated[str, Meta(max_length=80, pattern=r"^(?:lot|planting|plot):[0-9A-Za-z][0-9A-Za-z._/-]{0,63}\Z")]
    verdict: Verdict
    event_ms: EventTime
    results: Annotated[tuple[TestResult, ...], Meta(max_length=64)] = ()
    report: BlobAddress | None = None
    remark: Remark = ""


class IssueCertificate(Action, tag="trace.issue_certificate"):
    """An inspector certifies subjects of an organisation from `valid_from_ms` until before `valid_to_ms`."""

    certificate: Identifier
    kind: CertificateKind
    number: Code
    holder: Identifier
    scope: Annotated[tuple[Subject, ...], Meta(min_length=1, max_length=32)]
    valid_from_ms: EventTime
    valid_to_ms: EventTime
    file: BlobAddress | None = None


class RevokeCertificate(Action, tag="trace.revoke_certificate"):
    """The issuer withdraws a certificate from now on."""

    certificate: Identifier
    reason: Remark
