"""Which stage of a transaction's way a file of the code belongs to; the innermost file of a stack that has one decides.

What is not listed (encoding, hashing, the standard library) serves whoever calls it, and counts for the caller.
"""

import re
from collections.abc import Sequence

SIGNATURES = "signature checks of records"
EVENT_LOOP = "event loop, what is nowhere else"

STAGES: tuple[tuple[str, str], ...] = (
    ("network/verify_worker.py", SIGNATURES),
    ("network/verify_pool.py", SIGNATURES),
    ("network/services/", "gRPC in and out: requests, answers"),
    ("network/server.py", "gRPC in and out: requests, answers"),
    ("network/chain.py", "gRPC in and out: requests, answers"),
    ("grpc/", "gRPC in and out: requests, answers"),
    ("network/admission.py", "admission and waiting room"),
    ("network/mempool.py", "admission and waiting room"),
    ("network/metrics/disk.py", "log and safety file: write and fsync"),
    ("network/metrics/", "metrics"),
    ("prometheus_client/", "metrics"),
    ("network/replica/checks.py", "decoding and stateless checks"),
    ("ledger/transaction.py", "decoding and stateless checks"),
    ("ledger/text.py", "decoding and stateless checks"),
    ("ledger/modules/", "execute: rules"),
    ("ledger/context.py", "execute: rules"),
    ("ledger/state.py", "execute: rows"),
    ("ledger/storage/overlay.py", "execute: rows"),
    ("ledger/storage/warm.py", "execute: state tree"),
    ("ledger/crypto/state_tree.py", "execute: state tree"),
    ("ledger/crypto/log_tree.py", "execute: journals and log"),
    ("ledger/execute.py", "execute: contexts, leaves, receipts, closing the block"),
    ("ledger/block.py", "execute: contexts, leaves, receipts, closing the block"),
    ("ledger/storage/", "LevelDB: reading and writing"),
    ("consensus/storage/", "log and safety file: write and fsync"),
    ("ledger/crypto/checkpoint.py", "entries, votes, cosignatures, certificates"),
    ("ledger/certificate.py", "entries, votes, cosignatures, certificates"),
    ("consensus/", "entries, votes, cosignatures, certificates"),
    ("network/replica/", "entries, votes, cosignatures, certificates"),
    ("network/driver.py", "entries, votes, cosignatures, certificates"),
    ("network/peers/", "peers: frames in and out"),
)

JOURNALS = re.compile(r"^_Run\.(journal|_journal)")
"""Functions of ledger/execute.py that keep journals."""


def stage_of(frames: Sequence[str]) -> str:
    """The stage of a stack, outermost frame first, each as `function (file:line)`."""
    for frame in reversed(frames):
        function, _, place = frame.rpartition(" (")
        file = place.partition(":")[0].removeprefix("./")
        if file == "ledger/execute.py" and JOURNALS.match(function):
            return "execute: journals and log"
        for prefix, stage in STAGES:
            if file.startswith(prefix):
                return stage
    return EVENT_LOOP
