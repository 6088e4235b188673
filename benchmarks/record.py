"""The history of measurements: one JSON line a run in benchmarks/results.jsonl, with the machine and the commit.

A line is an object: `benchmark` (its name), `time` (RFC 3339, UTC), `commit` (with `+` when files differ from it),
`python`, `machine` (processor, cores, memory in GiB, kernel) and `figures` (names end in their units). The environment
variable LINXIN_RESULTS names another file for trials: their lines do not belong into the history.
"""

import datetime
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RESULTS = Path(os.environ.get("LINXIN_RESULTS") or Path(__file__).with_name("results.jsonl"))


def record(benchmark: str, figures: Mapping[str, Any], results: Path = RESULTS) -> str:
    """Append one run to `results` and return its line. `figures` are JSON values; their names end in their units."""
    line = json.dumps(
        {
            "benchmark": benchmark,
            "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "commit": commit(),
            "python": platform.python_version(),
            "machine": machine(),
            "figures": dict(figures),
        },
        ensure_ascii=False,
    )
    with results.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    return line


def commit() -> str:
    """Twelve hex digits of the checked-out commit, `+` added when tracked files differ; "unknown" outside a clone."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*", "--abbrev=12"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "unknown"


def machine() -> dict[str, str | int | float]:
    """What a reader needs to compare two lines: processor, usable cores, memory in GiB and kernel."""
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory_bytes / 2**30, 1),
        "kernel": f"{platform.system()} {platform.release()}",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
