"""`GetStatus`: what a node says of itself and of the others."""

from linxin.v1 import ledger_pb2

from ledger.block import Head, validator_id
from ledger.certificate import quorum
from ledger.crypto.checkpoint import parse_note
from ledger.genesis import Genesis
from ledger.storage.port import Snapshot
from network.mempool import Mempool
from network.status import NodeView


def status_message(
    name: str,
    version: str,
    started_ms: int,
    genesis: Genesis,
    snapshot: Snapshot,
    mempool: Mempool,
    view: NodeView,
    now_ms: int,
) -> ledger_pb2.GetStatusResponse:
    """The reply; `name` is the node's cosigner name. Lag is 0 before the first block."""
    head = snapshot.head
    return ledger_pb2.GetStatusResponse(
        role=view.role,
        name=name,
        id=validator_id(name),
        chain_id=genesis.chain_id,
        network=genesis.file.name,
        height=head.height,
        time_ms=head.time_ms,
        lag_ms=now_ms - head.time_ms if head.height else 0,
        log_size=head.log.size,
        mempool_count=mempool.count,
        mempool_bytes=mempool.size,
        version=version,
        started_ms=started_ms,
        signers=_signers(snapshot),
        quorum=quorum(len(head.validators)),
        validators=_ids(head),
        term=view.term,
        leader=view.leader,
        vote=view.vote,
        executed_height=view.executed_height or head.height,
        committed_index=view.committed_index,
        last_index=view.last_index,
        peers=[
            ledger_pb2.PeerStatus(
                id=peer.id,
                address=peer.address,
                status=peer.status,
                connected=peer.connected,
                certified_height=peer.certified_height,
                behind=peer.behind,
            )
            for peer in view.peers
        ],
        waiting_for=view.waiting_for,
        evidence_count=view.evidence_count,
        held=view.held,
    )


def _ids(head: Head) -> list[str]:
    return [validator.id for validator in head.validators]


def _signers(snapshot: Snapshot) -> list[str]:
    """The cosigner names on the newest certificate."""
    stored = snapshot.block(snapshot.head.height)
    return [] if stored is None else [signature.name for signature in parse_note(stored.note).signatures]
