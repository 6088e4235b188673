"""`linxin network rotate DIR ID`: a validator's key is replaced without an outage, one step at a time.

A key is never replaced in place: a new validator of the same organisation, with an id and key of its own, catches up as
a learner, then takes the old one's place in one change of the set. Each run does all that can be done now, and says who
must do what before the next.
"""

import re
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from cli.governance import describe_proposal, proposed_number
from cli.homes import HOST, Authority, Place
from cli.keys import open_key
from cli.members import AUTHORITY_OPTION, DIRECTORY, make_member, member_of
from cli.network_status import wait_for_height
from cli.output import Output, Problem, reports
from cli.processes import find_process
from cli.starting import bring_up
from client.governance import Governance, read_governance
from client.network_directory import NODES, NetworkDirectory, open_network, remove_endpoint
from client.submit import Submitter
from ledger.modules.governance import messages as m
from network.config import load_config

CATCH_UP_S_MAX = 60.0
RETIRED = "retired"
"""The folder of homes whose validators have left: their data stay, their keys are to be destroyed."""

SERIAL = re.compile(r"(.*?)(?:-([0-9]+))?")


@click.command("rotate", short_help="Replace a validator's key, with no outage.")
@DIRECTORY
@click.argument("validator")
@AUTHORITY_OPTION
@reports
def rotate(out: Output, directory: Path, validator: str, authority_key: Path | None) -> None:
    """Take the next steps of replacing VALIDATOR by a new one of its organisation; run it again until it says done.

    Proposals are signed with the organisation's key in DIRECTORY/keys. The old validator stops itself in the end.
    """
    opened = open_network(directory)
    with Submitter.to(opened) as submitter:
        rotation = Rotation(out, opened, submitter, validator)
        document = rotation.go_on(authority_key)
    out.finish({"ok": True, "old": validator, "new": rotation.successor} | document)


class Rotation:
    """How far one rotation has come, read from the ledger and the folder each time."""

    def __init__(self, out: Output, opened: NetworkDirectory, submitter: Submitter, validator: str) -> None:
        """Ask the network. Raises `Problem` when there is no such validator."""
        self.out, self.opened, self.submitter, self.old = out, opened, submitter, validator
        self.known: Governance = submitter.run(read_governance)
        record = self.known.validators.get(validator)
        if record is None or record.first_height is None:
            listed = ", ".join(self.known.members)
            zh, en = f"没有验证节点 {validator}", f"there is no validator {validator}"
            raise Problem(zh, en, f"现任：{listed}", f"those in force: {listed}")
        self.record = record
        self.successor = self._successor()

    def _successor(self) -> str:
        """The id that follows: `farm` -> `farm-2`, past those that were used up."""
        matched = SERIAL.fullmatch(self.old)
        assert matched is not None
        number = int(matched[2] or 1) + 1
        while self._is_used_up(f"{matched[1]}-{number}"):
            number += 1
        return f"{matched[1]}-{number}"

    def _is_used_up(self, validator: str) -> bool:
        row = self.known.validators.get(validator)
        return row is not None and row.status == RETIRED

    def go_on(self, authority_key: Path | None) -> dict[str, Any]:
        """Do what can be done now; the `step` at which it stands, and what comes next."""
        home = self.opened.root / NODES / self.successor
        row = self.known.validators.get(self.successor)
        if self.record.status == RETIRED:
            return self._finish()
        if self.known.in_force.next_set_height:
            return self._tell_handover()
        if not home.exists() and row is None:
            authority = Authority.of(self.opened, authority_key)
            make_member(self.opened, self.record.organisation, self.successor, self._host(), authority)
            self._done(f"新节点 {self.successor} 的密钥与目录已建", f"made the key and home of {self.successor}")
        if row is None:
            return self._propose(self._learner(home), m.ProposeLearner, validator=self.successor)
        bring_up(self.out, self.opened)
        self._wait_caught_up(home)
        change = m.ProposeReplacement(self.old, self.successor)
        return self._propose(change, m.ProposeReplacement, validator=self.old, learner=self.successor)

    def _learner(self, home: Path) -> m.ProposeLearner:
        config = load_config(home)
        public_port, peer_port = (int(at.rpartition(":")[2]) for at in (config.listen.address, config.peers.listen))
        place = Place(self._host(), public_port, peer_port)
        passphrase = self.opened.passphrase()
        reason = f"key rotation of {self.old}"
        return member_of(self.opened, home, self.record.organisation, place, passphrase).proposal(reason)

    def _propose(self, change: m.Change, kind: type[m.Change], **fields: str) -> dict[str, Any]:
        """Put it to the vote unless it is there; go on at once where this organisation's vote was enough."""
        number = self.known.open_change(kind, **fields)
        if not number:
            key = open_key(self.record.organisation, self.opened)
            number = proposed_number(self.submitter.record(key, change))
            self.known = self.submitter.run(read_governance)
            zh, en = describe_proposal(self.known, number)["zh"], describe_proposal(self.known, number)["en"]
            self._done(f"提案 {number}：{zh}", f"proposal {number}: {en}")
        if self.known.proposals[number].status != "open":
            self.record = self.known.validators[self.old]
            return self.go_on(None)
        silent = self.known.standing(number)[2]
        missing = self.known.votes_needed - len(self.known.standing(number)[0])
        names = escape(", ".join(silent))
        self.out.say(f"  还需 {missing} 票赞成 / {missing} more must approve: {names}")
        vote = f"linxin governance vote {number} yes --key KEYFILE --network {self.opened.root}"
        return self._next("voting", [vote, self._again()]) | {"proposal": number, "silent": silent}

    def _wait_caught_up(self, home: Path) -> None:
        """Return when the learner has every block that was final just now. Raises `Problem` after a minute."""
        goal = self.submitter.run(lambda connection: connection.status()).height
        height = wait_for_height(self.opened, home, goal, CATCH_UP_S_MAX)
        if height >= goal:
            self._done(f"{self.successor} 已赶上（高度 {height}）", f"{self.successor} has caught up (height {height})")
            return
        raise Problem(
            f"{self.successor} 尚未赶上：高度 {height}",
            f"{self.successor} has not caught up yet: height {height}",
            f"请查看 {home / 'node.log'}，稍后再执行 {self._again()}",
            f"look into {home / 'node.log'}, and run `{self._again()}` again",
        )

    def _tell_handover(self) -> dict[str, Any]:
        height = self.known.in_force.next_set_height
        self._done(
            f"验证节点自高度 {height} 起更替，现为 {self.known.height}",
            f"the set changes at height {height}; it is {self.known.height} now",
        )
        return self._next("taking_effect", [self._again()]) | {"height": height}

    def _finish(self) -> dict[str, Any]:
        """The old one has left: its home goes aside, so that it is never started again."""
        home, aside = self.opened.root / NODES / self.old, self.opened.root / RETIRED / self.old
        assert self.record.retired_height is not None
        self._done(
            f"{self.old} 已于高度 {self.record.retired_height} 退出，由 {self.successor} 接替",
            f"{self.old} left at height {self.record.retired_height}; {self.successor} is in its place",
        )
        if find_process(home) is not None:
            self._done(f"{self.old} 正在自行停止", f"{self.old} is stopping by itself")
            return self._next("stopping", [self._again()])
        if home.is_dir():
            port = load_config(home).listen.address.rpartition(":")[2]
            remove_endpoint(self.opened, f"{self._host()}:{port}")
            aside.parent.mkdir(mode=0o700, exist_ok=True)
            home.rename(aside)
        return self._next("done", [f"销毁旧密钥 / destroy the old key: shred -u {aside}/validator.key"])

    def _host(self) -> str:
        """By what name others reach this machine, as they reach the old validator."""
        return self.record.address.rpartition(":")[0] or HOST

    def _done(self, zh: str, en: str) -> None:
        self.out.say(f"[bold green]✓[/] {escape(zh)} / {escape(en)}")

    def _next(self, step: str, commands: list[str]) -> dict[str, Any]:
        for command in commands:
            self.out.say(f"  → [cyan]{escape(command)}[/]")
        return {"step": step, "next": commands}

    def _again(self) -> str:
        return f"linxin network rotate {self.opened.root} {self.old}"
