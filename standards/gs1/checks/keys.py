"""Check digits, check characters, company prefixes, account numbers.

Source: GS1 General Specifications §7.9.1 (check digit), §7.9.5 (check character pair), §1.4 (company prefix);
ISO 13616-1 (IBAN).
"""

import string
from itertools import count, islice

from biip.checksums import gs1_standard_check_digit

from standards.gs1.checks.characters import SET_82
from standards.gs1.checks.codes import COUNTRY_LETTERS
from standards.gs1.checks.wrong import Wrong

SET_32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Characters of check pairs, in the order of their values."""

COMPANY_PREFIX_DIGITS_MIN = 4
IBAN_CHARACTERS_MIN = 11
_ACCOUNT = string.digits + string.ascii_uppercase


def expected_check_digit(digits: str) -> str:
    """The digit that completes `digits`, a key without its check digit."""
    return str(gs1_standard_check_digit(digits))


def check_digit(part: str) -> None:
    """The last digit is the check digit of those before it."""
    expected = expected_check_digit(part[:-1])
    if part[-1] != expected:
        raise Wrong("INCORRECT_CHECK_DIGIT", len(part) - 1, found=part[-1], expected=expected)


def expected_check_pair(text: str) -> str:
    """The two characters that complete `text` (characters of set 82): weighted by primes from the right, mod 1021."""
    values = (SET_82.index(character) for character in reversed(text))
    total = sum(value * prime for value, prime in zip(values, _primes(len(text)), strict=True)) % 1021
    return SET_32[total >> 5] + SET_32[total & 31]


def check_pair(part: str) -> None:
    """The last two characters are the check characters of those before them."""
    if len(part) < 2:
        raise Wrong("TOO_SHORT_FOR_CHECK_PAIR")
    for at in (len(part) - 2, len(part) - 1):
        if part[at] not in SET_32:
            raise Wrong("INVALID_CSET32_CHARACTER", at)
    expected = expected_check_pair(part[:-2])
    if part[-2:] != expected:
        raise Wrong("INCORRECT_CHECK_PAIR", len(part) - 2, found=part[-2:], expected=expected)


def company_prefix(part: str) -> None:
    """It begins with enough digits to hold a company prefix."""
    if len(part) < COMPANY_PREFIX_DIGITS_MIN:
        raise Wrong("TOO_SHORT_FOR_GCP")
    for at, character in enumerate(part[:COMPANY_PREFIX_DIGITS_MIN]):
        if character not in string.digits:
            raise Wrong("INVALID_GCP_PREFIX", at)


def company_prefix_second(part: str) -> None:
    """As `company_prefix`, after an indicator or extension digit."""
    try:
        company_prefix(part[1:])
    except Wrong as wrong:
        raise Wrong(wrong.code, wrong.at + 1) from None


def iban(part: str) -> None:
    """A bank account number with the checksum of ISO 7064 MOD 97-10."""
    if len(part) < IBAN_CHARACTERS_MIN:
        raise Wrong("IBAN_TOO_SHORT")
    for at, character in enumerate(part):
        if character not in _ACCOUNT:
            raise Wrong("INVALID_IBAN_CHARACTER", at)
    if part[:2] not in COUNTRY_LETTERS:
        raise Wrong("ILLEGAL_IBAN_COUNTRY_CODE")
    if int("".join(str(_ACCOUNT.index(character)) for character in part[4:] + part[:4])) % 97 != 1:
        raise Wrong("INCORRECT_IBAN_CHECKSUM", 2)


def _primes(number: int) -> list[int]:
    """The first `number` primes (at most some ninety: no value is longer)."""
    candidates = (value for value in count(2) if all(value % divisor for divisor in range(2, int(value**0.5) + 1)))
    return list(islice(candidates, number))
