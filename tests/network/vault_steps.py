"""Dies by SIGKILL before each file step of storing and of erasing, one directory each: `python -m
tests.network.vault_steps ROOT`. `tests/network/test_vault.py` opens what is left.
"""

import os
import signal
import sys
from pathlib import Path

from tests.network.test_vault import described, open_vault, put

STEPS = ("open", "os.rename", "os.remove")
CONTENT = b"canary of a face"


def die_before(step: int) -> None:
    """Kill this process before its file step of that number (from 0)."""
    left = [step]

    def count(event: str, _: object) -> None:
        if event in STEPS:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def run(root: Path, act: str, step: int) -> bool:
    """Whether the act was over before its step of that number came."""
    directory = root / f"{act}-{step:02}"
    directory.mkdir()
    vault = open_vault(directory)
    address = put(vault, CONTENT)[0] if act == "erase" else b""
    child = os.fork()
    if child == 0:
        die_before(step)
        if act == "erase":
            vault.erase(address, 77)
        else:
            put(vault, CONTENT, described(CONTENT))
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


if __name__ == "__main__":
    for name in ("put", "erase"):
        number = 0
        while not run(Path(sys.argv[1]), name, number):
            number += 1
