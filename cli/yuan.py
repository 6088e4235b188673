"""Money as people read it: whole fen written as yuan, and back."""

import re
from decimal import Decimal

_TYPED = re.compile(r"^[0-9]{1,11}(?:\.[0-9]{1,2})?\Z")


def yuan(fen: int) -> str:
    """`2390` as `¥23.90`, `-5` as `-¥0.05`."""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}¥{whole:,}.{rest:02d}"


def read_yuan(typed: str) -> int:
    """The fen in `23.9`, `23.90` or `¥1,023.90`. Raises ValueError for anything else, and for more than whole fen."""
    plain = typed.strip().removeprefix("¥").replace(",", "")
    if _TYPED.fullmatch(plain) is None:
        raise ValueError(typed)
    return int(Decimal(plain) * 100)
