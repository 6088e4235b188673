"""Whether bytes are an EPCIS document that may be captured, and all that is wrong when they are not."""

from collections.abc import Mapping
from dataclasses import dataclass

from standards.epcis.document import Document, read
from standards.epcis.faults import Fault, Malformed
from standards.epcis.query import parse, query_in
from standards.epcis.schema import FAULTS_MAX, schema_faults
from standards.epcis.semantics import semantic_faults, semantic_remarks


@dataclass(frozen=True)
class Report:
    """What was found: no `faults` means valid. `document` is None when the bytes are no document at all.

    `remarks` are breaches that GS1's own published examples commit (semantics tells which). They do not refuse a
    document, but an event with one is never taken for a record that a rule acts on.
    """

    document: Document | None
    faults: tuple[Fault, ...]
    remarks: tuple[Fault, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def validate(data: bytes, *, strict: bool = False) -> Report:
    """All that is wrong with `data`: first the bytes, then the schema, then what no schema checks (at most FAULTS_MAX).

    With `strict`, remarks count as faults: the conformance requirements of GS1 to the letter.
    """
    try:
        document = read(data)
    except Malformed as error:
        return Report(None, error.faults[:FAULTS_MAX])
    query = query_in(document.content)
    if query is not None:
        return Report(document, _query_faults(query))
    faults = schema_faults(document.content)
    if faults:
        return Report(document, tuple(faults[:FAULTS_MAX]))
    faults = list(semantic_faults(document))
    remarks = [*document.remarks, *semantic_remarks(document)]
    if strict:
        faults, remarks = faults + remarks, []
    return Report(document, tuple(faults[:FAULTS_MAX]), tuple(remarks[:FAULTS_MAX]))


def _query_faults(query: Mapping[str, object]) -> tuple[Fault, ...]:
    try:
        parse(query)
    except Malformed as error:
        return error.faults
    return ()
