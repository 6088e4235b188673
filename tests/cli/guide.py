"""The commands of docs/TRADING.md as they stand, run by bash in a folder of their own; docs/TRUST.md goes on there.

A shell starts `linxin` some sixty times in the guide, and Python and gRPC take longer to start than most commands to
run. So the `linxin` that this shell finds only hands its arguments over to this process, which runs the command and
answers.
"""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from click.testing import CliRunner

from cli.main import main
from tests.cli.trading import as_process

DOCS = Path(__file__).parents[2] / "docs"

OPENING = 3
"""Blocks of the guide up to its first campaign."""

CLIENT = """\
#!{python} -SE
import json, socket, sys
with socket.socket(socket.AF_UNIX) as to:
    to.connect({address!r})
    arguments = sys.argv[1:]
    said = sys.stdin.read() if "-" in arguments else ""
    to.sendall(json.dumps([{name!r}, arguments, said]).encode())
    to.shutdown(socket.SHUT_WR)
    status, out, err = json.loads(to.makefile("rb").read())
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(status)
"""

Answer = tuple[int, str, str]
Program = Callable[[list[str], str], Answer]


def blocks(page: str = "TRADING.md") -> list[str]:
    """The commands of a page, block by block."""
    return re.findall(r"^```sh\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def linxin(more: Mapping[str, list[str]]) -> Program:
    """The command `linxin`, with more arguments for those that begin with such words (`network init`)."""

    def run(arguments: list[str], said: str) -> Answer:
        arguments = [*arguments, *more.get(" ".join(arguments[:2]), [])]
        if arguments[:2] in (["network", "up"], ["network", "down"]):
            done_apart = as_process(*arguments)
            return done_apart.returncode, done_apart.stdout, done_apart.stderr
        unset = dict.fromkeys(("LINXIN_NETWORK", "LINXIN_PASSPHRASE", "LINXIN_PASSPHRASE_FILE"))
        done = CliRunner().invoke(main, arguments, input=said, env=unset)
        return done.exit_code, done.stdout, done.stderr

    return run


def run_blocks(folder: Path, script: str, programs: Mapping[str, Program]) -> str:
    """Run a script in `folder`, in which these programs are found before all others; returns what it printed.

    Fails when the script does. What a program raises is raised here, after the script.
    """
    raised: list[BaseException] = []
    bin_folder = folder / "bin"
    bin_folder.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener, contextlib.chdir(folder):
        listener.bind(str(folder / "programs"))
        listener.listen()
        for name in programs:
            client = CLIENT.format(python=sys.executable, address=str(folder / "programs"), name=name)
            (bin_folder / name).write_text(client)
            (bin_folder / name).chmod(0o755)
        serving = threading.Thread(target=_serve, args=(listener, programs, raised), daemon=True)
        serving.start()
        try:
            path = {"PATH": f"{bin_folder}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script],
                env=os.environ | path,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            serving.join()
            (folder / "programs").unlink()
    if raised:
        raise raised[0]
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _serve(listener: socket.socket, programs: Mapping[str, Program], raised: list[BaseException]) -> None:
    """Answer one call after the other until the listener is shut down."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            name, arguments, said = json.loads(connection.makefile("rb").read())
            try:
                answer = programs[name](arguments, said)
            except BaseException as error:  # noqa: BLE001  # told to the test that runs the script
                raised.append(error)
                answer = (1, "", repr(error))
            connection.sendall(json.dumps(answer).encode())
