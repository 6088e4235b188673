"""Members as processes, what they say, and clocks that are wrong."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Member:
    """A running `tests.peers.member` and the lines it has said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().rstrip())

    def has_said(self, line: str) -> bool:
        """Whether this was among its lines."""
        return line in self.lines

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    async def kill(self) -> None:
        """End it."""
        self.process.kill()
        await self.process.wait()
        await self._reading


async def start_member(name: str, ports: dict[str, int], environment: dict[str, str] | None = None) -> Member:
    """Start one member of those that `ports` names."""
    words = [f"{peer}={port}" for peer, port in ports.items()]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.peers.member", name, *words),
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'proto'}"} | (environment or {}),
        stdout=subprocess.PIPE,
    )
    return Member(process)


def clock_environment(years: int) -> dict[str, str] | None:
    """What makes a process believe that it is so many years later, checked on this machine; None where nothing does.

    Its steady clock stays right: it is the date that is wrong, as on a machine whose battery is empty.
    """
    for library in _faketime_libraries():
        environment = {"LD_PRELOAD": str(library), "FAKETIME": f"{years:+d}y", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        command = [sys.executable, "-c", "import time; print(time.time())"]
        ask = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
        now = subprocess.run(command, capture_output=True, text=True, check=True)
        if ask.returncode == 0 and abs(float(ask.stdout) - float(now.stdout)) > abs(years) * 360 * 86_400:
            return environment
    return None


def _faketime_libraries() -> Iterable[Path]:
    """The Python package brings one for x86-64; Debian's `faketime` package has one for each machine."""
    package = find_spec("libfaketime")
    if package is not None and package.origin is not None:
        yield from Path(package.origin).parent.glob("vendor/libfaketime/src/libfaketime.so*")
    yield from Path("/usr/lib").glob("*/faketime/libfaketime.so*")
