"""A row as a node proves it now."""

from linxin.v1 import ledger_pb2

from client.connection import Connection
from client.verified import InvalidProof
from client.verify import verify_proof
from ledger.proof.format import ValueClaim


async def proven_value(connection: Connection, genesis: bytes, key: str) -> tuple[bytes | None, bytes]:
    """The certified value under a state key, None if it is proven that there is none, and the proof file.

    Raises `InvalidProof`, or a `Failure` of the connection.
    """
    answer = await connection.call(
        lambda to: to.ledger.GetProof,
        ledger_pb2.GetProofRequest(value=ledger_pb2.ValueProof(key=key)),
        ledger_pb2.GetProofResponse,
    )
    claim = verify_proof(answer.file, genesis).claim
    if not isinstance(claim, ValueClaim) or claim.key != key:
        raise InvalidProof("claim", "$.claim", f"not the value of {key}")
    return claim.value, answer.file
