"""Units of UN/ECE Recommendation 20 that readings come in, made comparable: GE_value_KEL finds what was told in CEL."""

from decimal import Context, Decimal

_UNITS: dict[str, tuple[str, str, str]] = {
    "KEL": ("KEL", "1", "0"),
    "CEL": ("KEL", "1", "273.15"),
    "FAH": ("KEL", "0.5555555555555555555555555556", "255.3722222222222222222222222"),
    "KGM": ("KGM", "1", "0"),
    "GRM": ("KGM", "0.001", "0"),
    "MGM": ("KGM", "0.000001", "0"),
    "TNE": ("KGM", "1000", "0"),
    "LBR": ("KGM", "0.45359237", "0"),
    "MTR": ("MTR", "1", "0"),
    "CMT": ("MTR", "0.01", "0"),
    "MMT": ("MTR", "0.001", "0"),
    "KMT": ("MTR", "1000", "0"),
    "LTR": ("LTR", "1", "0"),
    "MLT": ("LTR", "0.001", "0"),
    "MTQ": ("LTR", "1000", "0"),
    "MTS": ("MTS", "1", "0"),
    "KMH": ("MTS", "0.2777777777777777777777777778", "0"),
    "PAL": ("PAL", "1", "0"),
    "KPA": ("PAL", "1000", "0"),
    "BAR": ("PAL", "100000", "0"),
    "MBR": ("PAL", "100", "0"),
    "SEC": ("SEC", "1", "0"),
    "MIN": ("SEC", "60", "0"),
    "HUR": ("SEC", "3600", "0"),
    "DAY": ("SEC", "86400", "0"),
    "JOU": ("JOU", "1", "0"),
    "KJO": ("JOU", "1000", "0"),
    "DD": ("DD", "1", "0"),
    "C81": ("DD", "57.29577951308232087679815481", "0"),
}
"""Code -> (base unit, factor, what is added): base = value x factor + added."""

_EXACT = Context(prec=60)
"""Digits enough for the largest number that a document may hold, in the finest step."""

_FINE = Decimal("1e-9")
"""Differences below this come of factors that no decimal number is, and are none."""


def base(value: float | str | Decimal, unit: str) -> tuple[str, Decimal]:
    """(base unit, amount) of `value` in `unit`; of a unit not known here, itself."""
    kind, factor, added = _UNITS.get(unit, (unit, "1", "0"))
    amount = _EXACT.add(_EXACT.multiply(Decimal(str(value)), Decimal(factor)), Decimal(added))
    return kind, amount.quantize(_FINE, context=_EXACT)
