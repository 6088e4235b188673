"""What is checked while a simulation runs, by somebody who sees every disk and every signature.

Honest validators alone are held to the rules; what a liar does with its own log proves nothing. After each piece of
work of a machine: one leader a term; logs that match; leaders of later terms hold what was committed; nobody releases
another entry than others did; no height has two blocks; what is certified lies on the disks of a quorum; every
certificate verifies; every module's invariants hold.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from consensus.entry import Tip
from consensus.errors import DiskFault, SafetyLost
from consensus.member.store import LogView
from consensus.storage.log import DurableLog
from ledger.block import Validator
from ledger.certificate import CertificateError, quorum, verify_certificate
from ledger.context import Context
from ledger.crypto.checkpoint import checkpoint_hash
from ledger.crypto.signing import SigningKey
from ledger.modules.governance.state import effective_parameters
from ledger.state import BlockState
from ledger.storage.errors import Unusable
from network.replica.errors import Diverged, PeerFault, Retired
from tests.simulation.kernel import Violation
from tests.simulation.market.checks import MODULES_EVERY

if TYPE_CHECKING:
    from tests.simulation.cluster import Cluster
    from tests.simulation.machine import Machine
    from tests.simulation.store import Contents

_COSIGNATURE = b"cosignature/v1\n"
SPLITTING = frozenset({"equivocate", "vote-twice", "inflate-term", "false-acknowledgement"})
"""With one of these a liar may lead although its log lacks something: what was released in an older term may then be
released differently in a newer one (never certified differently)."""


class WatchedKey(SigningKey):
    """A validator's key that tells the oracle what it signs."""

    __slots__ = ("_told",)

    def __init__(self, key: SigningKey, told: Callable[[bytes], None]) -> None:
        for slot in SigningKey.__slots__:
            setattr(self, slot, getattr(key, slot))
        self._told = told

    def sign(self, message: bytes) -> bytes:
        self._told(message)
        return super().sign(message)


class Oracle:
    """Watches one cluster."""

    def __init__(self, cluster: "Cluster") -> None:
        self.cluster = cluster
        self.liars = frozenset(cluster.setup.liars)
        self.texts: dict[int, bytes] = {}
        """Hash of the one certified text of each height."""
        self.leaders: dict[int, str] = {}
        self.committed: dict[int, tuple[Tip, int]] = {}
        """By index: the entry, and the term in which it was first seen committed."""
        self._signed: dict[tuple[str, int], bytes] = {}
        self._digests: dict[tuple[int, int], bytes] = {}
        self._witnessed: dict[str, list[tuple[int, int]]] = {}
        self._released: dict[tuple[int, int], bytes] = {}
        self._tips: dict[str, Tip] = {}
        self._seen: dict[str, tuple[int, int, int]] = {}
        self._validators: dict[int, tuple[Validator, ...]] = {1: cluster.genesis.validators()}

    def fail(self, what: str) -> Violation:
        """The violation to raise, told in the story as well."""
        self.cluster.kernel.note("VIOLATION", what)
        return Violation(what)

    def stalled(self, what: str) -> Violation:
        """No progress, and where everybody stands."""
        where = []
        for name, machine in self.cluster.machines.items():
            member = machine.replica.member if machine.replica is not None else None
            state = (
                f"down ({type(machine.stopped_by).__name__})"
                if member is None
                else f"{member.role} term {member.term} leader {member.leader or '-'} last {member.last.index} "
                f"committed {member.committed} released {member.released} of {' '.join(member.voters.incoming)}"
                + ("" if not member.voters.outgoing else f" out of {' '.join(member.voters.outgoing)}")
                + (" held" if member.is_held else "")
            )
            where.append(f"{name} height {machine.store.head.height} {state}")
        return self.fail(f"{what}: " + "; ".join(where))

    # What machines do.

    def released(self, machine: "Machine", height: int) -> None:
        """A quorum has released it from what it signed from this height on: it may sign one other text of each."""
        for at in [at for at in self._signed if at[0] == machine.name and at[1] >= height]:
            del self._signed[at]

    def watched_key(self, machine: "Machine") -> SigningKey:
        """The machine's key, whose signatures are seen here."""
        if machine.name in self.liars:
            return machine.key
        return WatchedKey(machine.key, lambda message: self._signs(machine, message))

    def _signs(self, machine: "Machine", message: bytes) -> None:
        """An honest validator cosigns one text a height in its whole life, and only once its disk holds the promise."""
        if not message.startswith(_COSIGNATURE):
            return
        text = message.split(b"\n", 2)[2]
        height = int(text.split(b"\nheight ", 1)[1].split(b"\n", 1)[0])
        hashed = checkpoint_hash(text.decode())
        before = self._signed.setdefault((machine.name, height), hashed)
        if before != hashed:
            raise self.fail(f"{machine.name} signs two checkpoints of height {height}")
        if not machine.safety_disk.keeps(hashed):
            raise self.fail(f"{machine.name} signs height {height} before the promise is on its disk")

    def stopped(self, machine: "Machine", error: Exception) -> None:
        """A process ended itself: only for a reason that its machine was given."""
        match error:
            case DiskFault() | Unusable() if any(disk.is_full for disk in machine.disks):
                return
            case SafetyLost() if not machine.safety_disk.names:
                machine.is_gone = True
                return
            case Retired():
                machine.is_gone = True
                return
            case Diverged() if self.liars:
                return
            case _ if isinstance(error, machine.excuses):
                return
            case _:
                machine.is_gone = machine.name in self.liars
                if not machine.is_gone:
                    raise self.fail(f"{machine.name} stopped: {type(error).__name__}: {error}")

    def is_excused(self, machine: "Machine") -> bool:
        """Whether a machine runs, or is down for good for a reason that a network can bear."""
        return machine.stopped_by is None or isinstance(machine.stopped_by, SafetyLost | Retired | DiskFault | Unusable)

    def faulted(self, machine: "Machine", sender: str, fault: PeerFault) -> None:
        """Only liars say impossible things."""
        if sender not in self.liars:
            raise self.fail(f"{machine.name} refuses what honest {sender} says: {fault}")

    def worked(self, machine: "Machine") -> None:
        """Look at a machine after each piece of work."""
        if machine.name in self.liars or machine.replica is None:
            return
        member = machine.replica.member
        self._check_log(machine)
        if member.is_leader and self.leaders.get(member.term) != machine.name:
            self._check_leader(machine)
        seen = (member.committed, member.released, machine.generation)
        if self._seen.get(machine.name) != seen:
            self._check_order(machine, self._seen.get(machine.name, (0, 0, 0)))
            self._seen[machine.name] = seen

    # The log.

    def _check_log(self, machine: "Machine") -> None:
        """Two logs with an entry of one term at one index agree on it, and so (by its digest) on all before."""
        log, old = machine.log, self._tips.get(machine.name)
        tip = log.tip
        if tip == old:
            return
        first = log.base.index
        if old is not None and log.base.index <= old.index <= tip.index and _tip_at(log, old.index) == old:
            first = old.index
        for index in range(first + 1, tip.index + 1):
            at = _tip_at(log, index)
            known = self._digests.setdefault((at.term, index), at.digest)
            if known != at.digest and self.leaders.get(at.term) is not None:
                raise self.fail(f"{machine.name} has another entry {at.term}/{index} than others")
        self._tips[machine.name] = tip

    def _check_leader(self, machine: "Machine") -> None:
        """Election safety, and leader completeness for leaders of terms after that of the commitment."""
        assert machine.replica is not None
        term, log = machine.replica.member.term, machine.log
        before = self.leaders.setdefault(term, machine.name)
        if before != machine.name:
            raise self.fail(f"{before} and {machine.name} both lead term {term}")
        self.cluster.kernel.note(machine.name, f"leads term {term}")
        if self.liars:
            return
        for index, (tip, committed_in) in self.committed.items():
            if committed_in >= term or index <= log.base.index:
                continue
            if index > log.tip.index or _tip_at(log, index).digest != tip.digest:
                raise self.fail(
                    f"{machine.name} leads term {term} without entry {tip.term}/{index}, committed in {committed_in}"
                )

    def _check_order(self, machine: "Machine", seen: tuple[int, int, int]) -> None:
        """What is committed and released is the same everywhere."""
        assert machine.replica is not None
        member = machine.replica.member
        # As the member sees it: a log that begins anew behind a certificate is not on the disk yet.
        log = member._state.view
        committed, released, generation = seen
        if generation != machine.generation:
            committed = released = 0
            self._witnessed.pop(machine.name, None)
        witnessed = self._witnessed.setdefault(machine.name, [])
        if not witnessed or witnessed[-1][0] < member.witnessed:
            witnessed.append((member.witnessed, member.term))
        for index in range(max(committed, log.base.index) + 1, min(member.committed, log.last.index) + 1):
            tip = _tip_at(log, index)
            known = self.committed.setdefault(index, (tip, member.term))[0]
            if known.digest != tip.digest and not self.liars:
                raise self.fail(f"{machine.name} commits {tip.term}/{index}, but {known.term}/{index} was committed")
        for index in range(max(released, log.base.index) + 1, min(member.released, log.last.index) + 1):
            tip = _tip_at(log, index)
            # A liar that signs two entries for one place splits whom it leads, and either half may lead next: within a
            # term nobody releases another entry than others, and over terms no two are ever certified (ADR 0014).
            lies = {lie for each in self.cluster.setup.liars.values() for lie in each}
            across_terms = not lies & SPLITTING
            term = 0 if across_terms else next((term for end, term in witnessed if end >= index), member.term)
            known_digest = self._released.setdefault((term, index), tip.digest)
            if known_digest != tip.digest:
                raise self.fail(f"{machine.name} releases another entry at {index} than others did")

    # Certificates.

    def started(self, machine: "Machine") -> None:
        """Its ledger may hold blocks of which the process that died in the middle of its work told nobody."""
        for height in range(1, machine.store.head.height + 1):
            if height not in self.texts:
                self.certified(machine, height, machine.store.contents.notes[height - 1])

    def certified(self, machine: "Machine", height: int, note: str) -> None:
        """A machine has stored a block with its certificate."""
        contents = machine.store.contents
        block = contents.blocks[height - 1]
        hashed = checkpoint_hash(block.text)
        known = self.texts.get(height)
        if known is not None and known != hashed:
            raise self.fail(f"two certified blocks of height {height}; {machine.name} has the second")
        try:
            verify_certificate(note, self._validators[height])
        except (CertificateError, KeyError) as error:
            raise self.fail(f"{machine.name} stores height {height} without a certificate: {error!r}") from None
        if known is None:
            self.texts[height] = hashed
            self._validators[height + 1] = block.head.validators
            if height == machine.store.head.height:
                self._check_durable(machine, height)
                if self.cluster.market is None or height % MODULES_EVERY == 0:
                    self.check_modules(contents)
        if self.cluster.market is not None:
            self.cluster.market.checks.certified(machine, height, is_first=known is None)
        self.cluster.kernel.mix(hashed)

    def _check_durable(self, machine: "Machine", height: int) -> None:
        """At the moment of its first certificate, a quorum's disks hold the entry, in the log or as a synced block."""
        if machine.name in self.liars:
            return
        position = machine.store.snapshot().position
        assert position is not None
        names = set(position.voters)
        holding = [
            name
            for name in names & set(self.cluster.machines)
            if name in self.liars
            or name in self.cluster.damaged
            or self.cluster.machines[name].store.synced_height >= height
            or self.cluster.machines[name].log_disk.keeps(position.digest)
        ]
        if len(holding) < quorum(len(names)):
            raise self.fail(
                f"height {height} is certified while entry {position.term}/{position.index} is on the disks of "
                f"{' '.join(sorted(holding)) or 'nobody'} only"
            )

    def check_modules(self, contents: "Contents") -> None:
        """Raise unless every module's invariants hold of what a store holds."""
        cluster = self.cluster
        parameters = effective_parameters(contents, cluster.genesis)
        head = contents.head
        for module in cluster.registry.modules:
            if module.invariants is not None:
                ctx = Context(BlockState(contents), head.height, head.time_ms, parameters, cluster.genesis.chain_id)
                broken = module.invariants(ctx)
                if broken:
                    raise self.fail(f"height {head.height}: {module.name}: {'; '.join(broken)}")


def _tip_at(log: DurableLog | LogView, index: int) -> Tip:
    """The entry at an index that the log holds."""
    tip = log.tip_at(index)
    assert tip is not None, index
    return tip
