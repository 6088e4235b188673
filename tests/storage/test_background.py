"""Tables are merged by a thread that gives way."""

import subprocess
import sys

from ledger.storage.background import NICENESS

PROGRAM = """
import sys
from pathlib import Path
from tests.storage.made import Maker, open_store
maker, store = Maker(), open_store(Path(sys.argv[1]), write_buffer_size=65_536)
for _ in range(30):
    store.write(*maker.make(100))
for task in Path("/proc/self/task").iterdir():
    print((task / "stat").read_text().rpartition(")")[2].split()[16])
store.close()
"""


def test_the_thread_that_merges_is_nicer_than_the_one_that_writes(tmp_path: object) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, f"{tmp_path}/ledger"], capture_output=True, text=True, check=True
    )
    niceness = sorted(map(int, ran.stdout.split()))
    assert niceness == [niceness[0], min(19, niceness[0] + NICENESS)]
