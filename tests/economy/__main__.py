"""`python -m tests.economy --campaigns 10000 --first 0`: random campaigns through reference and modules.

Says how far it is, stops at the first seed on which they differ (or goes on, with `--all`), and shows what happened in
it.
"""

import argparse
import sys
import time
import traceback
from typing import Any

from tests.economy.campaigns import make_scenario
from tests.economy.driver import Difference, Run


def play(seed: int) -> Difference | None:
    """One seed; a crash is a difference as well."""
    try:
        return Run(make_scenario(seed)).play()
    except Exception:  # noqa: BLE001  # whatever breaks belongs to the seed, and is shown with it
        return Difference("a crash", "no crash", traceback.format_exc(limit=-6))


def show(seed: int, difference: Difference, whole: bool) -> None:
    """The seed, what differs, and (`whole`) all that happened."""
    lines = [f"seed {seed}, {difference.where}", f"  reference: {difference.reference}"]
    lines.append(f"  modules:   {difference.modules}")
    if whole:
        lines += [
            f"  {time_ms}: {happening}" for time_ms, block in make_scenario(seed)["blocks"] for happening in block
        ]
    print("\n".join(lines), flush=True)  # noqa: T201  # a command


def main(arguments: list[str]) -> int:
    """Run; 1 where something differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.economy", description=__doc__)
    parser.add_argument("--campaigns", type=int, default=1_000, help="how many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--all", action="store_true", help="go on after a difference")
    parser.add_argument("--show", action="store_true", help="show all that happened in a seed that differs")
    chosen: Any = parser.parse_args(arguments)
    begun, wrong = time.monotonic(), 0
    for number in range(chosen.campaigns):
        seed = chosen.first + number
        difference = play(seed)
        if difference is not None:
            wrong += 1
            show(seed, difference, chosen.show)
            if not chosen.all:
                return 1
        if (number + 1) % 500 == 0:
            spent = time.monotonic() - begun
            print(f"{number + 1} campaigns, {wrong} differ, {spent:.0f} s", flush=True)  # noqa: T201  # a command
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
