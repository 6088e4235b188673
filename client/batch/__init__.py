"""What a page about a batch tells, out of its proven journey: the same facts for every kind of page.

Everything here comes from proof files that have been verified against the genesis file; nothing is a node's word.
"""

from client.batch.curves import Curve, Excursion, curves
from client.batch.evidence import Evidence, ask_evidence
from client.batch.papers import (
    Certified,
    Conformity,
    Examined,
    Replaced,
    Result,
    certificates,
    conformity,
    examinations,
)
from client.batch.sales import Sale
from client.batch.shelves import Counts
from client.batch.summary import Batch, summarise
from client.batch.way import Fix, Handover, Place, Way, way

__all__ = [
    "Batch",
    "Certified",
    "Conformity",
    "Counts",
    "Curve",
    "Evidence",
    "Examined",
    "Excursion",
    "Fix",
    "Handover",
    "Place",
    "Replaced",
    "Result",
    "Sale",
    "Way",
    "ask_evidence",
    "certificates",
    "conformity",
    "curves",
    "examinations",
    "summarise",
    "way",
]
