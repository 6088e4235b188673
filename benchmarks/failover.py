"""How long the network stands still when its leader is killed, and how soon the killed one is back.

    .venv/bin/python -m benchmarks.failover [--times N] [--how kill|stop] [--json]

Under a light load through a validator that is not the leader, the leader's process gets SIGKILL; the clock runs from
there to the first record that was offered after the kill and is final, as the client of that other validator sees it:
so a block that was under way already does not count. Then the killed one is started again, and waited for until it has
every block. With `--how stop` it gets SIGSTOP, which closes no connection: the others learn of it by silence alone, as
of a machine that lost its power.
"""

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from linxin.v1 import ledger_pb2
from rich.console import Console
from rich.progress import Progress

from benchmarks.h2 import Caller
from benchmarks.load import leader_endpoint, running_network
from benchmarks.open_loop import SUBMIT, is_accepted, percentiles_ms, submission
from benchmarks.record import record
from benchmarks.signers import Signers
from benchmarks.tables import show
from cli.network_status import listens_on, node_status
from cli.processes import find_process, start_node
from client.failures import Failure
from client.network_directory import NetworkDirectory
from ledger.errors import describe

VALIDATORS = 4
OFFERED_PER_S = 50
SETTLE_S = 2.0
"""Of load between one recovery and the next kill: leaders of all ages are met, young ones among them."""
GIVE_UP_S = 30.0

say = Console(stderr=True)


class Light:
    """A light load of single writes, offered to one server at an even rate whatever becomes of them.

    `make` makes the next message for `path`. With `check`, an answer that it does not pass ends the benchmark; without,
    a call that failed is not counted, and the next ones are.
    """

    def __init__(
        self,
        endpoint: str,
        authority: str | None,
        path: str,
        make: Callable[[], bytes],
        check: Callable[[bytes | None], None] | None,
    ) -> None:
        self._caller = Caller([endpoint], authority)
        self._path, self._make, self._check = path, make, check

    def run(self, seconds: float, since_s: float | None = None) -> float | None:
        """Offer writes for `seconds`; with `since_s`, until the first offered since has succeeded: when that was."""
        started = time.perf_counter()
        offered = 0
        while (now_s := time.perf_counter() - started) < seconds:
            if now_s * OFFERED_PER_S >= offered:
                self._caller.channels[0].call(self._path, self._make(), time.perf_counter())
                offered += 1
            for answer in self._caller.wait(offered / OFFERED_PER_S - now_s):
                assert isinstance(answer.token, float)
                if self._is_good(answer.message) and since_s is not None and answer.token >= since_s:
                    return answer.at_s
        return None

    def finish(self) -> None:
        """Wait for what is under way, across the change of leaders."""
        deadline_s = time.perf_counter() + GIVE_UP_S
        while self._caller.outstanding:
            if time.perf_counter() > deadline_s:
                raise SystemExit(f"{self._caller.outstanding} writes were not answered")
            for answer in self._caller.wait(1.0):
                self._is_good(answer.message)
        self._caller.__exit__()

    def _is_good(self, message: bytes | None) -> bool:
        if self._check is not None:
            self._check(message)
        return message is not None


def must_be_final(message: bytes | None) -> None:
    """No record may be lost or refused while leaders change."""
    if not is_accepted(message):
        raise SystemExit(f"a record was lost or refused: {_reason(message)}")


def _reason(message: bytes | None) -> str:
    if message is None:
        return "the call failed"
    outcome = ledger_pb2.SubmitResponse.FromString(message).outcomes[0]
    return describe(outcome.refusal.number, list(outcome.refusal.details)).en if outcome.refusal.number else "pending"


def strike(signers: Signers, how: signal.Signals) -> tuple[float, float]:
    """One kill and recovery: seconds to the first final record, and from restart until the killed one has all."""
    network = signers.network
    leading = asyncio.run(leader_endpoint(network))
    homes = {listens_on(home): home for home in network.node_homes()}
    home = homes[leading]
    witness = next(endpoint for endpoint in homes if endpoint != leading)
    process = find_process(home)
    assert process is not None
    authority = str(network.root / network.settings.certificate_authority)
    light = Light(witness, authority, SUBMIT, lambda: submission(signers.record()), must_be_final)
    light.run(SETTLE_S)
    killed_s = time.perf_counter()
    os.kill(process.pid, how)
    final_s = light.run(GIVE_UP_S, killed_s)
    if how is signal.SIGSTOP:
        os.kill(process.pid, signal.SIGKILL)
    if final_s is None:
        raise SystemExit(f"nothing became final in {GIVE_UP_S:.0f} s after the leader was killed")
    light.run(SETTLE_S / 2)
    light.finish()
    while find_process(home) is not None:
        time.sleep(0.01)
    return final_s - killed_s, _back(network, home, homes[witness])


def _back(network: NetworkDirectory, home: Path, other: Path) -> float:
    """Start a node again; seconds until it has every block that another one had then."""
    height = asyncio.run(node_status(network, other, 5.0)).height
    started = time.perf_counter()
    _, child = start_node(network, home)
    while time.perf_counter() - started < GIVE_UP_S:
        if child.poll() is not None:
            raise SystemExit(f"{home.name} did not start again: see {home}/node.log")
        try:
            if asyncio.run(node_status(network, home, 1.0)).height >= height:
                return time.perf_counter() - started
        except Failure:
            pass
        time.sleep(0.02)
    raise SystemExit(f"{home.name} did not catch up in {GIVE_UP_S:.0f} s")


def measure(times: int, how: signal.Signals) -> dict[str, Any]:
    """Strike so many times. Returns the figures."""
    outages: list[float] = []
    returns: list[float] = []
    with (
        tempfile.TemporaryDirectory(prefix="linxin-failover-") as folder,
        running_network(Path(folder, "n"), VALIDATORS) as network,
        Progress(console=say, transient=True) as bar,
    ):
        signers = Signers(network)
        for _ in bar.track(range(times), description="killing leaders"):
            outage_s, back_s = strike(signers, how)
            outages.append(outage_s)
            returns.append(back_s)
    failover = {f"final_again_{name}": value for name, value in percentiles_ms(outages).items()}
    back = {f"caught_up_{name}": value for name, value in percentiles_ms(returns).items()}
    return {"times": times, "validators": VALIDATORS, "how": how.name} | failover | back


@click.command()
@click.option("--times", default=25, show_default=True, help="How many leaders are killed, one after the other.")
@click.option("--how", type=click.Choice(["kill", "stop"]), default="kill", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the recorded line instead of a table.")
def main(times: int, how: str, as_json: bool) -> None:
    """Measure on four validators of this machine."""
    figures = measure(times, signal.SIGSTOP if how == "stop" else signal.SIGKILL)
    line = record("failover", figures)
    if as_json:
        click.echo(line)
    else:
        show(figures)


if __name__ == "__main__":
    main()
