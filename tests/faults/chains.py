"""What every node's chain holds, read over the public API, and compared with each other and with what clients know."""

import asyncio
from dataclasses import dataclass, field

from linxin.v1 import ledger_pb2

from cli.network_status import listens_on
from client.connection import Connection
from ledger.block import TRANSACTION, decode_leaf
from ledger.crypto.checkpoint import parse_checkpoint, parse_note
from ledger.crypto.hashing import sha256
from ledger.crypto.log_tree import Frontier, leaf_hash
from ledger.transaction import transaction_id
from tests.faults.cluster import Cluster, eventually
from tests.faults.load import Record

READ_S_MAX = 60.0
AGREE_S_MAX = 40.0


@dataclass
class Chain:
    """One node's chain, as far as it was read."""

    texts: list[str] = field(default_factory=list)
    """The checkpoint of each height, from 1 on."""
    places: dict[bytes, tuple[int, int, int]] = field(default_factory=dict)
    """Transaction id -> (height, index, code)."""
    log: Frontier = field(default_factory=Frontier)

    def add(self, block: ledger_pb2.Block) -> None:
        """The next block: its leaves must be those of its checkpoint, none of them there already."""
        text = parse_note(block.note).text
        checkpoint = parse_checkpoint(text)
        assert checkpoint.height == len(self.texts) + 1
        for index, raw in enumerate(block.leaves, self.log.size):
            leaf = decode_leaf(raw)
            if leaf.kind == TRANSACTION:
                found = transaction_id(leaf.body)
                assert found not in self.places, f"{found.hex()} is at {self.places[found]}, and again at {index}"
                self.places[found] = (leaf.outcome[0], index, leaf.outcome[2])
        self.log = self.log.extend([leaf_hash(raw) for raw in block.leaves])
        assert (self.log.size, self.log.root()) == (checkpoint.size, checkpoint.root)
        self.texts.append(text)

    async def read(self, connection: Connection, height: int) -> None:
        """Read on up to a height."""
        if len(self.texts) >= height:
            return
        request = ledger_pb2.StreamBlocksRequest(from_height=len(self.texts) + 1, include_leaves=True)
        stream = connection.stream(lambda to: to.ledger.StreamBlocks, request, ledger_pb2.Block, timeout_s=READ_S_MAX)
        async for block in stream:
            self.add(block)
            if len(self.texts) == height:
                break


@dataclass
class Chains:
    """The chains of all nodes. A node's is read on where it was left: `forget` it when it should have another past."""

    cluster: Cluster
    chains: dict[str, Chain] = field(default_factory=dict)
    history: list[Record] = field(default_factory=list)

    def forget(self, node: str) -> None:
        """Read this node's chain from the beginning next time."""
        self.chains.pop(node, None)

    def check(self, records: list[Record]) -> None:
        """All nodes come to one height with one chain, and it holds what clients were told, now and ever before."""
        self.history += records
        acknowledged = [record for record in self.history if record.receipt is not None]
        assert acknowledged, "the load was no load"
        goal = max(record.receipt.height for record in acknowledged if record.receipt is not None)

        def all_have_it() -> bool:
            said = self.cluster.statuses()
            return len(said) == len(self.cluster.ids) and all(each.height >= goal for each in said.values())

        eventually(all_have_it, AGREE_S_MAX, f"all nodes have block {goal}")
        for node in self.cluster.ids:
            asyncio.run(self._read(node, goal))
        first, *others = (self.chains[node] for node in self.cluster.ids)
        for other in others:
            common = min(len(first.texts), len(other.texts))
            assert first.texts[:common] == other.texts[:common]
        for chain in (first, *others):
            for record in acknowledged:
                assert record.receipt is not None
                wanted = (record.receipt.height, record.receipt.index, 0)
                assert chain.places.get(record.id) == wanted, record.id.hex()

    async def _read(self, node: str, height: int) -> None:
        opened = self.cluster.opened
        endpoint, chain_id = listens_on(self.cluster.home(node)), sha256(opened.genesis_bytes())
        async with Connection([endpoint], opened.authority(), chain_id) as connection:
            await self.chains.setdefault(node, Chain()).read(connection, height)
