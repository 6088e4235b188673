"""What stands on a label and on a sheet, and the QR symbol of both."""

from dataclasses import dataclass

import segno

QUIET_ZONE = 4
"""Modules left white on each side (ISO/IEC 18004, 9.1)."""

ERROR_CORRECTION = "m"
"""15% of a symbol may be lost; the level is raised where that takes no more modules."""

QR_MM = 28
"""The symbol's side with its quiet zone, mm."""

MODULE_MM_MIN = 0.396
"""Least size of a module at a point of sale (GS1 General Specifications, symbol specification table 1)."""

ORGANIC = "有机"


class LinkTooLong(ValueError):
    """The link would make modules too small to be read at a point of sale."""


@dataclass(frozen=True)
class Label:
    """A label. `link` is what the symbol says; `keys` are GS1's keys for people, "" where there are none.

    `organic`: whether 有机 may stand on it. `code`: the trace code. The rest is text.
    """

    link: str
    name: str
    lot: str
    code: str
    keys: str
    maker: str
    date: str
    organic: bool

    @property
    def lines(self) -> tuple[str, ...]:
        """What people read beside the symbol, the name first."""
        known = (f"批号 {self.lot}", self.keys, self.maker, self.date, ORGANIC if self.organic else "")
        return (self.name, *(line for line in known if line), f"溯源码 {self.code}")


@dataclass(frozen=True)
class Sheet:
    """A 承诺达标合格证: its rows, label and text."""

    rows: tuple[tuple[str, str], ...]


def symbol(link: str) -> segno.QRCode:
    """The QR symbol of a link. Raises `LinkTooLong`."""
    made = segno.make_qr(link, error=ERROR_CORRECTION, boost_error=True)
    if QR_MM / made.symbol_size(border=QUIET_ZONE)[0] < MODULE_MM_MIN:
        raise LinkTooLong(link)
    return made
