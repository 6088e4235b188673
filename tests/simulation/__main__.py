"""`python -m tests.simulation`: run one seed and tell its story, or many and say what they came to."""

import argparse
import sys
import time
from functools import partial

from tests.simulation.cluster import Cluster
from tests.simulation.running import Failure, Totals, run_many, run_setup, shrink, story
from tests.simulation.setup import draw_setup

PROGRESS_EVERY_S = 10.0

say = partial(print, file=sys.stdout, flush=True)
"""The output of a command, which is its purpose."""


def main() -> int:
    """Exit status 1 if anything was violated."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="run this seed alone")
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds to run that count")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--workers", type=int, default=0, help="processes; 0 = one a core")
    parser.add_argument("--shrink", action="store_true", help="find the faults without which it would not fail")
    parser.add_argument("--without", default="", help="numbers of faults to leave out, separated by commas")
    parser.add_argument("--story", action="store_true", help="tell the story of a seed that passes, too")
    options = parser.parse_args()
    if options.seed is not None:
        return _one(options)
    return _many(options.first, options.seeds, options.workers)


def _one(options: argparse.Namespace) -> int:
    left_out = frozenset(int(number) for number in options.without.split(",") if number)
    setup = draw_setup(options.seed).leaving_out(left_out)
    began_s = time.process_time()
    if options.story:
        cluster = Cluster(setup)
        try:
            cluster.run()
        finally:
            say(story(cluster, 1_000_000))
    result = run_setup(setup)
    say(f"{time.process_time() - began_s:.1f} s of CPU")
    say(result)
    if not isinstance(result, Failure):
        return 0
    if options.shrink:
        small, failure = shrink(setup, say)
        say(f"\n{failure}")
        say(f"  --without {','.join(str(number) for number in sorted(small.without))}")
    return 1


def _many(first: int, count: int, workers: int) -> int:
    totals, failures = Totals(began_s=time.monotonic()), []
    told_s = totals.began_s
    for result in run_many(first, count, workers):
        if isinstance(result, Failure):
            failures.append(result.seed)
            say(result, flush=True)
        else:
            totals.add(result)
        if time.monotonic() - told_s > PROGRESS_EVERY_S:
            told_s = time.monotonic()
            say(f"{totals}; {len(failures)} failed", flush=True)
    say(totals)
    if failures:
        say(f"{len(failures)} failed: {' '.join(str(seed) for seed in sorted(failures))}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
