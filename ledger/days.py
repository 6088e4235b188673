"""Days as people here count them: UTC+8, from midnight to midnight."""

from ledger.crypto.utc import DAY_MS

CHINA_MS = 8 * 3_600_000
"""How far China's clocks are ahead of UTC."""


def day_of(time_ms: int) -> int:
    """The number of the day (UTC+8, from 1970-01-01) that holds this instant."""
    return (time_ms + CHINA_MS) // DAY_MS
