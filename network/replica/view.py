"""How a validator takes part, for status and metrics."""

from collections.abc import Collection, Mapping

from consensus.member import Member
from ledger.modules.governance.state import ValidatorRecord
from network.status import NodeView, PeerView


def view_of(
    member: Member,
    executed_height: int,
    records: Mapping[str, ValidatorRecord],
    connected: Collection[str],
    heights: Mapping[str, int],
    waiting_for: tuple[str, ...],
    evidence_count: int,
) -> NodeView:
    """`heights`: how far the others said that they are certified."""
    peers = tuple(
        PeerView(peer, record.address, record.status, peer in connected, heights.get(peer, 0), member.behind(peer))
        for peer, record in sorted(records.items())
    )
    return NodeView(
        role=member.role,
        term=member.term,
        leader=member.leader,
        vote=member.vote,
        executed_height=executed_height,
        committed_index=member.committed,
        last_index=member.last.index,
        peers=peers,
        waiting_for=waiting_for,
        evidence_count=evidence_count,
        held=member.is_held,
        dropped=member.dropped,
    )
