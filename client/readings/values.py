"""From the text of one field to a device's scaled integer: exact arithmetic, no float, every failure named."""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from client.failures import Failure
from client.readings.reasons import Reason
from ledger.modules.registry.messages import SCALED_MAX

FIELD_LENGTH_MAX = 64
DIGITS_MAX = 40

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?\Z")
_NOT_A_NUMBER = frozenset({"nan", "+nan", "-nan", "snan", "null", "none", "na", "n/a", "#n/a", "-", "--", "?"})
_INFINITE = frozenset({"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity", "ovf", "ovl", "∞", "-∞"})

_ONE = Fraction(1)
_ZERO = Fraction(0)

UNITS: dict[str, tuple[str, Fraction, Fraction]] = {
    "CEL": ("temperature", _ONE, _ZERO),
    "KEL": ("temperature", _ONE, Fraction(-27315, 100)),
    "FAH": ("temperature", Fraction(5, 9), Fraction(-160, 9)),
    "P1": ("ratio", Fraction(1, 100), _ZERO),
    "C62": ("ratio", _ONE, _ZERO),
    "NX": ("ratio", Fraction(1, 1_000), _ZERO),
    "59": ("ratio", Fraction(1, 1_000_000), _ZERO),
    "PAL": ("pressure", _ONE, _ZERO),
    "A97": ("pressure", Fraction(100), _ZERO),
    "MBR": ("pressure", Fraction(100), _ZERO),
    "KPA": ("pressure", Fraction(1_000), _ZERO),
    "BAR": ("pressure", Fraction(100_000), _ZERO),
    "MTR": ("length", _ONE, _ZERO),
    "MMT": ("length", Fraction(1, 1_000), _ZERO),
    "CMT": ("length", Fraction(1, 100), _ZERO),
    "KMT": ("length", Fraction(1_000), _ZERO),
    "MTS": ("speed", _ONE, _ZERO),
    "KMH": ("speed", Fraction(5, 18), _ZERO),
    "D10": ("conductivity", _ONE, _ZERO),
    "H61": ("conductivity", Fraction(1, 10), _ZERO),
    "G42": ("conductivity", Fraction(1, 10_000), _ZERO),
    "VLT": ("voltage", _ONE, _ZERO),
    "2Z": ("voltage", Fraction(1, 1_000), _ZERO),
    "KGM": ("mass", _ONE, _ZERO),
    "GRM": ("mass", Fraction(1, 1_000), _ZERO),
}
"""UN/ECE Recommendation 20 codes that convert: quantity, and value in its base unit = factor x value + offset.

NX is per mille, 59 parts per million, A97 hectopascal, D10 S/m, H61 mS/cm, G42 µS/cm, 2Z millivolt.
"""


class UnitsDiffer(Failure):
    """No conversion is known between the unit of a column and that of the device's metric."""

    def __init__(self, metric: str, given: str, wanted: str) -> None:
        known = ", ".join(UNITS)
        super().__init__(
            f"指标 {metric}：无法把单位 {given} 换算为设备登记的 {wanted}",
            f"metric {metric}: no conversion from the unit {given} to {wanted}, which the device is registered with",
            f"请使用 UN/ECE Rec 20 代码；可换算的有 {known}",
            f"use UN/ECE Rec 20 codes; these convert among their kind: {known}",
        )


@dataclass(frozen=True)
class Scale:
    """How a column's numbers become scaled integers: scaled = factor x number + offset, rounded half to even."""

    factor: Fraction
    offset: Fraction


def scale_between(metric: str, given: str, wanted: str, exponent: int) -> Scale:
    """The scale from numbers in the unit `given` to integers of 10^`exponent` `wanted`. Raises `UnitsDiffer`."""
    step = Fraction(10) ** -exponent
    if given == wanted:
        return Scale(step, _ZERO)
    source, target = UNITS.get(given), UNITS.get(wanted)
    if source is None or target is None or source[0] != target[0]:
        raise UnitsDiffer(metric, given, wanted)
    factor = source[1] / target[1]
    return Scale(factor * step, (source[2] - target[2]) / target[1] * step)


def parse_value(text: str, scale: Scale, decimal_comma: bool = False) -> tuple[int, bool] | Reason:
    """(scaled integer, whether rounding changed it), or the reason why this field holds no value. Never raises."""
    text = text.strip()
    if not text:
        return Reason.EMPTY
    if decimal_comma:
        text = text.replace(",", ".")
    if len(text) > FIELD_LENGTH_MAX or not _NUMBER.match(text):
        return _refused(text.lower())
    number = Decimal(text)
    if number and number.adjusted() > DIGITS_MAX:
        return Reason.OVERFLOW
    value = Fraction(number) if number and number.adjusted() > -DIGITS_MAX else _ZERO
    exact = value * scale.factor + scale.offset
    scaled = round(exact)
    if abs(scaled) > SCALED_MAX:
        return Reason.OVERFLOW
    return scaled, scaled != exact or bool(number) != bool(value)


def _refused(text: str) -> Reason:
    if text in _NOT_A_NUMBER:
        return Reason.NOT_A_NUMBER
    return Reason.INFINITE if text in _INFINITE else Reason.TEXT


def show_scaled(value: int, exponent: int) -> str:
    """A scaled integer as people write it: (2150, -2) -> `21.50`."""
    return format(Decimal(value).scaleb(exponent), "f")
