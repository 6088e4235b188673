"""What a leader proposes, and when: transactions that wait, empty blocks that keep time, and changes of the voters."""

from collections.abc import Callable

from consensus.member import Member
from ledger.crypto.encoding import encode
from network.mempool import Mempool
from network.replica.change import encode_change
from network.replica.finality import Finality, Ledger
from network.replica.network_state import NetworkState
from network.replica.pacing import Pacing
from network.replica.slow_clock import SlowClock
from network.replica.work import Limits


class Proposer:
    """Used while this validator leads. `in_flight`: entries not final yet."""

    def __init__(
        self,
        member: Member,
        mempool: Mempool,
        state: NetworkState,
        finality: Finality,
        ledger: Ledger,
        limits: Limits,
        hand_over: Callable[[], bool],
    ) -> None:
        self._member = member
        self._mempool = mempool
        self._state = state
        self._finality = finality
        self._ledger = ledger
        self._limits = limits
        self._pacing = Pacing()
        self._slow_clock = SlowClock(member)
        self._hand_over = hand_over
        self.proposed = 0
        """Proposals made; whoever counts them sets it back."""

    def step(self, now_ms: int, in_flight: int) -> None:
        """Propose what is due, or let another lead whose clock is right."""
        if self._slow_clock.look(now_ms, self._ledger.head.time_ms):
            self._hand_over()
        self._pacing.look(now_ms)
        self._change_voters()
        due_ms = self.due_ms(in_flight)
        if due_ms is not None and now_ms >= due_ms:
            self._propose(now_ms)

    def due_ms(self, in_flight: int) -> int | None:
        """From when on the next proposal is due; None = not before something else happens."""
        parameters = self._state.parameters
        has_work = bool(self._mempool.waiting) or self._is_hurried
        interval, empty = parameters["block_interval_ms"], parameters["empty_block_ms"]
        return self._pacing.due_ms(interval, empty, self._ledger.head.time_ms, in_flight, has_work=has_work)

    @property
    def _is_hurried(self) -> bool:
        """Whether blocks are wanted although nothing waits: the first one, those a set change needs to take hold, or
        those that due timers still need.
        """
        return self._ledger.head.height == 0 or self._state.is_changing or self._state.is_timer_due

    def _propose(self, now_ms: int) -> None:
        taken = self._mempool.take(self._limits.block_count, self._limits.block_bytes)
        time_ms = max(now_ms, self._finality.head.time_ms + 1)
        self._pacing.proposed(now_ms)
        if self._member.propose(encode((time_ms, [entry.raw for entry in taken]))):
            self.proposed += 1
        else:
            self._mempool.restore()

    def _change_voters(self) -> None:
        """Bring the voters into line with the validators that the ledger names."""
        validators, voters = self._ledger.head.validators, self._member.voters
        named = {validator.id for validator in validators}
        if named != set(voters.incoming) and not voters.outgoing:
            self._member.propose_change(encode_change(self._ledger.head.height, validators))
