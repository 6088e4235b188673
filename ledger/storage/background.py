"""LevelDB's one background thread of a process, which merges tables: it gives way to what serves, executes and signs.

Merging comes in bursts of seconds. On Linux niceness belongs to a thread and passes on to those that it starts, and
LevelDB starts its own when it first has work for it: so that happens in a thread of higher niceness.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

NICENESS = 10
"""A tenth of the processor time that a thread of usual niceness gets where both want it; merging needs less."""


def open_quietly(opened: Callable[[], Any]) -> Any:
    """The database that `opened` gives. If it is the first of the process, tables are merged at low priority."""

    def open_and_begin() -> Any:
        os.nice(NICENESS)
        database = opened()
        database.compact_range(start=b"\0", stop=b"\0")  # no key is there: the thread starts, and has nothing to do
        return database

    with ThreadPoolExecutor(1, thread_name_prefix="leveldb-open") as threads:
        return threads.submit(open_and_begin).result()
