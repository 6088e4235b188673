"""`python -m tests.simulation.mutation`: does anybody notice when the code is broken? One deliberate fault at a time.

Each mutant (`tests.simulation.mutants`) is a few words of production source changed as it is imported; then the same
checks run as for sound code, cheapest first, until one of them fails: the published vectors, the tests of the parts,
the scenarios, and seeds of the simulation. A mutant that survives all of them shows a gap in the checks.
"""

import argparse
import importlib.abc
import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.simulation.mutant import Mutant
from tests.simulation.mutants import MUTANTS

ROOT = Path(__file__).parents[2]
STAGES = ("vectors", "parts", "scenarios", "seeds")
SCENARIOS = ("scenarios", "steps", "removals", "liars", "divergence", "releases")
SEEDS = 80
TIMEOUT_S = 900

MUTATED = "--mutant"
FAILED = "FAILED "

say = partial(print, file=sys.stdout, flush=True)


class MutantStale(Exception):
    """The words that a mutant changes are not in the source, or not once."""


def mutated_source(mutant: Mutant) -> str:
    """The source of the mutant's module with its fault. Raises `MutantStale`."""
    path = ROOT / (mutant.module.replace(".", "/") + ".py")
    if not path.exists():
        raise MutantStale(f"{mutant.name}: there is no {path.relative_to(ROOT)}")
    source = path.read_text("utf-8")
    if source.count(mutant.old) != 1:
        raise MutantStale(f"{mutant.name}: {mutant.old!r} stands {source.count(mutant.old)} times in {mutant.module}")
    return source.replace(mutant.old, mutant.new)


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles the changed source; no cached bytecode is read or written."""

    source = ""

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.source, self.path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module, changed."""

    def __init__(self, mutant: Mutant) -> None:
        self._module = mutant.module
        self._source = mutated_source(mutant)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._module:
            return None
        file = str(ROOT / (fullname.replace(".", "/") + ".py"))
        loader = _Loader(fullname, file)
        loader.source = self._source
        return importlib.util.spec_from_file_location(fullname, file, loader=loader)


def install(mutant: Mutant) -> None:
    """From now on this process runs the broken code. Requires that its module is not imported yet."""
    assert mutant.module not in sys.modules, f"{mutant.module} is imported already"
    sys.meta_path.insert(0, _Finder(mutant))


def run_stage(stage: str, excluded: Sequence[str] = ()) -> list[str]:
    """Run one kind of check in this process; returns what failed. `excluded`: tests that sound code fails, too."""
    if stage == "seeds":
        return _run_seeds()
    targets = {
        "vectors": ["tests/raft/test_vectors.py"],
        "parts": ["tests/raft", "tests/consensus", "tests/replica"],
        "scenarios": [f"tests/simulation/test_{name}.py" for name in SCENARIOS],
    }[stage]
    seen = _Seen()
    options = ["-q", "-p", "no:cacheprovider", "--no-header", "--tb=no", "-m", "not fuzz and not soak and not process"]
    # Sound code is to show all that fails, a mutant only that something does.
    options += [f"--deselect={name}" for name in excluded] + (["-x"] if MUTATED in sys.argv else [])
    pytest.main([*options, *targets], plugins=[seen])
    return seen.failed


class _Seen:
    """Remembers the tests that fail."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and report.nodeid not in self.failed:
            self.failed.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)


def _run_seeds() -> list[str]:
    from tests.simulation.running import Failure, run_seed

    for seed in range(1, SEEDS + 1):
        result = run_seed(seed)
        if isinstance(result, Failure):
            return [f"seed {seed}: {result.what.strip().splitlines()[-1][:110]}"]
    return []


def _child(stage: str, options: Sequence[str]) -> tuple[list[str], str]:
    """Run a stage in a process of its own; returns (what failed there, why the process itself failed or "")."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'proto'}", "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-m", "tests.simulation.mutation", "--stage", stage, *options]
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return [], "it hangs"
    failed = [line.removeprefix(FAILED) for line in done.stdout.splitlines() if line.startswith(FAILED)]
    if done.returncode and not failed:
        return [], (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1][:110]
    return failed, ""


def examine(mutant: Mutant, stages: Sequence[str], excluded: Mapping[str, list[str]]) -> tuple[Mutant, str, float]:
    """Run the stages until one notices; returns (mutant, by what, seconds). Raises `MutantStale`."""
    began_s = time.monotonic()
    mutated_source(mutant)
    for stage in stages:
        options = [MUTATED, mutant.name, *(f"--excluded={name}" for name in excluded.get(stage, ()))]
        failed, broken = _child(stage, options)
        if failed or broken:
            name = broken or failed[0].rpartition("/")[2]
            return mutant, f"{stage}: {name}", time.monotonic() - began_s
    return mutant, "", time.monotonic() - began_s


def examine_all(mutants: Sequence[Mutant], stages: Sequence[str], workers: int) -> int:
    """Examine mutants side by side and print the score; returns the exit status."""
    excluded, survivors = {}, []
    with ThreadPoolExecutor(workers) as pool:
        for stage, (failed, broken) in zip(stages, pool.map(lambda stage: _child(stage, ()), stages), strict=True):
            excluded[stage] = failed
            for name in filter(None, (*failed, broken)):
                say(f"SOUND CODE FAILS {stage}: {name}")
        for mutant, caught, took_s in pool.map(lambda each: examine(each, stages, excluded), mutants):
            say(f"{'caught  ' if caught else 'SURVIVES'} {mutant.name:26} {took_s:4.0f} s  {caught or mutant.what}")
            if not caught:
                survivors.append(mutant.name)
    say(f"{len(mutants) - len(survivors)} of {len(mutants)} mutants caught")
    return 1 if survivors or any(excluded.values()) else 0


def main() -> int:
    """Exit status 1 if a mutant survives, or if the checks fail for sound code."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.mutation", description=__doc__)
    parser.add_argument(MUTATED, action="append", default=[], help="examine this one (may be repeated)")
    parser.add_argument("--stages", default=",".join(STAGES), help="which checks to run, in this order")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--stage", choices=STAGES, default="", help="run this stage alone, in this process")
    parser.add_argument("--excluded", action="append", default=[], help="a test that is not to be run")
    options = parser.parse_args()
    chosen = [mutant for mutant in MUTANTS if not options.mutant or mutant.name in options.mutant]
    if not options.stage:
        return examine_all(chosen, options.stages.split(","), options.workers)
    if options.mutant:
        install(chosen[0])
    failed = run_stage(options.stage, options.excluded)
    for name in failed:
        say(f"{FAILED}{name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
