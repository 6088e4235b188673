"""What must hold when a simulation is over: one chain, and every answer that a client got is in it, once."""

from collections import Counter
from typing import TYPE_CHECKING

from ledger.block import ACCEPTED, TRANSACTION, decode_leaf
from ledger.crypto.encoding import Decoder
from ledger.transaction import transaction_id
from tests.ledger.toy import Put
from tests.simulation.history import History, Operation
from tests.simulation.world import registry

if TYPE_CHECKING:
    from tests.simulation.cluster import Cluster
    from tests.simulation.store import Contents


def check_ending(cluster: "Cluster") -> None:
    """Raises `Violation`."""
    honest = [machine for name, machine in cluster.machines.items() if name not in cluster.liars]
    # A liar may hold the newest block alone and keep it to itself; certified it is all the same, as the oracle saw.
    stores = [machine.store.contents for machine in cluster.machines.values()]
    longest = max(stores, key=lambda contents: contents.head.height)
    for machine in honest:
        _check_prefix(cluster, machine.name, machine.store.contents, longest)
    written = _check_answers(cluster, longest)
    operations: list[Operation] = [one for client in cluster.clients for one in client.history.operations]
    History(operations).check(written)
    if cluster.market is not None:
        cluster.market.checks.check_ending()


def _check_prefix(cluster: "Cluster", name: str, contents: "Contents", longest: "Contents") -> None:
    """Everyone has the same chain, as far as it goes, and at the same height the same state."""
    for height, (mine, theirs) in enumerate(zip(contents.blocks, longest.blocks, strict=False), 1):
        if mine.text != theirs.text:
            raise cluster.oracle.fail(f"{name} has another block {height}")
    if len(contents.blocks) == len(longest.blocks) and contents.values != longest.values:
        raise cluster.oracle.fail(f"{name} has another state at height {contents.head.height}")


def _check_answers(cluster: "Cluster", chain: "Contents") -> dict[str, list[str]]:
    """Each transaction is in the log at most once, and where its receipts say; returns what was written, by key."""
    decode_body: Decoder = registry().decode_body  # type: ignore[type-arg]
    times: Counter[bytes] = Counter()
    places: dict[bytes, tuple[int, int]] = {}
    written: dict[str, list[str]] = {}
    for index, raw in enumerate(chain.leaves):
        leaf = decode_leaf(raw)
        if leaf.kind != TRANSACTION:
            continue
        found = transaction_id(leaf.body)
        times[found] += 1
        places[found] = index, leaf.outcome[2]
        action = decode_body(leaf.body).action
        if isinstance(action, Put) and leaf.outcome[2] == ACCEPTED:
            written.setdefault(action.key, []).append(action.text)
    for found, count in times.items():
        if count > 1:
            raise cluster.oracle.fail(f"transaction {found.hex()[:16]} was applied {count} times")
    traders = () if cluster.market is None else cluster.market.traders
    for client in (*cluster.clients, *traders):
        for found, receipt in client.receipts.items():
            if places.get(found) != (receipt.index, receipt.code):
                raise cluster.oracle.fail(
                    f"{client.name} was told that {found.hex()[:16]} is final at leaf {receipt.index} with code "
                    f"{receipt.code}; the chain has it at {places.get(found)}"
                )
    return written
