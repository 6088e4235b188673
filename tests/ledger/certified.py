"""A toy chain with true certificates, busy with everything a block can hold: for replaying and for archives."""

from ledger.block import Block
from ledger.crypto.checkpoint import assemble_note, cosign
from ledger.replay import CertifiedBlock
from tests.ledger.toy import HUB, STRANGER, VALIDATOR, Drop, Open, Price, Put, ToyChain

TIMESTAMP_S = 1_790_000_100


def note_of(chain: ToyChain, block: Block) -> str:
    """The block's certificate."""
    name = chain.genesis.cosigner_name("v1")
    return assemble_note(block.text, [cosign(VALIDATOR, name, block.text, TIMESTAMP_S)])


def given(chain: ToyChain, block: Block) -> CertifiedBlock:
    """The block as another node hands it over, restricted parts included."""
    first = block.first_index
    restricted = {index - first: part for index, part in block.changes.restricted.items()}
    return CertifiedBlock(note_of(chain, block), block.leaves, restricted)


def busy_block(chain: ToyChain, records: int = 6) -> Block:
    """A block with accepted, refused and crashing records, restricted rows, deletions, timers and an open action."""
    height = chain.head.height + 1
    raws = [chain.sign(Put(f"k{height}-{number}", "x" * number)) for number in range(records)]
    raws += [
        chain.sign(Put(f"p{height % 5}", "priced", remind_ms=1500), price=Price(height)),
        chain.sign(Put("bad", "x", fail="refuse")),
        chain.sign(Put("worse", "x", fail="crash")),
        chain.sign(Drop(f"k{height - 1}-0"), HUB),
        chain.sign(Open(), STRANGER),
    ]
    return chain.block(*raws)
