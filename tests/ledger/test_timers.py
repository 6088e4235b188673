"""Timers: in order of due time, then of scheduling, however they are spread over pages, blocks and budgets of work."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.block import Position, Proposal, decode_leaf
from ledger.context import Context
from ledger.execute import execute
from ledger.genesis import Genesis, load_genesis
from ledger.module import DEFAULT_PARAMETERS, Module, Registry, Rules, Timer
from ledger.modules.registry import registry_module
from ledger.state import BlockState
from ledger.storage.memory import MemoryState
from ledger.timers import (
    LATE_ROOM_MAX,
    RECORD_WORK,
    TIMERS_PER_PAGE,
    WAITING_EVERY,
    WAITING_SHARE,
    scheduled,
    timers,
)
from tests.registry.chain import START_MS, genesis_json

Plan = list[tuple[int, int, int]]
"""(due after the start, how many timers follow at once when it runs, how much work it says it does)."""

INTERVAL_MS = DEFAULT_PARAMETERS["block_interval_ms"]


class Ring(Timer, tag="test.ring"):
    """Says its number; `follow` more are due at the very time at which it runs."""

    number: int
    follow: int
    work: int


class Clock:
    """A chain of one module whose genesis schedules a plan."""

    def __init__(self, plan: Plan, per_block: int) -> None:
        rules = Rules()
        self.numbers = len(plan)

        @rules.timer(Ring)
        def ring(ctx: Context, timer: Ring) -> None:
            ctx.event("rang", timer.number)
            ctx.work = timer.work
            for _ in range(timer.follow):
                ctx.schedule(ctx.time_ms, Ring(self.numbers, 0, 1))
                self.numbers += 1

        def begin(ctx: Context, _genesis: Genesis) -> None:
            for number, (after_ms, follow, work) in enumerate(plan):
                ctx.schedule(START_MS + after_ms, Ring(number, follow, work))

        self.registry = Registry([registry_module(), Module("test", (), timers=rules.timers, genesis=begin)])
        self.genesis = load_genesis(genesis_json({"platform": ["platform"]}), self.registry)
        self.genesis.parameters["timers_per_block"] = per_block
        self.state, self.head = MemoryState(), self.genesis.head()

    def block(self, after_ms: int) -> list[int]:
        """Execute an empty block; which timers ran, in order."""
        proposal = Proposal(START_MS + after_ms, [])
        at = Position(1, self.head.height + 1)
        block = execute(self.head, self.state, proposal, at, [], self.registry, self.genesis)
        self.state.apply(block)
        self.head = block.head
        told = [decode_leaf(leaf).outcome[3] for leaf in block.leaves[:-1]]
        return [fields[1] for events in told for fields in events if fields[0] == "rang"]

    def context(self) -> Context:
        """What the newest state holds."""
        return Context(BlockState(self.state), self.head.height, self.head.time_ms, {}, self.genesis.chain_id)


def expect(plan: Plan, per_block: int, times: list[int]) -> list[list[int]]:
    """What runs in each block, by the rule alone: what fell due lately, then what has waited longer, each sorted by due
    time, then by scheduling; what a block's timers schedule waits for the next block.
    """
    waiting = sorted((after_ms, 1, number, follow, work) for number, (after_ms, follow, work) in enumerate(plan))
    numbers, found, last_ms, records = len(plan), [], -START_MS, 1
    for height, time_ms in enumerate(times, 1):
        due = [each for each in waiting if each[0] <= time_ms]
        since_ms = min(LATE_ROOM_MAX * INTERVAL_MS, max(INTERVAL_MS, time_ms - last_ms))
        room, ran, added = per_block * since_ms // INTERVAL_MS, [], []
        more = room - per_block
        lately = [each for each in due if each[0] >= last_ms - INTERVAL_MS]
        longer = [each for each in due if each[0] < last_ms - INTERVAL_MS]
        for part in (lately, longer):
            if part is longer:
                room -= more
                if records or room <= 0:
                    share = max(1, per_block // WAITING_SHARE)
                    room = share if room > RECORD_WORK * records or height % WAITING_EVERY == 0 else 0
            while part and room > 0:
                ring = part.pop(0)
                waiting.remove(ring)
                ran.append(ring[2])
                room -= max(1, ring[4])
                added += [(time_ms, height, numbers + more, 0, 1) for more in range(ring[3])]
                numbers += ring[3]
        waiting = sorted(waiting + added)
        found.append(ran)
        last_ms, records = time_ms, 0
    return found


PLANS = st.lists(
    st.tuples(st.sampled_from([1, 2, 5, 1_500]), st.sampled_from([0, 0, 1, 70]), st.sampled_from([0, 1, 3, 40])),
    max_size=160,
)


@given(PLANS, st.sampled_from([1, 3, 64, 65, 400]))
def test_they_run_as_the_rule_says(plan: Plan, per_block: int) -> None:
    clock, times = Clock(plan, per_block), [0, 1, 2, 3, 6, 7, 57, 60, 120, 121, 1_520, 1_521, 1_600, 1_601, 1_602]
    assert [clock.block(time_ms) for time_ms in times] == expect(plan, per_block, times)


def test_those_of_one_time_share_rows() -> None:
    clock = Clock([(5, 0, 1)] * (2 * TIMERS_PER_PAGE + 1) + [(6, 0, 1)], 100)
    clock.block(0)
    pages = [len(page) for _, page in timers.every(clock.context())]
    assert pages == [TIMERS_PER_PAGE, TIMERS_PER_PAGE, 1, 1]
    assert [due_ms - START_MS for due_ms, _ in scheduled(clock.context())] == [5] * (2 * TIMERS_PER_PAGE + 1) + [6]
    clock.block(7)
    pages = [len(page) for _, page in timers.every(clock.context())]
    assert pages == [2 * TIMERS_PER_PAGE - 100, 1, 1]
    clock.block(8)
    assert not list(timers.every(clock.context()))
