"""One simulation: machines, network, clients, faults and the oracle that watches them, put together from a setup."""

from collections.abc import Callable
from dataclasses import dataclass

from ledger.certificate import quorum
from network.replica.errors import PeerFault, Retired
from tests.ledger.toy import notes as toy_notes
from tests.simulation.ending import check_ending
from tests.simulation.governor import Governor
from tests.simulation.kernel import MILLISECOND, SECOND, Kernel
from tests.simulation.liars import Liar
from tests.simulation.machine import Machine
from tests.simulation.market.market import Market
from tests.simulation.nemesis import Nemesis
from tests.simulation.network import Network
from tests.simulation.oracle import Oracle
from tests.simulation.setup import BLOCKS_LEAST, HARMLESS, KINDS_LEAST, Setup, names
from tests.simulation.workload import Answer, Client
from tests.simulation.world import PLATFORM, genesis_of, key_of, registry, remembered_signatures

LEAST_US = 60 * SECOND
PROGRESS_WITHIN_US = 20 * SECOND
"""After healing, everyone who runs has the same chain, longer than before, within this time."""
LONGEST_US = 180 * SECOND


@dataclass(frozen=True)
class Outcome:
    """What a simulation came to."""

    seed: int
    blocks: int
    simulated_us: int
    events: int
    faults: tuple[str, ...]
    fingerprint: str
    is_live: bool
    """Whether progress was owed, and made."""

    @property
    def counts(self) -> bool:
        """Whether enough happened in it: a minute, faults of three kinds, a hundred certified blocks.

        A liar may halt it, members may be lost for good, and planned faults may find nothing that they could hit.
        """
        return self.blocks >= BLOCKS_LEAST and self.simulated_us >= LEAST_US and len(set(self.faults)) >= KINDS_LEAST


class Cluster:
    """The machines of one network and everything around them."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.kernel = Kernel(setup.seed)
        self.genesis = genesis_of(setup.validators, has_market=setup.has_market)
        self.registry = registry()
        self.oracle = Oracle(self)
        self.network = Network(self.kernel, self._deliver, setup.weather)
        self.machines: dict[str, Machine] = {}
        self.damaged: set[str] = set()
        self.tokens: list[bytes] = []
        self._open: set[tuple[str, str]] = set()
        self._links = self.kernel.stream("links")
        for name in names(setup.validators):
            self.add_machine(name)
        self.liars = {name: Liar(self, self.machines[name], lies) for name, lies in setup.liars.items()}
        self.nemesis = Nemesis(self)
        self.governor = Governor(self)
        self.clients = [
            Client(self.kernel, self, f"c{number}", PLATFORM, self.genesis.chain_id, setup.think_us)
            for number in range(1, setup.clients + 1)
        ]
        self.market = Market(self) if setup.has_market else None

    def add_machine(self, name: str) -> Machine:
        """A machine with an empty ledger, a new key and a new safety file; not started."""
        machine = Machine(self, name, key_of(name), self.setup.clocks.get(name, (0, 1_000_000)))
        for other in self.machines:
            self.kernel.after(self._links.randrange(200 * MILLISECOND), self._keep_link, other, name)
        self.machines[name] = machine
        return machine

    # Connections: one for each pair, kept by whoever notices that it could be open.

    def _keep_link(self, one: str, other: str) -> None:
        self.kernel.after(self._links.randint(200, 400) * MILLISECOND, self._keep_link, one, other)
        cuts = self.network.is_cut(one, other), self.network.is_cut(other, one)
        both_up = self.machines[one].is_up and self.machines[other].is_up
        is_open = (one, other) in self._open
        if is_open and any(cuts) and self._links.random() < 0.2:
            self._disconnect(one, other)
        elif not is_open and both_up and not any(cuts):
            self._open.add((one, other))
            self.machines[one].connected(other)
            self.machines[other].connected(one)

    def _disconnect(self, one: str, other: str) -> None:
        link = (min(one, other, key=self._order), max(one, other, key=self._order))
        if link in self._open:
            self._open.discard(link)
            for near, far in (link, link[::-1]):
                self.machines[near].disconnected(far)

    def _order(self, name: str) -> int:
        return list(self.machines).index(name)

    def came_up(self, machine: Machine) -> None:
        """Links open by themselves, soon."""

    def went_down(self, machine: Machine) -> None:
        """Its streams end."""
        for other in self.machines:
            if other != machine.name:
                self._disconnect(machine.name, other)

    def lose_connection(self, machine: Machine, sender: str, fault: PeerFault) -> None:
        """A peer said something impossible: the stream to it ends."""
        self.oracle.faulted(machine, sender, fault)
        self._disconnect(machine.name, sender)

    def _deliver(self, sender: str, receiver: str, data: bytes) -> None:
        link = (sender, receiver) if (sender, receiver) in self._open else (receiver, sender)
        if link in self._open:
            liar = self.liars.get(receiver)
            self.machines[receiver].receive(sender, data if liar is None else liar.hear(sender, data))

    def as_sent(self, machine: Machine, messages: list[tuple[str, str, bytes]]) -> list[tuple[str, str, bytes]]:
        """What really leaves a machine: what its replica says, or what a liar makes of it."""
        liar = self.liars.get(machine.name)
        sent = messages if liar is None else liar.distort(messages)
        return [item for item in sent if item[0] in self.machines]

    # What faults, oracles and clients ask.

    def leader(self) -> str | None:
        """Who leads, in the newest term in which somebody does."""
        leading = [
            (replica.member.term, name)
            for name, machine in self.machines.items()
            if (replica := machine.replica) is not None and replica.member.is_leader
        ]
        return max(leading)[1] if leading else None

    def can_lose(self, name: str) -> bool:
        """Whether every set of voters, present, decided on or not left behind yet, keeps a quorum of sound machines
        without this one. Also one that was just removed can be needed: until the others are past the change.
        """
        return all(self.is_sound(voters, name) for voters in (*self.governor.sets(), *map(set, self._voting())))

    def is_sound(self, voters: set[str], without: str = "") -> bool:
        """Whether enough of `voters` hold all that they promised and lie about nothing. Who was removed and has stopped
        has shown that it is not needed.
        """
        sound = [
            one
            for one in voters - {without} - set(self.setup.liars)
            if one in self.machines and (self._has_left(one) or self._is_whole(self.machines[one]))
        ]
        return len(sound) >= quorum(len(voters))

    def _has_left(self, name: str) -> bool:
        return isinstance(self.machines[name].stopped_by, Retired)

    def _is_whole(self, machine: Machine) -> bool:
        return not machine.is_gone and not self.is_damaged(machine)

    def _voting(self) -> set[tuple[str, ...]]:
        """The sets by which those who are not gone go, or will when they start; two each while they change."""
        sets = set[tuple[str, ...]]()
        for machine in self.machines.values():
            if machine.replica is not None:
                sets.update(machine.replica.member.voters.halves)
            elif not machine.is_gone and (at := machine.store.snapshot().position) is not None:
                sets.update(half for half in (at.voters, at.outgoing) if half)
        return sets

    def is_damaged(self, machine: Machine) -> bool:
        """Whether something it once promised to hold is still missing."""
        if machine.name not in self.damaged:
            return False
        replica = machine.replica
        highest = max(other.store.head.height for other in self.machines.values())
        if replica is not None and not replica.member.is_held and machine.store.head.height >= highest:
            self.damaged.discard(machine.name)
            return False
        return True

    def register(self, machine: Machine, key: str) -> str:
        """What a machine's certified state says of a register."""
        raw = machine.store.contents.get(toy_notes.prefix + key.encode())
        return "" if raw is None else toy_notes.decode(raw, None).value.text

    def doors(self) -> list[str]:
        return [name for name, machine in self.machines.items() if not machine.is_gone]

    def submit(self, name: str, raw: bytes, answer: Callable[[Answer], None]) -> None:
        self.machines[name].submit(raw, answer)

    def read(self, name: str, key: str, answer: Callable[[str | None], None]) -> None:
        self.machines[name].read(key, answer)

    # The run.

    def begin(self) -> None:
        """Start every machine and client, and lay out the faults."""
        for machine in list(self.machines.values()):
            machine.start()
        for client in self.clients:
            client.start()
        if self.market is not None:
            self.market.start()
        self.nemesis.start()

    def run_for(self, seconds: float) -> None:
        """Let time pass."""
        self.kernel.run(self.kernel.now + int(seconds * SECOND))

    def run_until(self, condition: Callable[[], bool], within_s: float, what: str) -> None:
        """Let time pass until `condition` holds; raises `Violation` when it does not come true in time."""
        self.kernel.run(self.kernel.now + int(within_s * SECOND), condition)
        if not condition():
            raise self.oracle.stalled(f"not within {within_s} s: {what}")

    def run(self) -> Outcome:
        """Faults, healing, progress, and the checks at the end. Raises `Violation`."""
        kernel, setup = self.kernel, self.setup
        with remembered_signatures():
            self.begin()
            kernel.run(setup.faulty_us)
            self.nemesis.heal()
            is_live = self._demand_progress()
            check_ending(self)
        return Outcome(
            setup.seed,
            self.height,
            kernel.now,
            kernel.events,
            tuple(sorted(set(self.nemesis.done))),
            kernel.fingerprint,
            is_live,
        )

    def finish(self) -> None:
        """Heal what a scenario left, wait until all agree and every client is answered, and check the ending."""
        self.nemesis.heal()
        self._stop_clients()
        self.run_until(self._is_quiet, PROGRESS_WITHIN_US / SECOND, "everyone agrees and every client is answered")
        check_ending(self)

    @property
    def height(self) -> int:
        """The highest certified height anywhere."""
        return max(machine.store.head.height for machine in self.machines.values())

    def _demand_progress(self) -> bool:
        """Run on until everything has come together; raise `Violation` when progress that is owed does not come."""
        kernel = self.kernel
        healed_us, before = kernel.now, self.height
        harmless = all(HARMLESS.issuperset(lies) for lies in self.setup.liars.values())
        owed = harmless and all(self.oracle.is_excused(machine) for machine in self.machines.values())
        kernel.run(healed_us + PROGRESS_WITHIN_US, lambda: self._is_together(before + 1))
        owed = owed and self._has_quorums()
        if owed and not self._is_together(before + 1):
            raise self.oracle.stalled(f"no common progress {PROGRESS_WITHIN_US // SECOND} s after healing")
        longest = LONGEST_US if owed else healed_us + PROGRESS_WITHIN_US
        target = self.setup.blocks_least
        kernel.run(longest, lambda: kernel.now >= LEAST_US and self.height >= target and self._is_market_over())
        self._stop_clients()
        kernel.run(kernel.now + PROGRESS_WITHIN_US, self._is_quiet)
        owed = owed and self._has_quorums()
        if owed and not self._is_quiet():
            raise self.oracle.stalled("clients are not answered, or validators do not agree, after healing")
        if owed and self.market is not None and not self.market.checks.is_over:
            raise self.oracle.fail(f"somebody's money is stuck in the market: {self.market.checks.left()}")
        return owed

    def _stop_clients(self) -> None:
        for client in self.clients:
            client.is_stopping = True
        if self.market is not None:
            self.market.stop()

    def _is_market_over(self) -> bool:
        return self.market is None or (self.market.is_idle and self.market.checks.is_over)

    def _has_quorums(self) -> bool:
        """Whether every set that anybody goes by still has a quorum: of those who run, or were removed, who stop only
        when the others can do without them. Two may be lost at once where members change.
        """
        there = {name for name, each in self.machines.items() if not each.stopped_by or self._has_left(name)}
        named = {tuple(each.id for each in machine.store.head.validators) for machine in self.machines.values()}
        sets = named | self._voting()
        return all(len(there.intersection(each)) >= quorum(len(each)) for each in sets)

    def _running(self) -> list[Machine]:
        """Those who owe it to be up and to follow: not who is gone, nor who was removed and need not know it yet."""
        retired = self.governor.retired()
        return [
            machine
            for name, machine in self.machines.items()
            if not machine.is_gone and machine.stopped_by is None and name not in retired and name not in self.liars
        ]

    def _is_together(self, height: int) -> bool:
        return all(machine.is_up and machine.store.head.height >= height for machine in self._running())

    def _is_quiet(self) -> bool:
        heights = {machine.store.head.height for machine in self._running()}
        is_answered = all(client.is_idle for client in self.clients) and (self.market is None or self.market.is_idle)
        return len(heights) == 1 and is_answered
