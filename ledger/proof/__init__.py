"""Portable proofs of what the ledger holds (docs/PROOF.md), made from a snapshot.

`client/verify.py` and the stand-alone `verifier/verify_linxin.py` check them.
"""

from ledger.proof.build import (
    handovers,
    prove_consistency,
    prove_journal,
    prove_journey,
    prove_leaf,
    prove_listing,
    prove_value,
    state_nodes,
    subject_of_code,
)
from ledger.proof.errors import (
    BoundsReversed,
    CodeUnknown,
    EntriesUnknown,
    LeafUnknown,
    NothingFinal,
    ProofTooLarge,
    SubjectUnknown,
)
from ledger.proof.format import ProofFile, SetChange

__all__ = [
    "BoundsReversed",
    "CodeUnknown",
    "EntriesUnknown",
    "LeafUnknown",
    "NothingFinal",
    "ProofFile",
    "ProofTooLarge",
    "SetChange",
    "SubjectUnknown",
    "handovers",
    "prove_consistency",
    "prove_journal",
    "prove_journey",
    "prove_leaf",
    "prove_listing",
    "prove_value",
    "state_nodes",
    "subject_of_code",
]
