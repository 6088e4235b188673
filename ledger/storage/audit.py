"""What is checked of a store before a node builds on it: cheap, yet a store that is not what it says is noticed."""

from ledger.crypto.checkpoint import checkpoint_hash, parse_checkpoint, parse_note
from ledger.crypto.state_tree import node_hash
from ledger.storage.errors import Corrupt
from ledger.storage.port import Snapshot

_BLOCKS_CHECKED_MAX = 1024


def check_head(path: str, snapshot: Snapshot, synced_height: int) -> None:
    """Raise `StorageError` unless what is stored at the head agrees with the head's certificate.

    Compared are head record, certificate text, the log's frontier and nodes, the state's root node and the last leaf;
    and every block written since the last synced one must be there.
    """
    head = snapshot.head
    if head.height == 0:
        return
    first = max(1, synced_height, head.height - _BLOCKS_CHECKED_MAX)
    expected, note = None, ""
    for height in range(first, head.height + 1):
        block = snapshot.block(height)
        if block is None or (expected is not None and block.first_index != expected):
            raise Corrupt(path, f"block {height} does not follow the one before it")
        expected, note = block.first_index + block.count, block.note
    try:
        text = parse_note(note).text
        checkpoint = parse_checkpoint(text)
    except ValueError as error:
        raise Corrupt(path, f"the certificate of height {head.height} is unreadable ({error})") from error
    root = snapshot.node(b"")
    for what, holds in (
        ("the checkpoint hash", checkpoint_hash(text) == head.checkpoint_hash),
        ("the height", checkpoint.height == head.height),
        ("the log's size", checkpoint.size == head.log.size == expected),
        ("the log's root", checkpoint.root == head.log.root()),
        ("the state's root", root is not None and node_hash(root) == checkpoint.state),
        ("the last leaf", snapshot.height_of(head.log.size - 1) == head.height),
        ("the log's tree", _peaks_agree(snapshot)),
    ):
        if not holds:
            raise Corrupt(path, f"{what} of height {head.height} does not match its certificate")


def _peaks_agree(snapshot: Snapshot) -> bool:
    """Whether the stored nodes of the log's tree are those of the frontier."""
    size = snapshot.head.log.size
    levels = [level for level in range(size.bit_length() - 1, -1, -1) if size >> level & 1]
    read = ((level, snapshot.log_node(level, (size >> level) - 1)) for level in levels)
    return all(node == peak for (_, node), peak in zip(read, snapshot.head.log.peaks, strict=True))
