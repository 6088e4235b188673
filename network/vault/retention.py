"""How long a file's retention class binds whoever holds it. Classes: proto/linxin/v1/blob.proto.

Evidence is kept for a time that the network's organisations agree on (`evidence_retention_ms`, docs/OPERATORS.md),
since laws ask for it; words and personal data can be erased at any time.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from linxin.v1 import blob_pb2

from network.vault.vault import Description

CHINA = timezone(timedelta(hours=8))


def retained_until_ms(description: Description, parameters: Mapping[str, int]) -> int:
    """Before when a file is not erased; 0 where nothing binds."""
    if description.retention != blob_pb2.EVIDENCE:
        return 0
    return description.stored_ms + parameters["evidence_retention_ms"]


def told(time_ms: int) -> str:
    """A time for people, to the second in China's time zone: `2029-11-22T12:00:00+08:00`."""
    # Rounded up, or who comes back at just that second would be refused again.
    return datetime.fromtimestamp(-(-time_ms // 1_000), UTC).astimezone(CHINA).isoformat()
