"""Names and scales that a journey's proof does not hold, asked of a node and believed only as far as it proves them.

A journey proves the things of a food's life, not everybody who is named beside them: an organisation admitted after
genesis, a site, a logger that was on its truck long before the goods. Each has a row in the certified state.
"""

from collections.abc import Mapping
from typing import NamedTuple

from client.connection import Connection
from client.journey import Known, More
from client.journey.known import NamedRow, has_name, read_named
from client.proven import proven_value
from client.verified import VerifiedProof
from ledger.modules.registry.messages import Metric
from ledger.modules.registry.state import Device
from ledger.proof.format import decode_journal_head

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
    connection: Connection, genesis: bytes, proof: VerifiedProof, known: Mapping[str, ProvenRow] | None = None
) -> dict[str, ProvenRow]:
    """The rows of what `proof` names without holding its row, by subject; those in `known` are not asked for again.

    Raises as `ask_names`.
    """
    rows = dict(known or {})
    wanted = unnamed(proof, genesis)[:ASKED_MAX]
    for subject in wanted:
        found = None if subject in rows else await _proven_row(connection, genesis, subject)
        if found is not None:
            rows[subject] = found
    return {subject: rows[subject] for subject in wanted if subject in rows}


def told_by(rows: Mapping[str, ProvenRow]) -> More:
    """What rows tell of names and scales."""
    metrics: dict[tuple[str, str], Metric] = {}
    for subject, (_, row) in rows.items():
        if isinstance(row, Device):
            metrics |= {(subject.removeprefix("device:"), metric.name): metric for metric in row.metrics}
    return More({subject: (row.name_zh, row.name_en) for subject, (_, row) in rows.items()}, metrics)


def unnamed(proof: VerifiedProof, genesis: bytes) -> list[str]:
    """Organisations, devices, places, vehicles and products that records name and the proof does not."""
    known = Known(proof, genesis)
    named = dict.fromkeys(subject for record in proof.records for subject in record.subjects)
    return [subject for subject in named if has_name(subject) and subject not in known.names]


async def _proven_row(connection: Connection, genesis: bytes, subject: str) -> ProvenRow | None:
    """A subject's row as the node proves it now; None if it proves that there is none, or one of another form."""
    value, proof = await proven_value(connection, genesis, subject)
    if value is None:
        return None
    row = read_named(subject, decode_journal_head(value).row)
    return None if row is None else ProvenRow(proof, row)
