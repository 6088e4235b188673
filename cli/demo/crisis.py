"""In the middle of the story the leader is killed while records are on their way; the others go on without it."""

import os
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from linxin.v1 import ledger_pb2
from rich.markup import escape

from cli.network_status import wait_for_height
from cli.output import Output, Problem
from cli.processes import find_process
from cli.starting import bring_up
from client.connection import Connection
from client.network_directory import NODES, NetworkDirectory
from client.submit import Outcome, Submitter

KILL_AFTER_S = 0.02
"""After so long the records have been sent and are not final yet: a block takes longer to order and certify."""
LEADER_S_MAX = 10.0
CATCH_UP_S_MAX = 30.0


@dataclass
class Crisis:
    """One killing of a leader, and what is measured of it; times by the monotonic clock."""

    out: Output
    network: NetworkDirectory
    killed: str = ""
    term_before: int = 0
    leader: str = ""
    term: int = 0
    killed_at: float = 0.0
    height_at_kill: int = 0
    failover_s: float = 0.0
    caught_up_s: float = 0.0
    blocks_missed: int = 0
    in_flight: int = 0
    _blows: list[threading.Thread] = field(default_factory=list)

    def strike(self, submitter: Submitter, envelopes: Sequence[bytes]) -> list[Outcome]:
        """Submit records through the leader and kill it while they are on their way; their outcomes."""
        before = submitter.run(_find_leader)
        self.killed, self.term_before, self.height_at_kill = before.id, before.term, before.height
        process = find_process(self.network.root / NODES / self.killed)
        assert process is not None, "the leader was started with the others"
        self.in_flight = len(envelopes)
        blow = threading.Timer(KILL_AFTER_S, self._kill, (process.pid,))
        blow.start()
        self._blows.append(blow)
        return submitter.submit(envelopes)

    def _kill(self, pid: int) -> None:
        self.killed_at = time.monotonic()
        os.kill(pid, signal.SIGKILL)

    @property
    def is_under_way(self) -> bool:
        """Whether the leader was struck and nothing has become final since."""
        return bool(self._blows) and not self.failover_s

    def note_final(self, submitter: Submitter) -> None:
        """Records are final that were on their way at the kill, or sent since: if others lead, that took so long."""
        at = time.monotonic()
        for blow in self._blows:
            blow.join()
        if at < self.killed_at or not submitter.run(lambda connection: connection.find_leader(1.0)):
            return  # the leader's last block outlived it; the next records show who takes over
        now = submitter.run(lambda connection: connection.status())
        self.failover_s, self.leader, self.term = at - self.killed_at, now.leader, now.term
        killed, leader, seconds = escape(self.killed), escape(self.leader), f"{self.failover_s:.1f}"
        self._tell("[bold red]✗[/]", f"提交途中，领导者 {killed}（任期 {self.term_before}）被强制结束（SIGKILL）")
        self._tell(" ", f"the leader {killed} of term {self.term_before} is killed while records are on their way")
        self._tell("[green]✓[/]", f"{seconds} 秒后由 {leader} 领导（任期 {self.term}），记录继续最终确认")
        self._tell(" ", f"after {seconds} s {leader} leads term {self.term}, and records are final again")

    def revive(self, submitter: Submitter) -> None:
        """Start the killed node again and wait until it has every certified block."""
        started = time.monotonic()
        head = submitter.run(lambda connection: connection.status()).height
        bring_up(self.out, self.network)
        home = self.network.root / NODES / self.killed
        height = wait_for_height(self.network, home, head, CATCH_UP_S_MAX)
        if height < head:
            raise Problem(
                f"{self.killed} 在 {CATCH_UP_S_MAX:.0f} 秒内未赶上（高度 {height}，应为 {head}）",
                f"{self.killed} has not caught up within {CATCH_UP_S_MAX:.0f} s: height {height}, not {head}",
                f"请查看 {home}/node.log",
                f"look into {home}/node.log",
            )
        self.caught_up_s = time.monotonic() - started
        self.blocks_missed = head - self.height_at_kill
        killed, seconds, missed = escape(self.killed), f"{self.caught_up_s:.1f}", self.blocks_missed
        self._tell("[green]✓[/]", f"{killed} 重新启动，{seconds} 秒后补齐错过的 {missed} 个区块")
        self._tell(" ", f"{killed} is started again, and after {seconds} s has the {missed} blocks it missed")

    def _tell(self, mark: str, text: str) -> None:
        self.out.say(f"    {mark} {text}")

    def document(self) -> dict[str, Any]:
        """As `--json` tells it."""
        return {
            "killed": self.killed,
            "term_before": self.term_before,
            "leader": self.leader,
            "term": self.term,
            "seconds": round(self.failover_s, 2),
            "records_in_flight": self.in_flight,
            "caught_up_seconds": round(self.caught_up_s, 2),
            "blocks_missed": self.blocks_missed,
        }


async def _find_leader(connection: Connection) -> ledger_pb2.GetStatusResponse:
    """What the leader says of itself, once there is one; the connection's turn is then its."""
    deadline = time.monotonic() + LEADER_S_MAX
    while not await connection.find_leader(1.0):
        if time.monotonic() > deadline:
            raise Problem("没有领导者", "there is no leader", "linxin network status", "`linxin network status`")
    return await connection.status()
