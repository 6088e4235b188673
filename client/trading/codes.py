"""Pickup codes: 80 random bits in Crockford's base 32, shown as a QR code or written in four groups of four.

The ledger holds a commitment to a code (`ledger.modules.groupbuy.messages.code_commitment`); the code itself is with
the buyer alone until she shows it at the pickup point.
"""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no I, L, O, U."""

LENGTH = 16
GROUP = 4
_LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


class BadCode(ValueError):
    """What was typed is no pickup code; `reason_zh` and `reason_en` say why."""

    def __init__(self, reason_zh: str, reason_en: str) -> None:
        super().__init__(reason_en)
        self.reason_zh = reason_zh
        self.reason_en = reason_en


def new_code() -> str:
    """A fresh code of the operating system's randomness."""
    bits = secrets.randbits(5 * LENGTH)
    return "".join(ALPHABET[bits >> 5 * place & 31] for place in reversed(range(LENGTH)))


def show_code(code: str) -> str:
    """A code as people read it: `7K3M-9QXT-0AZB-4H2W`."""
    return "-".join(code[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def read_code(typed: str) -> str:
    """The code that somebody typed, whatever the case, groups, and I, L or O where 1, 1 or 0 was meant.

    Raises `BadCode`.
    """
    code = typed.strip().upper().translate(_LOOKALIKES)
    wrong = next((character for character in code if character not in ALPHABET), None)
    if wrong is not None:
        raise BadCode(f"取货码中没有“{wrong}”", f"a pickup code has no {wrong!r}")
    if len(code) != LENGTH:
        raise BadCode(
            f"取货码有 {LENGTH} 个字符，此处 {len(code)} 个", f"a pickup code has {LENGTH} characters, not {len(code)}"
        )
    return code
