"""How a gateway is run."""

from dataclasses import dataclass
from datetime import timedelta, timezone

CHINA = timezone(timedelta(hours=8), "UTC+8")
"""Pages tell times in China's one time zone, and say so."""


@dataclass(frozen=True)
class Settings:
    """`public_url`: where browsers reach it, without a slash at the end. The rest are bounds of what it does,
    for one reader and in all.
    """

    public_url: str
    requests_per_s: float = 10.0
    """For one address, on the long run."""
    burst: int = 60
    """And at once. A page with its proofs is three (scripts are not counted); a whole street may share one address."""
    addresses_max: int = 20_000
    """Addresses remembered; the one not heard of longest is forgotten first."""
    batches_max: int = 512
    """Batches kept in memory; the one not asked for longest goes first."""
    fresh_s: float = 2.0
    """How long a batch is shown again without asking the node."""
    upstream_max: int = 16
    """Journeys asked of nodes at once; who comes then is told to come again."""
    behind_proxy: bool = False
    """Whether the reader's address is the last of X-Forwarded-For: only where a proxy of the operator sets it."""
