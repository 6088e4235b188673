"""North American coupon codes, AI (8110) and (8112): fields whose lengths stand before them.

Source: GS1 US, North American Coupon Application Guideline; GS1 AI (8112) Coupon Data Specification.
"""

import string

from standards.gs1.checks.characters import digits
from standards.gs1.checks.keys import company_prefix
from standards.gs1.checks.times import date
from standards.gs1.checks.wrong import Wrong

_REQUIREMENT_CODES = "012349"


class _Fields:
    """The digits of a coupon, read from the left."""

    def __init__(self, text: str) -> None:
        digits(text)
        self.text = text
        self.at = 0

    def take(self, number: int, code: str) -> str:
        """The next `number` digits."""
        taken = self.text[self.at : self.at + number]
        if len(taken) < number:
            raise Wrong(code, self.at if taken else 0)
        self.at += number
        return taken

    def choice(self, field: str, allowed: str) -> str:
        """The next digit, which must be among `allowed`."""
        taken = self.take(1, f"COUPON_MISSING_{field}")
        if taken not in allowed:
            raise Wrong(f"COUPON_INVALID_{field}", self.at - 1)
        return taken

    def measured(self, field: str, lengths: str, plus: int, *, absent: str = "") -> str:
        """A digit that tells a length (less `plus`), and so many digits; none where it is `absent`."""
        length = self.take(1, f"COUPON_MISSING_{field}_VLI")
        if length == absent:
            return ""
        if length not in lengths:
            raise Wrong(f"COUPON_INVALID_{field}_LENGTH", self.at - 1)
        return self.take(int(length) + plus, f"COUPON_TRUNCATED_{field}")

    def prefix(self, field: str, lengths: str, *, absent: str = "") -> None:
        """A measured field that begins with a company prefix."""
        taken = self.measured(field, lengths, 6, absent=absent)
        if taken:
            company_prefix(taken)

    def date(self, name: str, spelt: str) -> str:
        """A date, YYMMDD."""
        taken = self.take(6, f"COUPON_TOO_SHORT_FOR_{name}_DATE")
        try:
            date(taken)
        except Wrong:
            raise Wrong(f"COUPON_INVALID_{spelt}_DATE", self.at - 6) from None
        return taken

    def begins(self, mark: str) -> bool:
        """Whether the optional field `mark` comes next; if so, passes over its mark."""
        found = self.text[self.at : self.at + 1] == mark
        self.at += found
        return found

    def end(self) -> None:
        """Nothing is left."""
        if self.at < len(self.text):
            raise Wrong("COUPON_EXCESS_DATA", self.at)


def positive_offer(part: str) -> None:
    """AI (8112): format, funder, offer, serial number."""
    fields = _Fields(part)
    fields.choice("FORMAT_CODE", "01")
    fields.measured("FUNDER", "0123456", 6)
    fields.take(6, "COUPON_TRUNCATED_OFFER_CODE")
    fields.measured("SERIAL_NUMBER", string.digits, 6)
    fields.end()


def coupon_code(part: str) -> None:
    """AI (8110): company prefix, offer, save value, first purchase; then optional fields, each after its mark."""
    fields = _Fields(part)
    fields.prefix("GCP", "0123456")
    fields.take(6, "COUPON_TRUNCATED_OFFER_CODE")
    fields.measured("SAVE_VALUE", "12345", 0)
    _purchase(fields, "1ST")
    if fields.begins("1"):
        fields.choice("ADDITIONAL_PURCHASE_RULES_CODE", "0123")
        _purchase(fields, "2ND")
        fields.prefix("2ND_PURCHASE_GCP", "0123456", absent="9")
    if fields.begins("2"):
        _purchase(fields, "3RD")
        fields.prefix("3RD_PURCHASE_GCP", "0123456", absent="9")
    expires = fields.date("EXPIRATION", "EXIPIRATION") if fields.begins("3") else ""
    if fields.begins("4"):
        starts = fields.date("START", "START")
        if expires and starts > expires:
            raise Wrong("COUPON_EXPIRATION_BEFORE_START", fields.at - 6)
    if fields.begins("5"):
        fields.measured("SERIAL_NUMBER", string.digits, 6)
    if fields.begins("6"):
        fields.prefix("RETAILER_GCP_OR_GLN", "1234567")
    if fields.begins("9"):
        fields.choice("SAVE_VALUE_CODE", "01256")
        fields.choice("SAVE_VALUE_APPLIES_TO_ITEM", "012")
        fields.choice("STORE_COUPON_FLAG", string.digits)
        fields.choice("DONT_MULTIPLY_FLAG", "01")
    fields.end()


def _purchase(fields: _Fields, which: str) -> None:
    fields.measured(f"{which}_PURCHASE_REQUIREMENT", "12345", 0)
    fields.choice(f"{which}_PURCHASE_REQUIREMENT_CODE", _REQUIREMENT_CODES)
    fields.take(3, f"COUPON_TRUNCATED_{which}_PURCHASE_FAMILY_CODE")
