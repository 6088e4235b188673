"""One validator without sockets, threads or clocks: it is told the time, what peers say and what waits to be ordered;
it does its durable writes through the ports it was given, and says what to send.

The driver (node.py, or the simulator) calls `tick` every `TICK_MS`, `receive` for each message, and `work` after any of
these, again and again while it returns `more`, sending each time what it is given: so what comes meanwhile is answered
before the rest of a block is executed.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from consensus.entry import Entry, Kind
from consensus.evidence import Evidence
from consensus.member import Member, Resume, Voters
from consensus.storage.log import DurableLog
from consensus.storage.safety import SafetyFile
from ledger.block import Validator, decode_proposal
from ledger.crypto.encoding import Malformed
from ledger.crypto.signing import SigningKey
from ledger.genesis import Genesis
from ledger.module import Registry
from ledger.modules.governance.state import ValidatorRecord
from ledger.replay import ReplayError
from network.mempool import Mempool
from network.replica import messages as wire
from network.replica.catch_up import CatchUp, give_blocks
from network.replica.change import decide
from network.replica.checks import Checked, Checks
from network.replica.durability import persist
from network.replica.errors import PeerFault
from network.replica.finality import Final, Finality, Ledger
from network.replica.forwarding import Forwarding
from network.replica.giving import Giving
from network.replica.greeting import Greeting
from network.replica.network_state import ANY_HEIGHT, NetworkState
from network.replica.open_reads import OpenReads
from network.replica.outbox import Outbox
from network.replica.proposer import Proposer
from network.replica.recovery import recover
from network.replica.retirement import Retirement
from network.replica.settling import settle
from network.replica.view import view_of
from network.replica.work import Limits, Work
from network.status import NodeView, waiting_for

TICK_MS = 50
RESEND_TICKS = 10
"""Ticks between two sendings of cosignatures that have not led to a certificate, and two words of how far we are."""

CLOCK_AHEAD_MS = 2_000
"""How far the time of a proposal may be ahead of a voter's clock (DESIGN §4)."""

ADOPTED_LEAVES_MAX = 256
"""Leaves of the blocks taken over from a peer between two durable steps of ordering: the log begins anew behind each
such run of blocks, which costs syncs of the ledger and of the log, and on a slow disk that is what catching up waits
for.
"""

FORWARDED_MAX = 16
"""Forwarded batches of each peer that may wait for the driver; more are dropped, and their sender sends them again."""


class Replica:
    """See the module. Every exception but `PeerFault` stops the node; `Retired` is the only good one."""

    def __init__(
        self,
        genesis: Genesis,
        registry: Registry,
        key: SigningKey,
        id: str,
        log: DurableLog,
        safety: SafetyFile,
        ledger: Ledger,
        mempool: Mempool,
        keep_evidence: Callable[[Evidence], object],
        draw: Callable[[int], int],
        limits: Limits | None = None,
    ) -> None:
        """Bring the parts into agreement; raises `ConsensusFault` when they do not fit together."""
        self.id = id
        self._genesis = genesis
        self._log = log
        self._safety = safety
        self._ledger = ledger
        self._mempool = mempool
        self._keep_evidence = keep_evidence
        self._state = NetworkState(genesis, ledger)
        self._certified, voters = recover(genesis, id, log, safety, ledger)
        limits = limits or Limits()
        self.finality = Finality(genesis, registry, key, id, ledger, safety, limits.steps_at_once)
        self._checks = Checks(mempool)
        newest = ledger.snapshot.block(ledger.head.height)
        resume = Resume(ledger.head.height, self._certified, voters, newest.note if newest is not None else "")
        keys, check = self._state.public_key, self._check_payload
        self.member = Member(id, key, genesis.chain_id, log, safety.promises, resume, keys, check, draw)
        me = Validator(genesis.cosigner_name(id), key.public_key)
        self._greeting = Greeting(me, voters.incoming, id)
        if newest is not None:
            self._greeting.remember(newest.note)
            self._greeting.answered(id, newest.note, safety.promises)
        self.catch_up = CatchUp()
        self._giving = Giving()
        self._asked: set[str] = set()
        self._forwarding = Forwarding(mempool)
        self._proposer = Proposer(self.member, mempool, self._state, self.finality, ledger, limits, self.hand_over)
        self._released: deque[Entry] = deque()
        self._processed = self._certified.index
        self._reads = OpenReads()
        self._out = Outbox()
        self._records_of: tuple[int, Voters] | None = None
        self._records: Mapping[str, ValidatorRecord] = {}
        self._ticks = 0
        self._resent_height = -1
        self._retirement = Retirement(id, self._state, self.member, log, self.finality, ledger)
        self._work = Work()

    # What happens to a validator.

    def tick(self) -> None:
        """`TICK_MS` have passed. Raises `Retired`."""
        self._ticks += 1
        self._giving.tick()
        if self._ticks % RESEND_TICKS == 0:
            self._state.refresh()
            self._resend()
        self._retirement.check(self._processed, self.catch_up.heights)
        if self._greeting.is_over:
            self.member.tick()

    def receive(self, peer: str, data: bytes, now_ms: int) -> None:
        """A peer, known by its key, says something. Raises `PeerFault`."""
        try:
            message = wire.decode_peer(data)
        except Malformed as error:
            raise PeerFault(peer, str(error)) from None
        match message:
            case wire.Newest():
                self._greeting.answered(peer, message.note, self._safety.promises)
                self.catch_up.heard(peer, message.height)
            case wire.Asked():
                self._asked.add(peer)
            case wire.Reached():
                self.catch_up.heard(peer, message.height)
            case wire.Cosigned():
                if not self._take(message.note):
                    raise PeerFault(peer, "cosignatures that do not verify")
            case wire.Forward():
                held = sum(other == peer for other, _ in self._work.forwarded)
                if self.member.is_leader and held < FORWARDED_MAX:
                    self._work.forwarded.append((peer, message.transactions))
            case wire.BlocksWanted():
                self._giving.want(peer, message.first)
            case wire.BlocksGiven():
                self.catch_up.given(peer, message, self._ledger.head.height)
            case _:
                if self._greeting.is_over:
                    self.member.step(peer, message, now_ms)

    def connected(self, peer: str) -> None:
        """A peer can be talked to: tell it what it may have forgotten, and what it may have missed."""
        self._out.peers.add(peer)
        self._send_newest(peer)
        for executed in self.finality.awaiting:
            if executed.cosigned:
                self._out.send(peer, wire.Cosigned(executed.cosigned))

    def disconnected(self, peer: str) -> None:
        """A peer cannot be talked to."""
        self._out.peers.discard(peer)
        self.catch_up.lost(peer)

    def checked(self, digest: bytes, results: Sequence[Checked]) -> None:
        """The answer to one item of `Work.to_check`, aligned with its transactions."""
        self._checks.done(digest, results)

    def read(self, token: bytes) -> None:
        """Ask for a read that sees everything acknowledged before now: `Work.reads` gives the token back when the
        ledger may be read for it, or never (no leader, messages lost): ask again.
        """
        self.member.read_index(token)

    def hand_over(self) -> bool:
        """The validator is to stop: let another lead. False when it does not lead, or nobody is there to take over."""
        return self.member.hand_over(self._out.peers)

    # What a validator does.

    def work(self, now_ms: int) -> Work:
        """Everything there is to do now, durable writes included, up to some of one block executed."""
        self._order(now_ms)
        progressed = self._drain_member()
        if not self._out.messages:
            progressed |= self._process_released(now_ms)
        progressed |= self._certify() or (not self.finality.is_executing and self._adopt())
        self._ask_for_blocks(now_ms)
        self._answer_peers()
        waiting = [executed.tip.index for executed in self.finality.awaiting]
        self._work.reads += self._reads.take(self._processed, waiting)
        work, self._work = self._work, Work()
        work.messages = self._out.take()
        work.proposed, self._proposer.proposed = self._proposer.proposed, 0
        work.abstained, self.finality.abstained = self.finality.abstained, []
        work.to_check, self._checks.wanted = self._checks.wanted, []
        work.more = progressed or bool(work.messages and self._released)
        return work

    def deadline_ms(self) -> int | None:
        """When `work` should be called again although nothing happens, on the clock of `work`; None = no need."""
        if self.member.is_leader:
            return self._proposer.due_ms(self._in_flight)
        interval_ms = self._state.parameters["block_interval_ms"]
        return self._forwarding.due_ms(interval_ms) if self.member.leader in self._out.peers else None

    @property
    def _in_flight(self) -> int:
        """Entries that are ordered or being ordered, and not final yet."""
        return self.member.last.index - self._processed + len(self.finality.awaiting)

    # Ordering.

    def _order(self, now_ms: int) -> None:
        """Propose what waits, or send it to whoever leads."""
        member = self.member
        self._forwarding.follow(member.term, member.leader)
        if member.is_leader:
            self._proposer.step(now_ms, self._in_flight)
        elif member.leader in self._out.peers:
            while batch := self._forwarding.next_batch(now_ms, self._state.parameters["block_interval_ms"]):
                self._out.send(member.leader, wire.Forward(batch))

    def _check_payload(self, payload: bytes, now_ms: int) -> str:
        """Why a proposal of another validator is not acknowledged, "" = it is."""
        try:
            proposal = decode_proposal(payload)
        except Malformed as error:
            return str(error)
        return "its time is ahead" if proposal.time_ms > now_ms + CLOCK_AHEAD_MS else ""

    def _drain_member(self) -> bool:
        """Make durable what ordering wants durable, then let out what depends on it."""
        ready = self.member.ready()
        if ready is None:
            return False
        persist(ready, self._log, self._safety, self._ledger)
        self.member.advance()
        for peer, message in ready.messages:
            self._out.send(peer, message)
        for entry in ready.persist:
            self._checks.begin(entry, ahead=True)
        self._released.extend(ready.released)
        self._reads.add(ready.reads)
        for evidence in ready.evidence:
            self._keep_evidence(evidence)
        for _, note in ready.notes:
            self._take(note)
        if ready.notes or ready.behind:
            self.catch_up.hasten()
        return True

    # Finality.

    def _process_released(self, now_ms: int) -> bool:
        """Go on with what is ordered, up to some of one block. Returns whether anything came of it."""
        progressed = False
        while self._released and self._process(self._released[0], now_ms):
            self._processed = self._released.popleft().index
            progressed = True
            if self.finality.awaiting:
                break
        return progressed or self.finality.is_executing

    def _process(self, entry: Entry, now_ms: int) -> bool:
        """Whether an entry is done with; False = it has to wait."""
        if entry.index <= self._certified.index or (entry.kind is Kind.PROPOSAL and not entry.payload):
            return True
        if entry.kind is Kind.CONFIGURATION:
            decision = decide(entry.payload, self.finality.head, self._ledger)
            if decision is None:
                return False
            self.member.change_applied(decision.voters)
            return True
        self._checks.begin(entry, ahead=False)
        pending = self._checks.find(entry)
        if pending is None or self.finality.is_full:
            return False
        if pending.proposal is None:
            return True  # Decided the same way everywhere: the entry has its index and makes no block.
        results = [result for result in pending.results if result is not None]
        executed = self.finality.execute(entry, pending.proposal, results, self.member.voters, now_ms)
        if executed is not None and executed.cosigned:
            self._out.broadcast(wire.Cosigned(executed.cosigned))
        return executed is not None

    def _take(self, note: str) -> bool:
        """Count the cosignatures of a note; returns whether an honest validator may have sent it."""
        bad = self.finality.bad_notes
        evidence = self.finality.take(note)
        if evidence is not None:
            self._keep_evidence(evidence)
        return self.finality.bad_notes == bad

    def _certify(self) -> bool:
        final = self.finality.certify()
        if final is not None:
            self._finished(final)
        return final is not None

    def _adopt(self) -> bool:
        """Make the next blocks final that a peer gave. Returns whether anything came of them."""
        adopted = 0
        while adopted < ADOPTED_LEAVES_MAX and (block := self.catch_up.next(self._ledger.head.height)) is not None:
            try:
                final = self.finality.adopt(block)
            except ReplayError:
                self.catch_up.refuse()
                return True
            self._finished(final)
            adopted += len(final.block.leaves)
        return adopted > 0

    def _finished(self, final: Final) -> None:
        """A block is final: everyone who waited for it goes on."""
        before = self._certified
        self._certified = final.tip
        self.member.certified(final.block.height, final.tip, final.voters, final.note)
        settle(self._mempool, final, self._ledger.receipt)
        self._greeting.remember(final.note)
        if not self._greeting.is_over:
            self._greeting.follow(final.voters.incoming)
        self._checks.forget(final.tip.index)
        self._processed = max(self._processed, final.tip.index)
        if final.is_synced and before.index >= self._log.base.index:
            self._log.truncate_prefix(min(final.tip.index, self._log.tip.index))
        self._work.blocks.append(final)

    def _ask_for_blocks(self, now_ms: int) -> None:
        height = self._ledger.head.height
        peer = self.catch_up.ask(height, now_ms)
        if peer is not None:
            self._out.send(peer, wire.BlocksWanted(height + 1))

    def _answer_peers(self) -> None:
        """Give what was asked for: blocks to one peer at a time."""
        asked, self._asked = self._asked, set()
        for peer in sorted(asked):
            self._send_newest(peer)
        for peer, first in self._giving.take():
            last = ANY_HEIGHT if peer in self.member.voters else self._state.last_height_for(peer)
            self._out.send(peer, give_blocks(self._ledger.snapshot, first, last))

    # Others.

    def peer_records(self) -> Mapping[str, ValidatorRecord]:
        """Everyone this node talks to, by id, as the ledger has them: validators, learners, and who was one.

        Whoever still votes on the order counts as a validator, although the ledger has just retired it.
        """
        known = (self._state.height, self.member.voters)
        if self._records_of != known:
            self._records_of = known
            self._records = {
                peer: replace(record, status="validator") if peer in known[1] else record
                for peer, record in self._state.others(self.id).items()
            }
        return self._records

    def view(self, evidence_count: int = 0) -> NodeView:
        """How this validator takes part, and what it knows of the others."""
        validators = tuple(validator.id for validator in self._ledger.head.validators)
        missing = [] if self._greeting.is_over else self._greeting.missing
        return view_of(
            self.member,
            self.finality.head.height,
            self.peer_records(),
            self._out.peers,
            self.catch_up.heights,
            waiting_for(self.id, validators, self._out.peers, missing),
            evidence_count,
        )

    def _resend(self) -> None:
        """Say again what may have been lost, and how far this node is."""
        height = self._ledger.head.height
        if height == self._resent_height:
            for executed in self.finality.awaiting:
                if executed.cosigned:
                    self._out.broadcast(wire.Cosigned(executed.cosigned))
        self._resent_height = height
        if height:
            self._out.broadcast(wire.Reached(height))
        for peer in self._greeting.missing:
            self._out.send(peer, wire.Asked())

    def _send_newest(self, peer: str) -> None:
        name = self._genesis.cosigner_name(peer)
        newest = self.finality.newest_of(name) or self._greeting.newest_of(name)
        self._out.send(peer, wire.Newest(newest, self._ledger.head.height))
