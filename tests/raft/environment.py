"""A few nodes on one bench, moved by the commands of a scenario: deterministic, one message at a time.

What runs is the core; what is written here is the driver, the network and the printing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from msgspec.structs import replace

from consensus.entry import Entry, Kind
from consensus.raft.config import Config
from consensus.raft.configuration import ConfChange, Configuration, Transition
from consensus.raft.errors import ProposalDropped, Refused
from consensus.raft.messages import (
    APPEND_THREAD,
    APPLY_THREAD,
    HardState,
    Message,
    MessageType,
    Snapshot,
    SnapshotMetadata,
)
from consensus.raft.node import RawNode
from tests.raft.datadriven import Case
from tests.raft.describe import (
    decode_change,
    describe_entry,
    describe_message,
    describe_progresses,
    describe_ready,
    encode_change,
    node_id,
    number_of,
    parse_changes,
)
from tests.raft.memory import MemoryStorage

THREADS = (APPEND_THREAD, APPLY_THREAD)


class Bench:
    """One node with its storage, its queues of asynchronous work, and the states it went through: all data so far."""

    def __init__(self, config: Config, snapshot: Snapshot) -> None:
        self.config = config
        self.number = number_of(config.id)
        self.storage = MemoryStorage()
        if snapshot.metadata.index:
            self.storage.apply_snapshot(snapshot)
        self.storage.latest = snapshot
        self.node = RawNode(config, self.storage)
        self.append_work: list[Message] = []
        self.apply_work: list[Message] = []

    def store(self, hard: HardState | None, entries: Sequence[Entry], snapshot: Snapshot | None) -> None:
        if hard is not None:
            self.storage.hard = hard
        if snapshot is not None:
            self.storage.apply_snapshot(snapshot)
        self.storage.append(entries)

    def apply(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            latest = self.storage.latest
            configuration, data = latest.metadata.configuration, latest.data
            if entry.kind is Kind.CONFIGURATION:
                change = decode_change(entry.payload) if entry.payload else ConfChange()
                configuration = self.node.apply_change(change)
            else:
                data += entry.payload
            self.storage.latest = Snapshot(SnapshotMetadata(entry.index, entry.term, configuration), data)

    def log(self) -> str:
        first, last = self.storage.first_index(), self.storage.last_index()
        if last < first:
            return f"log is empty: first index={first}, last index={last}"
        return "\n".join(map(describe_entry, self.storage.entries(first, last + 1, 1 << 62)))


class Environment:
    """The nodes of one scenario, the messages between them, and what is printed."""

    def __init__(self) -> None:
        self.benches: list[Bench] = []
        self.messages: list[Message] = []
        self._copies: list[Message] = []
        self._lines: list[str] = []
        self._indent = ""
        self._is_quiet = False

    def handle(self, case: Case) -> str:
        """Carry out a command; returns what it prints, `ok` if nothing."""
        self._lines = []
        try:
            getattr(self, "do_" + case.command.replace("-", "_"))(case)
        except ProposalDropped as error:
            self._lines.append(str(error))
        return "\n".join(self._lines) or "ok"

    def _print(self, text: str) -> None:
        if text and not self._is_quiet:
            self._lines += [self._indent + line for line in text.splitlines()]

    @contextmanager
    def _under(self, heading: str, *, shown: bool = True) -> Iterator[None]:
        if shown:
            self._print(f"> {heading}")
            self._indent += "  "
        yield
        if shown:
            self._indent = self._indent[:-2]

    def _bench(self, number: int) -> Bench:
        return self.benches[number - 1]

    def _first(self, case: Case) -> Bench:
        return self._bench(int(case.arguments[0][0]))

    # Nodes

    def do_add_nodes(self, case: Case) -> None:
        index = int(case.value("index", "0"))
        configuration = Configuration(
            frozenset(node_id(int(number)) for number in case.values("voters") or []),
            learners=frozenset(node_id(int(number)) for number in case.values("learners") or []),
        )
        if index or configuration != Configuration() or case.value("content"):
            assert index > 1, "index must be specified as > 1 due to bootstrap"
        snapshot = Snapshot(SnapshotMetadata(index, 1 if index else 0, configuration), case.value("content").encode())
        config = Config(
            id="stub",
            draw=lambda n: n - 1,
            election_tick=3,
            heartbeat_tick=1,
            decode_change=decode_change,
            max_size_per_message=int(case.value("max-size-per-message", str(1 << 62))),
            max_inflight_messages=int(case.value("inflight", "1000000")),
            max_committed_size_per_ready=int(case.value("max-committed-size-per-ready", str(1 << 62))),
            pre_vote=case.value("prevote") == "true",
            check_quorum=case.value("checkquorum") == "true",
            async_storage_writes=case.value("async-storage-writes") == "true",
            disable_conf_change_validation=case.value("disable-conf-change-validation") == "true",
            lease_reads=case.value("read-only") == "lease-based",
            step_down_on_removal=case.value("step-down-on-removal") == "true",
            applied=index,
        )
        for _ in range(int(case.arguments[0][0])):
            self.benches.append(Bench(replace(config, id=node_id(len(self.benches) + 1)), snapshot))

    def do_campaign(self, case: Case) -> None:
        self._first(case).node.campaign()

    def do_propose(self, case: Case) -> None:
        self._first(case).node.propose(case.arguments[1][0].encode())

    def do_propose_conf_change(self, case: Case) -> None:
        is_v1 = case.value("v1") == "true"
        change = ConfChange(parse_changes(case.input), Transition(case.value("transition", "auto")))
        assert not is_v1 or not change.enters_joint, "v1 conf change can only have one operation and no transition"
        self._first(case).node.propose_change(encode_change(change, is_v1=is_v1))

    def do_transfer_leadership(self, case: Case) -> None:
        self._bench(int(case.value("from"))).node.transfer_leader(node_id(int(case.value("to"))))

    def do_forget_leader(self, case: Case) -> None:
        self._first(case).node.forget_leader()

    def do_report_unreachable(self, case: Case) -> None:
        reporter, lost = case.numbers()
        self._bench(reporter).node.report_unreachable(node_id(lost))

    def do_send_snapshot(self, case: Case) -> None:
        sender, to = case.numbers()
        bench = self._bench(sender)
        message = Message(
            type=MessageType.SNAPSHOT,
            term=bench.node.raft.term,
            sender=bench.config.id,
            to=node_id(to),
            snapshot=bench.storage.snapshot(),
        )
        self.messages.append(message)
        self._print(describe_message(message))

    def do_compact(self, case: Case) -> None:
        bench = self._first(case)
        bench.storage.compact(int(case.arguments[1][0]))
        self._print(bench.log())

    # Not among etcd's commands: the network delivers late, or twice

    def do_copy_msgs(self, case: Case) -> None:
        self._copies += [message for message in self.messages if number_of(message.to) in case.numbers()]

    def do_replay_msgs(self, _case: Case) -> None:
        self.messages += self._copies
        self._copies = []

    # Time

    def do_tick_heartbeat(self, case: Case) -> None:
        self._tick(case, lambda config: config.heartbeat_tick)

    def do_tick_election(self, case: Case) -> None:
        self._tick(case, lambda config: config.election_tick)

    def _tick(self, case: Case, count: Callable[[Config], int]) -> None:
        bench = self._first(case)
        for _ in range(count(bench.config)):
            bench.node.tick()

    def do_set_randomized_election_timeout(self, case: Case) -> None:
        self._first(case).node.raft.election_timeout = int(case.value("timeout"))

    # Looking

    def do_log_level(self, case: Case) -> None:
        self._is_quiet = case.arguments[0][0].lower() == "none"

    def do_raft_log(self, case: Case) -> None:
        self._print(self._first(case).log())

    def do_raft_state(self, _case: Case) -> None:
        for bench in self.benches:
            raft = bench.node.raft
            kind = "Voter" if raft.tracker.is_voter(raft.id) else "Non-Voter"
            self._print(f"{bench.number}: {raft.role} ({kind}) Term:{raft.term} Lead:{number_of(raft.leader)}")

    def do_status(self, case: Case) -> None:
        self._print(describe_progresses(self._first(case).node.status().progress))

    # Work

    def do_process_ready(self, case: Case) -> None:
        benches = self._benches(case)
        for bench in benches:
            with self._under(f"{bench.number} handling Ready", shown=len(benches) > 1):
                self._process_ready(bench)

    def do_process_append_thread(self, case: Case) -> None:
        benches = self._benches(case)
        for bench in benches:
            with self._under(f"{bench.number} processing append thread", shown=len(benches) > 1):
                self._process_append(bench)

    def do_process_apply_thread(self, case: Case) -> None:
        benches = self._benches(case)
        for bench in benches:
            with self._under(f"{bench.number} processing apply thread", shown=len(benches) > 1):
                self._process_apply(bench)

    def do_deliver_msgs(self, case: Case) -> None:
        wanted = case.value("type")
        recipients: list[tuple[int, bool]] = []
        for key, values in case.arguments:
            if not values:
                recipients.append((int(key), False))
            elif key == "drop":
                recipients += [(int(number), True) for number in values]
        count = sum([self._deliver(number, wanted, drop=drop) for number, drop in recipients])
        if not count:
            self._print("no messages")

    def do_stabilize(self, case: Case) -> None:
        was_quiet = self._is_quiet
        level = case.value("log-level")
        if level:
            self._is_quiet = level.lower() == "none"
        benches = self._benches(case)
        while self._stabilize_once(benches):
            pass
        self._is_quiet = was_quiet

    def _benches(self, case: Case) -> list[Bench]:
        return [self._bench(number) for number in case.numbers()] or self.benches

    def _stabilize_once(self, benches: Sequence[Bench]) -> bool:
        worked = False
        for bench in benches:
            if bench.node.has_ready:
                worked = True
                with self._under(f"{bench.number} handling Ready"):
                    self._process_ready(bench)
        for bench in benches:
            if any(message.to == bench.config.id for message in self.messages):
                worked = True
                with self._under(f"{bench.number} receiving messages"):
                    self._deliver(bench.number, "", drop=False)
        for name, process in (("append", self._process_append), ("apply", self._process_apply)):
            for bench in benches:
                work = bench.append_work if name == "append" else bench.apply_work
                if work:
                    worked = True
                    self._print(f"> {bench.number} processing {name} thread")
                while work:
                    self._indent += "  "
                    process(bench)
                    self._indent = self._indent[:-2]
        return worked

    def _process_ready(self, bench: Bench) -> None:
        ready = bench.node.ready()
        self._print(describe_ready(ready))
        is_async = bench.config.async_storage_writes
        if not is_async:
            bench.store(ready.hard, ready.entries, ready.snapshot)
            bench.apply(ready.committed)
        for message in ready.messages:
            if message.to == APPEND_THREAD:
                bench.append_work.append(message)
            elif message.to == APPLY_THREAD:
                bench.apply_work.append(message)
            else:
                self.messages.append(message)
        if not is_async:
            bench.node.advance()

    def _process_append(self, bench: Bench) -> None:
        if not bench.append_work:
            self._print("no append work to perform")
            return
        work = bench.append_work.pop(0)
        hard = HardState(work.term, work.vote, work.commit)
        bench.store(hard if hard != HardState() else None, work.entries, work.snapshot)
        self._respond(work)

    def _process_apply(self, bench: Bench) -> None:
        if not bench.apply_work:
            self._print("no apply work to perform")
            return
        work = bench.apply_work.pop(0)
        bench.apply(work.entries)
        self._respond(work)

    def _respond(self, work: Message) -> None:
        responses = work.responses
        self._print("Processing:")
        self._print(describe_message(replace(work, responses=())))
        self._print("Responses:")
        for response in responses:
            self._print(describe_message(response))
        self.messages += responses

    def _deliver(self, number: int, wanted: str, *, drop: bool) -> int:
        to = node_id(number)
        taken: list[Message] = []
        left: list[Message] = []
        for message in self.messages:
            is_local = message.sender == message.to or message.sender in THREADS
            hit = message.to == to and (not wanted or message.type == wanted) and not (drop and is_local)
            (taken if hit else left).append(message)
        self.messages = left
        for message in taken:
            self._print(("dropped: " if drop else "") + describe_message(message))
            if not drop:
                try:
                    self._bench(number).node.step(message)
                except Refused as error:
                    self._print(str(error))
        return len(taken)
