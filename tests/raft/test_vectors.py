"""The data files published with etcd's Raft: quorum/ and confchange/ exactly, interaction/ without its log lines.

They lie outside the repository: in `$LINXIN_SHARED/data/raft`, by default beside it.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from consensus.raft.changer import Changer
from consensus.raft.config import majority
from consensus.raft.configuration import Configuration
from consensus.raft.errors import ChangeRefused
from consensus.raft.progress import Progress
from consensus.raft.quorum import EVERYTHING, committed_index, joint_committed_index, joint_vote_result, vote_result
from tests.raft.datadriven import Case, parse
from tests.raft.describe import describe_configuration, describe_progresses, node_id, parse_changes
from tests.raft.environment import Environment

DATA = Path(os.environ.get("LINXIN_SHARED") or Path(__file__).parents[2].parent / "shared") / "data" / "raft"
SCRIPTS = Path(__file__).parent / "scripts"
LOG_LINE = re.compile(r"^\s*(DEBUG|INFO|WARN|ERROR|FATAL) ")


def scripts(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.txt"))


def run(path: Path, handle: Callable[[Case], str]) -> None:
    for case in parse(path.read_text("utf-8")):
        expected = "\n".join(line for line in case.expected.splitlines() if not LOG_LINE.match(line)) or "ok"
        assert handle(case) == expected, f"{path.name}:{case.line}: {case.source[0]}"


def test_the_published_files_are_there() -> None:
    assert [len(scripts(DATA / kind)) > 0 for kind in ("quorum", "confchange", "interaction")] == [True] * 3


@pytest.mark.parametrize("path", scripts(DATA / "interaction"), ids=lambda path: path.stem)
def test_interaction(path: Path) -> None:
    run(path, Environment().handle)


@pytest.mark.parametrize("path", scripts(DATA / "confchange"), ids=lambda path: path.stem)
def test_configuration_changes(path: Path) -> None:
    run(path, ChangeBench().handle)


@pytest.mark.parametrize("path", scripts(DATA / "quorum"), ids=lambda path: path.stem)
def test_quorum(path: Path) -> None:
    run(path, handle_quorum)


class ChangeBench:
    """A configuration that changes from case to case; the log's last index counts the cases."""

    def __init__(self) -> None:
        self.configuration = Configuration()
        self.progress: dict[str, Progress] = {}
        self.last_index = 0

    def handle(self, case: Case) -> str:
        changer = Changer(self.configuration, self.progress, self.last_index, (10, 1 << 30))
        self.last_index += 1
        changes = parse_changes(case.input)
        try:
            if case.command == "simple":
                result = changer.simple(changes)
            elif case.command == "enter-joint":
                result = changer.enter_joint(changes, auto_leave=case.value("autoleave") == "true")
            else:
                assert case.command == "leave-joint"
                result = changer.leave_joint()
        except ChangeRefused as error:
            return str(error)
        self.configuration, self.progress = result
        return "\n".join(filter(None, [describe_configuration(self.configuration), describe_progresses(self.progress)]))


def handle_quorum(case: Case) -> str:
    first = [node_id(int(number)) for number in case.values("cfg") or []]
    second = case.values("cfgj")
    is_joint = second is not None
    other = [node_id(int(number)) for number in second or [] if number != "zero"]
    order = list(dict.fromkeys(first + other))
    values = dict(zip(order, case.values("idx") or case.values("votes") or [], strict=True))
    if case.command == "vote":
        return decide_vote(
            first, other, {node: value == "y" for node, value in values.items() if value != "_"}, is_joint
        )
    assert case.command == "committed"
    return decide_committed(
        first, other, {node: int(value) for node, value in values.items() if value != "_"}, is_joint
    )


def decide_vote(first: list[str], other: list[str], votes: dict[str, bool], is_joint: bool) -> str:
    if not is_joint:
        result = vote_result(first, votes, majority)
        assert (
            result is joint_vote_result(first, first, votes, majority) is joint_vote_result(first, [], votes, majority)
        )
        return result.value
    result = joint_vote_result(first, other, votes, majority)
    assert result is joint_vote_result(other, first, votes, majority), "the halves are equal in rank"
    return result.value


def decide_committed(first: list[str], other: list[str], stored: dict[str, int], is_joint: bool) -> str:
    if is_joint:
        index = joint_committed_index(first, other, stored, majority)
        assert index == joint_committed_index(other, first, stored, majority)
    else:
        index = committed_index(first, stored, majority)
        assert index == joint_committed_index(first, first, stored, majority)
        assert index == joint_committed_index(first, [], stored, majority)
        for node, value in stored.items():
            if value < index:  # what is below the result already has no say in it
                assert committed_index(first, {**stored, node: value - 1}, majority) == index
                assert committed_index(first, {**stored, node: 0}, majority) == index
    return chart(sorted(set(first) | set(other)), stored) + ("∞" if index == EVERYTHING else str(index))


def chart(nodes: list[str], stored: dict[str, int]) -> str:
    """Who stores how much: the bar is as long as the number of nodes that store less."""
    if not nodes:
        return "<empty majority quorum>"
    lines = [" " * len(nodes) + "    idx"]
    for node in nodes:
        index = stored.get(node, 0)
        length = sum(stored.get(other, 0) < index for other in nodes)
        bar = "?" + " " * len(nodes) if node not in stored else "x" * length + ">" + " " * (len(nodes) - length)
        lines.append(f"{bar} {index:5}    (id={int(node, 16)})")
    return "\n".join(lines) + "\n"
