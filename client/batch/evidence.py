"""All that a page about a batch stands on: the proof of its journey, and of the rows of what the journey names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from linxin.v1 import provenance_pb2

from client.batch.sales import Sale, ask_sales, communities_of
from client.batch.shelves import Counts, ask_counts
from client.connection import Connection
from client.journey import Clock, Entry, Known, timeline
from client.journey.known import NamedRow, read_named
from client.names import ProvenRow, ask_rows, told_by
from client.verified import VerifiedProof
from client.verify import verify_journey
from ledger.crypto.hashing import sha256

JOURNEY_S_MAX = 30.0
"""How long one is waited for."""


@dataclass(frozen=True)
class Evidence:
    """A verified journey: `proof` as it came, what it holds, and `rows` (with their proofs) of what it names beside.

    `counts`: what the trust archive holds of the lot and of its product. Rows and counts may be of another certificate
    than the journey: each says of which. `sales`: campaigns of these goods, which a node tells and does not prove.
    """

    proof: bytes
    verified: VerifiedProof
    genesis: bytes
    clock: Clock
    rows: Mapping[str, ProvenRow] = field(default_factory=dict)
    counts: Sequence[Counts] = ()
    sales: Sequence[Sale] = ()

    @property
    def subject(self) -> str:
        """What the journey is about."""
        return str(getattr(self.verified.claim, "subject", ""))

    @property
    def chain_id(self) -> bytes:
        """SHA-256 of the genesis file."""
        return sha256(self.genesis)

    @property
    def validators(self) -> int:
        """How many validators the certifying set has."""
        return self.verified.validators

    @cached_property
    def known(self) -> Known:
        """Names, scales and signers."""
        return Known(self.verified, self.genesis, told_by(self.rows))

    @cached_property
    def entries(self) -> list[Entry]:
        """The journey in lines."""
        return timeline(self.verified, self.known, self.clock)

    def row(self, subject: str) -> NamedRow | None:
        """The proven row of a thing with a name; None where nothing holds it."""
        section = self.verified.sections.get(subject)
        if section is not None:
            return read_named(subject, section.row)
        return self.rows[subject].row if subject in self.rows else None


async def ask_evidence(
    connection: Connection,
    genesis: bytes,
    clock: Clock,
    *,
    code: str = "",
    subject: str = "",
    known: Mapping[str, ProvenRow] | None = None,
) -> Evidence:
    """The journey of a trace code or of a subject. `known`: rows proven before, which are not asked for again.

    Raises `Remote` (nothing is known by that code), `Unreachable`, `InvalidProof`.
    """
    asked = {"code": code} if code else {"subject": subject}
    request = provenance_pb2.GetJourneyRequest(include_proof=True, **asked)
    answer = await connection.call(
        lambda to: to.provenance.GetJourney, request, provenance_pb2.GetJourneyResponse, timeout_s=JOURNEY_S_MAX
    )
    verified = verify_journey(answer.proof, genesis, **asked)
    about = str(getattr(verified.claim, "subject", ""))
    if not about.startswith("lot:"):
        return Evidence(answer.proof, verified, genesis, clock, await ask_rows(connection, genesis, verified, known))
    sales = await ask_sales(connection, verified, about)
    communities = communities_of(sales)
    beside = [f"organisation:{each}" for each in communities]
    rows = await ask_rows(connection, genesis, verified, known, beside)
    counts = await ask_counts(connection, genesis, about, communities)
    return Evidence(answer.proof, verified, genesis, clock, rows, counts, sales)
