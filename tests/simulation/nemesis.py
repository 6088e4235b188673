"""Faults: each kind is one method that does it now, and undoes it after its duration where that has a meaning.

What is more than a network can survive is not done: at most as many machines are damaged at a time as a quorum can do
without, and none when nobody could help it.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.simulation.disk import SLOW_SYNC_US, SYNC_US
from tests.simulation.kernel import MILLISECOND, SECOND
from tests.simulation.network import Weather, between
from tests.simulation.setup import Fault

if TYPE_CHECKING:
    from tests.simulation.cluster import Cluster
    from tests.simulation.machine import Machine

STORM = Weather(loss=0.2, repeat=0.15, least_us=200, most_us=12_000, tail=0.2, in_order=False)
HEADER_SIZE = 200
"""Bits are flipped behind a segment's first bytes: damage in its header is the business of the storage tests."""


class Nemesis:
    """Carries out the plan of a setup."""

    def __init__(self, cluster: "Cluster") -> None:
        self.cluster = cluster
        self.kernel = cluster.kernel
        self.done: list[str] = []
        """The kinds of the faults that took place."""
        self.is_over = False

    def start(self) -> None:
        """Lay out the plan on the time line."""
        for fault in self.cluster.setup.faults:
            if fault.number not in self.cluster.setup.without:
                self.kernel.after(fault.at_us - self.kernel.now, self._strike, fault)

    def _strike(self, fault: Fault) -> None:
        if self.is_over:
            return
        method: Callable[[Fault, random.Random], str] = getattr(self, f"_do_{fault.kind.replace('-', '_')}")
        what = method(fault, self.kernel.stream(f"fault/{fault.number}"))
        if what:
            self.done.append(fault.kind)
            self.kernel.note("FAULT", f"#{fault.number} {fault.kind} for {fault.duration_us // MILLISECOND} ms: {what}")

    def _later(self, delay_us: int, undo: Callable[[], None]) -> None:
        """Undo a fault in time, unless everything was healed before."""
        self.kernel.after(delay_us, lambda: None if self.is_over else undo())

    def heal(self) -> None:
        """Undo everything, for good: from here on the network owes progress."""
        self.is_over = True
        self.kernel.note("HEAL", "no more faults; links, clocks and disks are sound, every machine runs that can")
        self.cluster.network.mend_all()
        self.cluster.network.weather = Weather()
        for machine in self.cluster.machines.values():
            # Pauses end by themselves: cut short, what came later would overtake what already waits for their end.
            machine.set_clock(offset_ms=0, rate_ppm=1_000_000)
            for disk in machine.disks:
                disk.make_room()
                disk.sync_us, disk.stop_after = SYNC_US, None
            if not machine.is_up:
                self.kernel.after(machine.chance.randrange(SECOND), machine.start)

    # Processes.

    def _pick(self, chance: random.Random, *, up: bool = True) -> "Machine | None":
        able = [one for one in self.cluster.machines.values() if not one.is_gone and (one.is_up or not up)]
        return chance.choice(able) if able else None

    def _back(self, machine: "Machine", delay_us: int) -> str:
        self._later(delay_us, machine.start)
        return machine.name

    def _do_kill(self, fault: Fault, chance: random.Random) -> str:
        machine = self._pick(chance)
        if machine is None:
            return ""
        machine.kill()
        return self._back(machine, fault.duration_us)

    def _do_power(self, fault: Fault, chance: random.Random) -> str:
        machine = self._pick(chance)
        if machine is None:
            return ""
        machine.cut_power()
        return self._back(machine, fault.duration_us)

    def _do_power_within(self, fault: Fault, chance: random.Random) -> str:
        machine = self._pick(chance)
        if machine is None:
            return ""
        machine.cut_power_within(chance.randint(1, 12))
        # It dies at one of its next disk operations; whoever is up already stays up.
        return self._back(machine, fault.duration_us + SECOND // 2)

    def _do_kill_several(self, fault: Fault, chance: random.Random) -> str:
        return self._several(fault, chance, lambda machine: machine.kill())

    def _do_power_all(self, fault: Fault, chance: random.Random) -> str:
        return self._several(fault, chance, lambda machine: machine.cut_power(), everyone=True)

    def _several(
        self, fault: Fault, chance: random.Random, strike: Callable[["Machine"], None], *, everyone: bool = False
    ) -> str:
        able = [machine for machine in self.cluster.machines.values() if machine.is_up]
        if not able:
            return ""
        hit = able if everyone else chance.sample(able, chance.randint(1, len(able)))
        for machine in hit:
            strike(machine)
            self._back(machine, chance.randint(fault.duration_us // 4, fault.duration_us))
        return ", ".join(machine.name for machine in hit)

    def _do_crash_loop(self, fault: Fault, chance: random.Random) -> str:
        machine = self._pick(chance)
        if machine is None:
            return ""
        for beat in range(1, 8):
            self._later(
                beat * fault.duration_us // 8, lambda: machine.cut_power() if machine.is_up else machine.start()
            )
        return self._back(machine, fault.duration_us)

    def _do_pause(self, fault: Fault, chance: random.Random) -> str:
        machine = self._pick(chance)
        if machine is None:
            return ""
        machine.paused_until = max(machine.paused_until, self.kernel.now + fault.duration_us)
        return machine.name

    # Network.

    def _cut(self, fault: Fault, links: frozenset[tuple[str, str]]) -> None:
        network = self.cluster.network
        network.cut(fault.number, links)
        self._later(fault.duration_us, lambda: network.mend(fault.number))

    def _sides(self, chance: random.Random) -> tuple[list[str], list[str]]:
        ids = list(self.cluster.machines)
        some = sorted(chance.sample(ids, chance.randint(1, max(1, len(ids) - 1))))
        return some, [name for name in ids if name not in some]

    def _do_partition(self, fault: Fault, chance: random.Random) -> str:
        some, others = self._sides(chance)
        self._cut(fault, between(some, others))
        return f"{' '.join(some)} | {' '.join(others)}"

    def _do_one_way(self, fault: Fault, chance: random.Random) -> str:
        some, others = self._sides(chance)
        self._cut(fault, between(some, others, both=False))
        return f"nothing from {' '.join(some)} to {' '.join(others)}"

    def _do_link(self, fault: Fault, chance: random.Random) -> str:
        one, other = chance.sample(list(self.cluster.machines), 2)
        self._cut(fault, between([one], [other]))
        return f"{one} | {other}"

    def _do_isolate_leader(self, fault: Fault, chance: random.Random) -> str:
        leader = self.cluster.leader()
        if leader is None:
            return ""
        self._cut(fault, between([leader], list(self.cluster.machines), both=chance.random() < 0.7))
        return leader

    def _do_storm(self, fault: Fault, chance: random.Random) -> str:
        network = self.cluster.network
        network.weather = replace(STORM, in_order=chance.random() < 0.5)

        def calm() -> None:
            network.weather = self.cluster.setup.weather

        self._later(fault.duration_us, calm)
        return "everywhere"

    # Time.

    def _do_clock_rate(self, fault: Fault, chance: random.Random) -> str:
        machine = self._pick(chance)
        if machine is None:
            return ""
        machine.set_clock(rate_ppm=chance.choice((700_000, 900_000, 1_100_000, 1_400_000)))
        return f"{machine.name} goes at {machine.rate_ppm} ppm"

    def _do_clock_jump(self, fault: Fault, chance: random.Random) -> str:
        machine = self._pick(chance)
        if machine is None:
            return ""
        # Not far ahead: what a leader proposes then waits, in the worst case, until the time has really come.
        offset_ms = chance.choice((-60_000, -3_000, -500, 500, 3_000, 6_000))
        machine.set_clock(offset_ms=offset_ms)
        self._later(fault.duration_us, lambda: machine.set_clock(offset_ms=0))
        return f"{machine.name} by {offset_ms} ms"

    # Disks.

    def _do_slow_disk(self, fault: Fault, chance: random.Random) -> str:
        machine = self._pick(chance)
        if machine is None:
            return ""
        disk = chance.choice(machine.disks)
        disk.sync_us = SLOW_SYNC_US
        self._later(fault.duration_us, lambda: setattr(disk, "sync_us", SYNC_US))
        return disk.name

    def _do_full_disk(self, fault: Fault, chance: random.Random) -> str:
        machine = self._pick(chance)
        if machine is None:
            return ""
        disk = chance.choice(machine.disks)
        disk.fill()

        def make_room() -> None:
            disk.make_room()
            machine.start()

        self._later(fault.duration_us, make_room)
        return disk.name

    def _damage(self, fault: Fault, chance: random.Random, spoil: Callable[["Machine"], bool]) -> str:
        """Spoil the disks of a machine without power, and start it on what is left."""
        machine = self._pick(chance, up=False)
        if machine is None or not self.cluster.can_lose(machine.name):
            return ""
        if machine.is_up:
            machine.kill()
        if not spoil(machine):
            machine.start()
            return ""
        self.cluster.damaged.add(machine.name)
        return self._back(machine, fault.duration_us // 2)

    def _do_flip_log(self, fault: Fault, chance: random.Random) -> str:
        return self._damage(fault, chance, lambda machine: machine.log_disk.flip(".log", HEADER_SIZE))

    def _do_wipe_log(self, fault: Fault, chance: random.Random) -> str:
        def wipe(machine: "Machine") -> bool:
            machine.log_disk.put_files({})
            return True

        return self._damage(fault, chance, wipe)

    def _do_wipe_ledger(self, fault: Fault, chance: random.Random) -> str:
        def wipe(machine: "Machine") -> bool:
            machine.store.rewind(0)
            machine.log_disk.put_files({})
            return True

        return self._damage(fault, chance, wipe)

    def _do_wipe_safety(self, fault: Fault, chance: random.Random) -> str:
        def wipe(machine: "Machine") -> bool:
            machine.safety_disk.put_files({})
            return True

        return self._damage(fault, chance, wipe)

    # Members.

    def _do_add(self, fault: Fault, chance: random.Random) -> str:
        return self.cluster.governor.want("add")

    def _do_promote(self, fault: Fault, chance: random.Random) -> str:
        return self.cluster.governor.want("promote")

    def _do_replace(self, fault: Fault, chance: random.Random) -> str:
        return self.cluster.governor.want("replace")

    def _do_remove(self, fault: Fault, chance: random.Random) -> str:
        return self.cluster.governor.want("remove")

    def _do_rotate(self, fault: Fault, chance: random.Random) -> str:
        return self.cluster.governor.want("rotate")
