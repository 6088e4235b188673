"""A validator with everything but a ledger: the order of durable acts that node.py follows, over any `Directory`."""

from dataclasses import dataclass, field

from consensus.entry import Entry, Tip, first_tip, next_entry
from consensus.recovery import Found, plan
from consensus.safety import COSIGNATURES_KEPT, Cosigned, Mark
from consensus.storage.files import Directory
from consensus.storage.log import DurableLog
from consensus.storage.safety import SafetyFile
from ledger.crypto.hashing import sha256

CHAIN_ID = sha256(b"small chain")
PUBLIC_KEY = sha256(b"small key")


@dataclass
class SmallLedger:
    """Stands for the store, which has its own tests: blocks, of which the first `synced` survive a power cut."""

    blocks: list[Cosigned] = field(default_factory=list)
    tips: list[Tip] = field(default_factory=list)
    synced: int = 0

    def cut_power(self, left: int) -> None:
        """Only `left` of the blocks that were not synced survive."""
        del self.blocks[max(self.synced, left) :], self.tips[max(self.synced, left) :]


class SmallNode:
    """Start it on what a disk holds; propose; be killed; start another."""

    def __init__(self, directory: Directory, ledger: SmallLedger, now_s: int, segment_size: int = 2000) -> None:
        """Open everything and replay the log, as a validator does at start."""
        self.ledger = ledger
        self.now_s = now_s
        self.safety = SafetyFile.open(directory, CHAIN_ID, PUBLIC_KEY)
        mark = self.safety.promises.acknowledged
        self.log = DurableLog.open(directory, CHAIN_ID, mark, segment_size=segment_size)
        height = len(ledger.blocks)
        position = ledger.tips[height - 1] if height else first_tip(CHAIN_ID)
        base, tip = self.log.base, self.log.tip
        places = (Mark(base.term, base.index), Mark(tip.term, tip.index))
        found = Found(*places, self.safety.promises, height, position, self.log.tip_at(height))
        planned = plan(found)
        for entry in self.log.entries(planned.first, planned.last + 1):
            self.execute(entry)
        planned.check_reached(len(ledger.blocks))

    def propose(self, payloads: list[bytes], *, together: bool) -> list[Cosigned]:
        """Order payloads, `together` under one sync; returns what is final now."""
        made: list[Entry] = []
        for payload in payloads:
            made.append(next_entry(made[-1].tip if made else self.log.tip, 1, payload))
        if together:
            self.log.append(made)
        else:
            for entry in made:
                self.log.append([entry])
        self.log.sync()
        return [self.execute(entry) for entry in made]

    def execute(self, entry: Entry) -> Cosigned:
        """Execute, promise, sign, store."""
        height = len(self.ledger.blocks) + 1
        previous = self.ledger.blocks[-1].checkpoint_hash if self.ledger.blocks else CHAIN_ID
        self.now_s += 1
        given = self.safety.cosign(height, sha256(previous + entry.payload), self.now_s, Mark(entry.term, entry.index))
        assert given is not None
        self.ledger.blocks.append(given)
        self.ledger.tips.append(entry.tip)
        if len(self.ledger.blocks) - self.ledger.synced >= COSIGNATURES_KEPT // 2:
            self.sync_ledger()
        return given

    def sync_ledger(self) -> None:
        """Sync the store, then forget the log that it covers."""
        self.ledger.synced = len(self.ledger.blocks)
        self.log.truncate_prefix(self.ledger.synced)
