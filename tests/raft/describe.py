"""Nodes, messages and work in the words of etcd's scenarios. Ids are numbers there: see `node_id`."""

from consensus.entry import Entry, Kind
from consensus.raft.configuration import Change, ConfChange, Configuration, Operation, Transition
from consensus.raft.messages import APPEND_THREAD, APPLY_THREAD, NOBODY, HardState, Message, Ready, Snapshot
from consensus.raft.progress import Progress

_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}


def node_id(number: int) -> str:
    """A node's id in the core; 0 = nobody. Padded, so that ids sort as their numbers do."""
    return f"{number:04x}" if number else NOBODY


def number_of(node: str) -> int:
    return int(node, 16) if node else 0


def quote(data: bytes) -> str:
    """Bytes in double quotes, as Go's %q prints them."""
    out = []
    for char in data.decode("utf-8", "surrogateescape"):
        code = ord(char)
        if code in _ESCAPES:
            out.append(_ESCAPES[code])
        elif 0xDC80 <= code <= 0xDCFF:
            out.append(f"\\x{code - 0xDC00:02x}")
        elif char.isprintable():
            out.append(char)
        else:
            out.append(f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    return '"' + "".join(out) + '"'


# Changes of the configuration. The scenarios know two kinds of entry for them; the payload says which one it is.


def parse_changes(text: str) -> tuple[Change, ...]:
    """`v1 l2 r3 u4`."""
    return tuple(Change(Operation(word[0]), node_id(int(word[1:]))) for word in text.split())


def encode_change(change: ConfChange, *, is_v1: bool = False) -> bytes:
    if change.leaves_joint:
        return b""
    words = " ".join(f"{step.operation}{number_of(step.id)}" for step in change.changes)
    return f"{'V1' if is_v1 else 'V2'} {change.transition} {words}".encode()


def decode_change(payload: bytes) -> ConfChange:
    _, transition, words = payload.decode().split(" ", 2)
    return ConfChange(parse_changes(words), Transition(transition))


def describe_entry(entry: Entry) -> str:
    if entry.kind is Kind.PROPOSAL:
        return f"{entry.term}/{entry.index} EntryNormal {quote(entry.payload)}"
    version, _, words = entry.payload.decode().partition(" ")
    name = "EntryConfChange" if version == "V1" else "EntryConfChangeV2"
    return f"{entry.term}/{entry.index} {name} {words.partition(' ')[2]}".rstrip()


def describe_target(node: str) -> str:
    names = {NOBODY: "None", APPEND_THREAD: "AppendThread", APPLY_THREAD: "ApplyThread"}
    return names.get(node) or f"{number_of(node):x}"


def _list(nodes: frozenset[str]) -> str:
    return "[" + " ".join(str(number_of(node)) for node in sorted(nodes)) + "]"


def describe_snapshot(snapshot: Snapshot) -> str:
    metadata = snapshot.metadata
    members = metadata.configuration
    return (
        f"Index:{metadata.index} Term:{metadata.term} ConfState:Voters:{_list(members.voters)} "
        f"VotersOutgoing:{_list(members.outgoing)} Learners:{_list(members.learners)} "
        f"LearnersNext:{_list(members.learners_next)} AutoLeave:{str(members.auto_leave).lower()}"
    )


def describe_message(message: Message, indent: str = "") -> str:
    parts = [f"{indent}{describe_target(message.sender)}->{describe_target(message.to)} {message.type}"]
    parts.append(f" Term:{message.term} Log:{message.log_term}/{message.index}")
    if message.reject:
        parts.append(f" Rejected (Hint: {message.hint})")
    if message.commit:
        parts.append(f" Commit:{message.commit}")
    if message.vote:
        parts.append(f" Vote:{number_of(message.vote)}")
    if len(message.entries) == 1:
        parts.append(f" Entries:[{describe_entry(message.entries[0])}]")
    elif message.entries:
        parts += [" Entries:[", *[f"\n{indent}  {describe_entry(entry)}" for entry in message.entries], f"\n{indent}]"]
    if message.snapshot is not None and message.snapshot.metadata.index:
        parts.append(f"\n{indent}  Snapshot: {describe_snapshot(message.snapshot)}")
    if message.responses:
        parts.append(" Responses:[")
        parts += [f"\n{describe_message(response, indent + '  ')}" for response in message.responses]
        parts.append(f"\n{indent}]")
    return "".join(parts)


def describe_hard_state(hard: HardState) -> str:
    vote = f" Vote:{number_of(hard.vote)}" if hard.vote else ""
    return f"Term:{hard.term}{vote} Commit:{hard.commit}"


def describe_ready(ready: Ready) -> str:
    lines = []
    if ready.soft is not None:
        lines.append(f"Lead:{number_of(ready.soft.leader)} State:{ready.soft.role}")
    if ready.hard is not None:
        lines.append(f"HardState {describe_hard_state(ready.hard)}")
    if ready.read_states:
        states = " ".join(f"{{{state.index} [{' '.join(map(str, state.context))}]}}" for state in ready.read_states)
        lines.append(f"ReadStates [{states}]")
    if ready.entries:
        lines += ["Entries:", *map(describe_entry, ready.entries)]
    if ready.snapshot is not None:
        lines.append(f"Snapshot {describe_snapshot(ready.snapshot)}")
    if ready.committed:
        lines += ["CommittedEntries:", *map(describe_entry, ready.committed)]
    if ready.messages:
        lines += ["Messages:", *map(describe_message, ready.messages)]
    if not lines:
        return "<empty Ready>"
    return "\n".join([f"Ready MustSync={str(ready.must_sync).lower()}:", *lines])


def describe_progress(progress: Progress) -> str:
    parts = [f"{progress.state} match={progress.match} next={progress.next}"]
    if progress.is_learner:
        parts.append("learner")
    if progress.is_paused:
        parts.append("paused")
    if progress.pending_snapshot:
        parts.append(f"pendingSnap={progress.pending_snapshot}")
    if not progress.is_active:
        parts.append("inactive")
    if progress.inflights:
        parts.append(f"inflight={len(progress.inflights)}{'[full]' if progress.inflights.is_full else ''}")
    return " ".join(parts)


def describe_progresses(progress: dict[str, Progress]) -> str:
    return "\n".join(f"{number_of(member)}: {describe_progress(progress[member])}" for member in sorted(progress))


def describe_configuration(configuration: Configuration) -> str:
    def group(nodes: frozenset[str]) -> str:
        return "(" + " ".join(str(number_of(node)) for node in sorted(nodes)) + ")"

    text = f"voters={group(configuration.voters)}"
    if configuration.outgoing:
        text += f"&&{group(configuration.outgoing)}"
    if configuration.learners:
        text += f" learners={group(configuration.learners)}"
    if configuration.learners_next:
        text += f" learners_next={group(configuration.learners_next)}"
    return text + (" autoleave" if configuration.auto_leave else "")
