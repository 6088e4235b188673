"""The witnessed gate, against its definition: a quorum of acknowledgements of one term, each with our own digest."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from consensus.entry import Tip
from consensus.gate import AHEAD_MAX, Gate
from consensus.voters import Voters
from ledger.certificate import quorum

FOUR = Voters(("a", "b", "c", "d"))


def digest(index: int, branch: int = 0) -> bytes:
    return bytes([branch]) * 16 + index.to_bytes(16, "big")


@dataclass
class Log:
    """Our own log: entry i has term `terms[i - 1]` and the digest of branch 0."""

    terms: list[int] = field(default_factory=list)

    def tip_at(self, index: int) -> Tip | None:
        if index == 0:
            return Tip(0, 0, digest(0))
        return Tip(self.terms[index - 1], index, digest(index)) if index <= len(self.terms) else None


def gate_of(*terms: int) -> Gate:
    return Gate(Log(list(terms)).tip_at, 0)


def acknowledge(gate: Gate, voters: str, term: int, index: int, branch: int = 0) -> None:
    for voter in voters:
        gate.acknowledge(voter, term, index, digest(index, branch))
    gate.advance(FOUR)


def test_a_quorum_of_acknowledgements_witnesses() -> None:
    gate = gate_of(1, 1, 1)
    acknowledge(gate, "ab", 1, 2)
    assert gate.witnessed == 0
    acknowledge(gate, "c", 1, 3)
    assert gate.witnessed == 2


def test_another_digest_does_not_count() -> None:
    gate = gate_of(1, 1)
    acknowledge(gate, "ab", 1, 2)
    acknowledge(gate, "cd", 1, 2, branch=1)
    assert gate.witnessed == 0


def test_acknowledgements_of_different_terms_do_not_add_up() -> None:
    gate = gate_of(1, 1)
    acknowledge(gate, "ab", 1, 2)
    acknowledge(gate, "c", 2, 2)
    assert gate.witnessed == 0


def test_an_old_entry_waits_for_one_of_the_term_that_acknowledges_it() -> None:
    """Raft §5.4.2, Figure 8: entry 2 of term 2 is on a quorum in term 4, and may still be overwritten."""
    gate = gate_of(1, 2, 4)
    acknowledge(gate, "abcd", 4, 2)
    assert gate.witnessed == 0
    acknowledge(gate, "abc", 4, 3)
    assert gate.witnessed == 3


def test_both_sets_of_a_joint_configuration_must_acknowledge() -> None:
    gate = gate_of(1)
    joint = Voters(("a", "b", "c", "d"), ("d", "e", "f", "g"))
    for voter in "abcd":
        gate.acknowledge(voter, 1, 1, digest(1))
    assert not gate.advance(joint)
    gate.acknowledge("e", 1, 1, digest(1))
    assert not gate.advance(joint)
    gate.acknowledge("f", 1, 1, digest(1))
    assert gate.advance(joint)


def test_acknowledgements_ahead_of_our_log_count_when_it_gets_there() -> None:
    log = Log([1])
    gate = Gate(log.tip_at, 0)
    acknowledge(gate, "abc", 1, 3)
    assert gate.witnessed == 0
    log.terms += [1, 1]
    gate.advance(FOUR)
    assert gate.witnessed == 3


def test_what_is_kept_of_one_voter_is_bounded_and_ends_with_the_newest() -> None:
    log = Log()
    gate = Gate(log.tip_at, 0)
    for index in range(1, 10_000):
        acknowledge(gate, "abc", 1, index)
    assert all(len(record.ahead) <= AHEAD_MAX for records in gate._records.values() for record in records)
    log.terms += [1] * 9_999
    gate.advance(FOUR)
    assert gate.witnessed == 9_999


def test_a_log_that_was_cut_agrees_with_nobody_beyond() -> None:
    log = Log([1, 1, 1])
    gate = Gate(log.tip_at, 0)
    acknowledge(gate, "ab", 1, 3)
    gate.cut(1)
    log.terms[1:] = [2, 2]
    acknowledge(gate, "c", 1, 3)
    assert gate.witnessed == 0


def test_what_was_acknowledged_before_the_cut_does_not_count_for_what_the_same_leader_put_there_since() -> None:
    """A leader that signed two entries for one place: ours was the first, and gave way to the second."""
    tips = {index: Tip(1, index, digest(index)) for index in (1, 2)}
    gate = Gate(tips.get, 0)
    acknowledge(gate, "ab", 1, 2)
    gate.cut(1)
    tips[2] = Tip(1, 2, digest(2, branch=1))
    acknowledge(gate, "c", 1, 2, branch=1)
    assert gate.witnessed == 0


def test_one_that_comes_late_counts_what_was_acknowledged_in_the_term_before() -> None:
    """Of those who acknowledged what it misses one goes on to the next term, and the others have left."""
    log = Log([1])
    gate = Gate(log.tip_at, 1)
    acknowledge(gate, "abc", 2, 3)
    acknowledge(gate, "a", 3, 4)
    log.terms += [2, 2, 3]
    gate.advance(FOUR)
    assert gate.witnessed == 3


def test_no_more_than_two_terms_of_one_voter_are_remembered() -> None:
    gate = gate_of()
    for term in range(1, 100):
        acknowledge(gate, "abc", term, term)
    assert [len(records) for records in gate._records.values()] == [2, 2, 2]


def test_those_who_left_are_forgotten() -> None:
    gate = gate_of(1)
    acknowledge(gate, "ab", 1, 1)
    gate.keep("acd")
    acknowledge(gate, "c", 1, 1)
    assert gate.witnessed == 0


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[int], Voters, list[tuple[str, int, int, int, int]]]:
    """A log, voters, and events (voter, term, index, branch, how much of our log is there by then)."""
    terms = sorted(draw(st.lists(st.integers(1, 4), min_size=1, max_size=8)))
    incoming = tuple("abcdefg"[: draw(st.integers(1, 5))])
    outgoing = tuple("defg"[: draw(st.integers(0, 4))])
    event = st.tuples(
        st.sampled_from("abcdefg"),
        st.integers(1, 4),
        st.integers(1, 9),
        st.sampled_from([0, 0, 0, 1]),
        st.integers(0, 8),
    )
    return terms, Voters(incoming, outgoing), draw(st.lists(event, max_size=40))


@settings(max_examples=300)
@given(histories())
def test_it_never_witnesses_more_than_its_definition_and_all_of_it_in_order(
    history: tuple[list[int], Voters, list[tuple[str, int, int, int, int]]],
) -> None:
    terms, voters, events = history
    log = Log()
    gate = Gate(log.tip_at, 0)
    said: list[tuple[str, int, int, int]] = []
    newest: dict[str, tuple[int, int]] = {}
    is_ordered, before = True, 0
    for voter, term, index, branch, length in events:
        log.terms = terms[: max(length, len(log.terms))]
        is_ordered &= (term, index) >= newest.get(voter, (0, 0)) and newest.get(voter, (term, 0))[0] == term
        # Nobody who follows the leader of a term holds entries of a later one.
        is_ordered &= index > len(terms) or terms[index - 1] <= term
        newest[voter] = max((term, index), newest.get(voter, (0, 0)))
        said.append((voter, term, index, branch))
        gate.acknowledge(voter, term, index, digest(index, branch))
        gate.advance(voters)
        allowed = _by_definition(log, voters, said)
        assert before <= gate.witnessed <= max(allowed, before)
        if is_ordered and all(one[3] == 0 for one in said):
            assert gate.witnessed == max(allowed, before)
        before = gate.witnessed


def _by_definition(log: Log, voters: Voters, said: list[tuple[str, int, int, int]]) -> int:
    best = 0
    for place, term in enumerate(log.terms, 1):
        holding = {
            voter
            for voter, of_term, index, branch in said
            if of_term == term and branch == 0 and place <= index <= len(log.terms)
        }
        if all(len(holding & set(half)) >= quorum(len(half)) for half in voters.halves):
            best = place
    return best
