"""Evidence on disk: one file each, named by its id, written once and never changed.

A liar can make as much evidence against itself as it likes, so little of each culprit is kept: one piece proves it.
"""

from consensus.errors import DiskFault
from consensus.evidence import (
    EVIDENCE_SIZE_MAX,
    BadEvidence,
    Evidence,
    accused_of,
    decode_evidence,
    encode_evidence,
    evidence_id,
)
from consensus.storage.files import Directory

EACH_MAX = 16
"""Pieces of evidence that are kept against one validator."""

EVIDENCE_MAX = 1024
"""Pieces that are kept in all."""

_SUFFIX = ".evidence"
_TEMPORARY = "evidence.new"


class EvidenceBook:
    """What this validator can prove about others. A file that cannot be read is left alone and not listed."""

    def __init__(self, directory: Directory) -> None:
        """Read what is there. Raises `DiskFault`."""
        self._directory = directory
        self._held: dict[str, Evidence] = {}
        try:
            for name in directory.names():
                if name.endswith(_SUFFIX):
                    self._read(name)
        except OSError as error:
            raise DiskFault(directory.path, str(error)) from error

    def __len__(self) -> int:
        return len(self._held)

    def list(self) -> list[tuple[str, Evidence]]:
        """(id, evidence), sorted by id."""
        return sorted(self._held.items(), key=lambda held: held[0])

    def find(self, wanted: str) -> Evidence | None:
        """One piece by its id, or None."""
        return self._held.get(wanted)

    def keep(self, evidence: Evidence) -> bool:
        """Store a piece durably; False if it is here already or enough is. Raises `DiskFault`."""
        key, accused = evidence_id(evidence), accused_of(evidence)
        against = sum(accused_of(held) == accused for held in self._held.values())
        if key in self._held or against >= EACH_MAX or len(self._held) >= EVIDENCE_MAX:
            return False
        try:
            file = self._directory.create(_TEMPORARY)
            try:
                file.write(0, encode_evidence(evidence))
                file.sync()
            finally:
                file.close()
            self._directory.rename(_TEMPORARY, key + _SUFFIX)
            self._directory.sync()
        except OSError as error:
            raise DiskFault(self._directory.path, str(error)) from error
        self._held[key] = evidence
        return True

    def _read(self, name: str) -> None:
        file = self._directory.open(name)
        try:
            evidence = decode_evidence(file.read(0, EVIDENCE_SIZE_MAX + 1))
            accused_of(evidence)
        except BadEvidence:
            return
        finally:
            file.close()
        if name == evidence_id(evidence) + _SUFFIX:
            self._held[evidence_id(evidence)] = evidence
