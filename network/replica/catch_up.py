"""Fetching certified blocks from whoever has them: by a validator that lags, by one that joins, leader or none."""

from collections import Counter, deque

from consensus.messages import MESSAGE_SIZE_MAX
from ledger.storage.port import Snapshot
from network.replica.messages import BLOCKS_MAX, BlocksGiven, CertifiedBlock

PATIENCE_MS = 300
"""How long a node may stay behind another without any block of its own becoming final before it asks for blocks."""

FAR = 16
"""Heights behind which it asks at once."""

TIMEOUT_MS = 2_000
GIVEN_BYTES_MAX = 1_000_000
"""Of leaves in one answer; a block larger than this travels alone."""

BLOCK_BYTES_MAX = MESSAGE_SIZE_MAX - 1024 * 1024
"""A block larger than this does not travel at all: no honest leader makes one, and who lacks it needs an archive."""


class CatchUp:
    """Who has what, whom to ask, and the blocks that came and are not adopted yet."""

    def __init__(self) -> None:
        self.heights: dict[str, int] = {}
        self.blocks: deque[CertifiedBlock] = deque()
        self._height = 0
        self._since_ms = 0
        self._asked: tuple[str, int] | None = None
        self._last = ""
        """Whom we asked last, and whose blocks wait here."""
        self._failures: Counter[str] = Counter()

    def heard(self, peer: str, height: int) -> None:
        """A peer's ledger is certified up to `height`, or so it says."""
        self.heights[peer] = max(height, self.heights.get(peer, 0))

    def lost(self, peer: str) -> None:
        """A peer cannot be reached any more."""
        self.heights.pop(peer, None)
        if self._asked is not None and self._asked[0] == peer:
            self._asked = None

    def hasten(self) -> None:
        """Do not be patient: something says that others are ahead and waiting will not help."""
        self._since_ms = 0

    def ask(self, height: int, now_ms: int) -> str | None:
        """The peer to ask for blocks above `height` (how far this node is) now, or None."""
        ahead = {peer: known for peer, known in self.heights.items() if known > height}
        if not ahead or height > self._height:
            self._height, self._since_ms = height, now_ms
        if not ahead or self.blocks:
            return None
        # A clock that was set back ends every wait.
        if self._asked is not None and 0 <= now_ms - self._asked[1] < TIMEOUT_MS:
            return None
        if 0 <= now_ms - self._since_ms < PATIENCE_MS and max(ahead.values()) - height < FAR:
            return None
        if self._asked is not None:
            self._failures[self._asked[0]] += 1
        # Whoever has failed us least, and of these another than last time, so that nobody who is slow is alone to be
        # asked; then by id: every node can work this out.
        peer = min(ahead, key=lambda each: (self._failures[each], each == self._last, each))
        self._asked, self._last = (peer, now_ms), peer
        return peer

    def given(self, peer: str, answer: BlocksGiven, height: int) -> None:
        """Take the answer of the peer that was asked; what was not asked for is ignored."""
        if self._asked is None or self._asked[0] != peer:
            return
        self._asked = None
        self._since_ms = 0
        # Whoever has nothing to give is not ahead, whatever it claims, until it says so again.
        self.heights[peer] = answer.height if answer.blocks else height
        if not answer.blocks:
            self._failures[peer] += 1
        self.blocks.extend(answer.blocks)
        self.forget(height)

    def refuse(self) -> None:
        """What was given does not hold: forget all of it, and whoever gave it is asked last from now on."""
        self.blocks.clear()
        self._failures[self._last] += 1

    def next(self, height: int) -> CertifiedBlock | None:
        """The block that follows `height`, if it came; blocks that leave a gap are refused."""
        self.forget(height)
        if not self.blocks:
            return None
        block = self.blocks.popleft()
        if block.height != height + 1:
            self.refuse()
            return None
        return block

    def forget(self, height: int) -> None:
        """Blocks up to `height` are here by now."""
        while self.blocks and self.blocks[0].height <= height:
            self.blocks.popleft()


def give_blocks(snapshot: Snapshot, first: int, last: int) -> BlocksGiven:
    """Certified blocks from `first` to at most `last`, as many as fit an answer. Raises `StorageError`."""
    blocks: list[CertifiedBlock] = []
    size = 0
    for height in range(first, min(last, snapshot.head.height, first + BLOCKS_MAX - 1) + 1):
        block = _stored(snapshot, height)
        if block is None:
            break
        size += sum(map(len, block.leaves)) + sum(map(len, block.restricted.values())) + len(block.note)
        if size > (GIVEN_BYTES_MAX if blocks else BLOCK_BYTES_MAX):
            break
        blocks.append(block)
    return BlocksGiven(blocks, snapshot.head.height)


def _stored(snapshot: Snapshot, height: int) -> CertifiedBlock | None:
    stored = snapshot.block(height)
    if stored is None:
        return None
    first, end = stored.first_index, stored.first_index + stored.count
    leaves = list(snapshot.leaves(first, end))
    parts = ((index - first, snapshot.restricted(index)) for index in range(first, end))
    return CertifiedBlock(height, stored.note, leaves, {place: part for place, part in parts if part is not None})
