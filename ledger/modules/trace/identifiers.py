"""Identities of things: GS1 keys with their check digits, network codes, lot keys and trace codes.

Products are GTIN-14 or network codes, sites GLN-13 or network codes, logistic units SSCC-18 or network codes: household
farms own no GS1 prefix. Sources: GS1 General Specifications §7.9.1 (check digit), §1.4 (prefixes); ISO/IEC 7064:2003
MOD 37,36 (the check character of network codes and trace codes).
"""

import re

from ledger.crypto.hashing import digest

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Characters of network codes, in the order of their ISO 7064 values."""

CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Characters of trace codes: 32 that people do not mistake for each other (no I, L, O, U)."""

CODE_LENGTH = 13
"""Characters of a trace code: twelve of the digest (60 bits) and one check character."""

_NETWORK_CODE = re.compile(r"[A-Z][0-9A-Z]{4,23}\Z")
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V", "-": None, " ": None})


class BadIdentifier(ValueError):
    """An identity that does not hold together; `reason` says why, in English and Chinese."""

    def __init__(self, reason_en: str, reason_zh: str) -> None:
        super().__init__(reason_en)
        self.reason_en = reason_en
        self.reason_zh = reason_zh


def gs1_check_digit(payload: str) -> str:
    """The digit that completes `payload` (digits without their check digit) of any GS1 key: weights 3, 1 from the
    right.
    """
    total = sum(int(digit) * (3 if position % 2 == 0 else 1) for position, digit in enumerate(reversed(payload)))
    return str(-total % 10)


def check_gs1(key: str, length: int) -> None:
    """Raise `BadIdentifier` unless `key` has `length` digits and ends with its own check digit."""
    if len(key) != length or not key.isascii() or not key.isdigit():
        raise BadIdentifier(f"not {length} digits", f"不是 {length} 位数字")
    if gs1_check_digit(key[:-1]) != key[-1]:
        expected = gs1_check_digit(key[:-1])
        raise BadIdentifier(f"check digit {key[-1]} should be {expected}", f"校验位 {key[-1]} 应为 {expected}")


def check_character(payload: str) -> str:
    """The ISO 7064 MOD 37,36 check character of `payload`, which holds characters of `ALPHABET` only."""
    product = 36
    for character in payload:
        product = ((product + _VALUES[character]) % 36 or 36) * 2 % 37
    return ALPHABET[(37 - product) % 36]


def complete_network_code(payload: str) -> str:
    """`payload` (a letter, then 3-22 letters or digits, capitals) with its check character; raises `BadIdentifier`."""
    if not _NETWORK_CODE.match(payload + "0"):
        raise BadIdentifier(
            "not a capital letter followed by 3 to 22 letters or digits", "须为大写字母开头，后接 3 至 22 位字母或数字"
        )
    return payload + check_character(payload)


def check_network_code(code: str) -> None:
    """Raise `BadIdentifier` unless `code` is a network code: a letter, 3-22 letters or digits, a check character."""
    if not _NETWORK_CODE.match(code):
        raise BadIdentifier("not a GS1 key nor a network code", "既不是 GS1 编码，也不是本网络编码")
    if check_character(code[:-1]) != code[-1]:
        expected = check_character(code[:-1])
        raise BadIdentifier(f"check character {code[-1]} should be {expected}", f"校验字符 {code[-1]} 应为 {expected}")


def check_product(product: str) -> None:
    """Raise `BadIdentifier` unless `product` is a traceable GTIN-14 or a network code.

    GS1 prefixes 02, 04 and 20-29 number goods inside one shop and never trace identity. In a GTIN-14 the prefix starts
    at the second digit; 952 is GS1's range for demonstrations and is allowed.
    """
    if not product[:1].isdigit():
        check_network_code(product)
        return
    check_gs1(product, 14)
    prefix = product[1:3]
    if prefix in ("02", "04") or prefix[0] == "2":
        raise BadIdentifier(f"GS1 prefix {prefix} is for use inside one shop", f"GS1 前缀 {prefix} 仅限店内使用")


def check_site(site: str) -> None:
    """Raise `BadIdentifier` unless `site` is a GLN-13 or a network code."""
    if site[:1].isdigit():
        check_gs1(site, 13)
    else:
        check_network_code(site)


def check_unit(unit: str) -> None:
    """Raise `BadIdentifier` unless `unit` is an SSCC-18 or a network code."""
    if unit[:1].isdigit():
        check_gs1(unit, 18)
    else:
        check_network_code(unit)


def lot_key(product: str, number: str) -> str:
    """The key of a lot, `<product>/<lot number>`."""
    return f"{product}/{number}"


def trace_code(lot: str) -> str:
    """The code printed on the goods of `lot` (a lot key): always the same for the same lot, 13 characters.

    Twelve characters carry 60 bits of a digest; further digests are drawn until the check character too is one that
    people cannot misread.
    """
    attempt = 0
    while True:
        number = int.from_bytes(digest("trace-code", lot.encode(), b"\0", bytes([attempt]))[:8], "big") >> 4
        payload = "".join(CODE_ALPHABET[number >> shift & 31] for shift in range(55, -1, -5))
        check = check_character(payload)
        if check in CODE_ALPHABET:
            return payload + check
        attempt += 1


def read_trace_code(text: str) -> str:
    """The trace code a person typed: capitals, blanks and hyphens, I for 1 and O for 0 do not matter. Raises
    `BadIdentifier`.
    """
    code = text.strip().upper().translate(_LOOKALIKES)
    if len(code) != CODE_LENGTH or any(character not in CODE_ALPHABET for character in code):
        raise BadIdentifier(f"not a trace code of {CODE_LENGTH} letters and digits", f"不是 {CODE_LENGTH} 位溯源码")
    if check_character(code[:-1]) != code[-1]:
        raise BadIdentifier("the trace code has a mistyped character", "溯源码有字符输错")
    return code
