"""Names and scales that a journey's proof does not hold, asked of a node and believed only as far as it proves them.

A journey proves the things of a food's life, not everybody who is named beside them: an organisation admitted after
genesis, a site, a logger that was on its truck long before the goods. Each has a row in the certified state.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from client.connection import Connection
from client.journey import Known, More
from client.journey.known import NamedRow, has_name, read_named
from client.journey.promises import certificate_row
from client.proven import proven_value
from client.verified import VerifiedProof
from ledger.modules.registry.messages import Metric
from ledger.modules.registry.state import Device, Organisation
from ledger.proof.format import decode_journal_head
from ledger.state import home_key

ASKED_MAX = 64
"""Subjects asked for: a journey with more unnamed ones shows the keys of the rest."""


class ProvenRow(NamedTuple):
    """A subject's row, and the proof file that holds it."""

    proof: bytes
    row: NamedRow


async def ask_names(connection: Connection, genesis: bytes, proof: VerifiedProof) -> More:
    """What `proof` names without saying what it is called. Raises `Remote`, `Unreachable`, `InvalidProof`."""
    return told_by(await ask_rows(connection, genesis, proof))


async def ask_rows(
    connection: Connection,
    genesis: bytes,
    proof: VerifiedProof,
    known: Mapping[str, ProvenRow] | None = None,
    beside: Sequence[str] = (),
) -> dict[str, ProvenRow]:
    """The rows of who certified, of things `beside`, and of what `proof` names without holding its row, by subject.

    What is in `known` is not asked for again, but for those who certified: they may have lost the right to. Raises as
    `ask_names`.
    """
    rows, judged = dict(known or {}), certifiers(proof)
    wanted = list(dict.fromkeys([*judged, *beside, *unnamed(proof, genesis)]))[:ASKED_MAX]
    for subject in wanted:
        if subject not in rows or subject in judged:
            found = await _proven_row(connection, genesis, subject)
            if found is not None:
                rows[subject] = found
    return {subject: rows[subject] for subject in wanted if subject in rows}


def told_by(rows: Mapping[str, ProvenRow]) -> More:
    """What rows tell of names, scales and roles."""
    metrics: dict[tuple[str, str], Metric] = {}
    for subject, (_, row) in rows.items():
        if isinstance(row, Device):
            metrics |= {(subject.removeprefix("device:"), metric.name): metric for metric in row.metrics}
    roles = {subject: row.roles for subject, (_, row) in rows.items() if isinstance(row, Organisation)}
    return More({subject: (row.name_zh, row.name_en) for subject, (_, row) in rows.items()}, metrics, roles)


def certifiers(proof: VerifiedProof) -> list[str]:
    """The organisations that issued the proof's certificates: what counts is whether they may, as they stand now."""
    rows = (certificate_row(proof, subject) for subject in proof.sections if subject.startswith("certificate:"))
    return list(dict.fromkeys(f"organisation:{row.issuer}" for row in rows if row is not None))


def unnamed(proof: VerifiedProof, genesis: bytes) -> list[str]:
    """Organisations, devices, places, vehicles and products that records name and the proof does not."""
    known = Known(proof, genesis)
    named = dict.fromkeys(subject for record in proof.records for subject in record.subjects)
    return [subject for subject in named if has_name(subject) and subject not in known.names]


async def _proven_row(connection: Connection, genesis: bytes, subject: str) -> ProvenRow | None:
    """A subject's row as the node proves it now; None if it proves that there is none, or one of another form."""
    value, proof = await proven_value(connection, genesis, home_key(subject).decode())
    if value is None:
        return None
    row = read_named(subject, decode_journal_head(value).row)
    return None if row is None else ProvenRow(proof, row)
