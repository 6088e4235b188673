"""A validator's durable parts at full speed, to be killed: `python -m tests.consensus.writer HOME SEED`.

Prints `ack <height> <checkpoint hash> <timestamp>` when a height is final. With `--audit` it only opens, replays and
prints `all <height> <checkpoint hash> <timestamp>` for every height.
"""

import os
import sys
from pathlib import Path

from consensus.entry import Entry, Tip, next_entry
from consensus.recovery import Found, plan
from consensus.safety import Mark
from consensus.storage.files import OsDirectory
from consensus.storage.log import DurableLog
from consensus.storage.safety import NAME as SAFETY
from consensus.storage.safety import SafetyFile
from ledger.crypto.checkpoint import assemble_note, checkpoint_hash, cosign, parse_cosignature, parse_note
from tests.storage.made import CHAIN_ID, KEY, NAME, Maker, open_store

SYNC_EVERY = 8
SEGMENT_SIZE = 4000


class Writer:
    """Store, log and safety file under one home, opened and caught up."""

    def __init__(self, home: Path, seed: int) -> None:
        """Open everything and replay."""
        directory = OsDirectory(home / "consensus")
        if SAFETY in directory.names():
            self.safety = SafetyFile.open(directory, CHAIN_ID, KEY.public_key)
        else:
            self.safety = SafetyFile.create(directory, CHAIN_ID, KEY.public_key)
        promises = self.safety.promises
        self.log = DurableLog.open(directory, CHAIN_ID, promises.acknowledged, segment_size=SEGMENT_SIZE)
        self.store = open_store(home / "ledger", write_buffer_size=1 << 18)
        self.maker = Maker(seed)
        while self.maker.head.height < self.store.head.height:
            self.maker.make(_records(self.maker.head.height + 1))
        assert self.maker.head == self.store.head
        position = self.store.snapshot().position
        place = Mark(position.term, position.index) if position else Mark(0, 0)
        logged = self.log.tip_at(place.index)
        # The blocks made here name a term and an index only.
        stands = Tip(place.term, place.index, logged.digest if logged is not None else b"")
        base, tip = self.log.base, self.log.tip
        marks = (Mark(base.term, base.index), Mark(tip.term, tip.index))
        found = Found(*marks, promises, self.store.head.height, stands, logged)
        planned = plan(found)
        for entry in self.log.entries(planned.first, planned.last + 1):
            self.execute(entry)
        planned.check_reached(self.store.head.height)

    def execute(self, entry: Entry) -> str:
        """One block, from entry to store."""
        assert entry.payload[:8] == entry.index.to_bytes(8, "big")
        block, _ = self.maker.make(_records(entry.index))
        now_s = int.from_bytes(os.urandom(4), "big")
        mark = Mark(entry.term, entry.index)
        given = self.safety.cosign(block.height, checkpoint_hash(block.text), now_s, mark)
        assert given is not None
        note = assemble_note(block.text, [cosign(KEY, NAME, block.text, given.timestamp_s)])
        self.store.write(block, note, sync=block.height % SYNC_EVERY == 0)
        self.log.truncate_prefix(self.store.synced_height)
        return f"{given.height} {given.checkpoint_hash.hex()} {given.timestamp_s}"

    def run(self) -> None:
        """Order, execute and announce until killed."""
        while True:
            tip, made = self.log.tip, list[Entry]()
            for _ in range(3):
                payload = (tip.index + 1).to_bytes(8, "big") + bytes((tip.index + 1) * 37 % 500)
                made.append(next_entry(tip, max(1, tip.term), payload, leader="v1"))
                tip = made[-1].tip
            self.log.append(made)
            self.log.sync()
            for entry in made:
                sys.stdout.write(f"ack {self.execute(entry)}\n")
                sys.stdout.flush()

    def audit(self) -> None:
        """Print what is stored, having read all of it."""
        snapshot, model = self.store.snapshot(), self.maker.model
        assert list(snapshot.values()) == sorted(model.values.items())
        assert list(snapshot.leaves(0, snapshot.head.log.size)) == model.leaves
        for subject, entries in model.journals.items():
            assert list(snapshot.journal_entries(subject, 0, len(entries))) == entries
        for height in range(1, snapshot.head.height + 1):
            block = snapshot.block(height)
            assert block is not None
            note = parse_note(block.note)
            given = parse_cosignature(note.signatures[0].blob)
            sys.stdout.write(f"all {height} {checkpoint_hash(note.text).hex()} {given.timestamp_s}\n")


def _records(height: int) -> int:
    return height * 7 % 23


if __name__ == "__main__":
    writer = Writer(Path(sys.argv[1]), int(sys.argv[2]))
    if sys.argv[3:] == ["--audit"]:
        writer.audit()
    else:
        writer.run()
