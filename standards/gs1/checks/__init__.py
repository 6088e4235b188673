"""What the parts of a value must be: one function for each test that the syntax dictionary names.

A test takes a part of a value that already has the length of the dictionary, and raises `Wrong`. The rules are those of
the General Specifications; the names and the order in which faults are found are those of GS1's reference linters.
"""

from collections.abc import Callable, Mapping

from standards.gs1.checks import characters, codes, coupons, keys, times

Check = Callable[[str], None]

CHARSETS: Mapping[str, Check] = {
    "N": characters.digits,
    "X": characters.set_82,
    "Y": characters.set_39,
    "Z": characters.set_64,
}
"""The test of each character set, by the dictionary's letter."""

CHECKS: Mapping[str, Check] = {
    "couponcode": coupons.coupon_code,
    "couponposoffer": coupons.positive_offer,
    "csum": keys.check_digit,
    "csumalpha": keys.check_pair,
    "gcppos1": keys.company_prefix,
    "gcppos2": keys.company_prefix_second,
    "hasnondigit": characters.has_non_digit,
    "hh": times.hour,
    "hhmi": times.hour_minute,
    "hyphen": characters.hyphen,
    "iban": keys.iban,
    "importeridx": characters.importer_index,
    "iso3166": codes.country,
    "iso3166999": codes.country_or_999,
    "iso3166alpha2": codes.country_letters,
    "iso4217": codes.currency,
    "iso5218": codes.sex,
    "latitude": codes.latitude,
    "longitude": codes.longitude,
    "mediatype": codes.media_type,
    "mi": times.minute,
    "nonzero": characters.nonzero,
    "nozeroprefix": characters.no_zero_prefix,
    "packagetype": codes.package_type,
    "pcenc": characters.percent_encoded,
    "pieceoftotal": codes.piece_of_total,
    "posinseqslash": codes.position_in_sequence,
    "ss": times.second,
    "winding": codes.winding,
    "yesno": codes.yes_no,
    "yymmdd": times.date,
    "yymmd0": times.date_or_month,
    "yyyymmdd": times.long_date,
    "zero": characters.zero,
}
"""The tests, by the name that the dictionary gives them."""

CHECK_DIGITS = frozenset({"csum", "csumalpha"})
"""Those that only find mistyped characters: EPCIS compares identifiers without them (CBV 2.0 §8.9)."""
