"""What gateways counted, day by day."""

from ledger.crypto.encoding import Message
from ledger.modules.trace.messages.counting import LotScans
from ledger.state import Table


class ScanDay(Message):
    """A gateway's statement of a day, as `transaction` recorded it; `scans`: all of them, the rest included."""

    transaction: bytes
    scans: int
    counts: tuple[LotScans, ...]
    rest_rows: int
    rest_scans: int


scan_days: Table[ScanDay] = Table("trace", "scans", ScanDay)
"""`scan_key` -> statement."""


def scan_key(day: int, organisation: str, gateway: str) -> str:
    """`<day, 7 digits>/<organisation>/<gateway>`: a day's statements lie side by side."""
    return f"{day:07}/{organisation}/{gateway}"
