"""Compressed Digital Links: a bit string in the last step of a path, in base64url.

Two hexadecimal digits name an identifier or a pre-defined sequence of them; its value follows, numbers in as many bits
as they need, text in the smallest of five alphabets. F begins a part that is no identifier.

Source: GS1 Digital Link Standard: Compression, 1.0 §3-4 (tables F, P and Opt; flowcharts D1-D9).
"""

import math
import re
import string
from collections.abc import Mapping
from urllib.parse import quote

from standards.digital_link.leniency import STRICT, Leniency
from standards.digital_link.link import Link, build_link, parse_link
from standards.gs1.dictionary import Component, find, lengths
from standards.gs1.elements import ELEMENTS_MAX, TEXT_MAX, Element
from standards.gs1.faults import Gs1Fault

BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
_HEX = "0123456789ABCDEF"
_LAST_STEP = re.compile(r"(?P<stem>.*?)/(?P<bits>[A-Za-z0-9_-]{8,})(?:\?(?P<query>[^#]*))?(?:#.*)?", re.DOTALL)

_SEQUENCES: Mapping[str, tuple[str, ...]] = {
    "0A": ("01", "22"), "0B": ("01", "10"), "0C": ("01", "21"), "0D": ("01", "17"), "0E": ("01", "7003"),
    "0F": ("01", "30"), "1A": ("01", "10", "21", "17"), "1B": ("01", "15"), "1C": ("01", "11"), "1D": ("01", "16"),
    "1E": ("01", "91"), "1F": ("01", "10", "15"),
    **{f"2{letter}": ("01", f"310{digit}") for digit, letter in enumerate("ABCDEF")},
    **{f"3{letter}": ("01", f"320{digit}") for digit, letter in enumerate("ABCDEF")},
    "9A": ("8010", "8011"), "9B": ("8017", "8019"), "9C": ("8018", "8019"), "9D": ("414", "254"),
    **{f"A{digit}": ("01", f"392{digit}") for digit in range(10)},
    **{f"C{digit}": ("255", f"390{digit}") for digit in range(10)},
    **{f"C{letter}": ("255", f"394{digit}") for digit, letter in enumerate("ABCD")},
}  # fmt: skip
"""Table Opt: hexadecimal digits -> identifiers whose values follow one another."""


def is_compressed(uri: str) -> bool:
    """Whether the last step of the path could be a compressed link: try it where there is no primary key."""
    return len(uri) <= TEXT_MAX and "://" in uri and _LAST_STEP.fullmatch(uri.partition("://")[2]) is not None


def decompress_link(uri: str, leniency: Leniency = STRICT) -> Link:
    """The link that a compressed URI stands for, on the same stem. Raises `Gs1Fault`.

    A primary key may stand uncompressed before the compressed rest. The query stays what it is.
    """
    scheme, _, rest = uri.partition("://")
    found = _LAST_STEP.fullmatch(rest) if len(uri) <= TEXT_MAX else None
    if found is None:
        raise Gs1Fault("COMPRESSED")
    elements, others = _decode(found["bits"])
    stem = f"{scheme}://{found['stem']}"
    try:
        before = parse_link(stem, leniency)
    except Gs1Fault:
        link = build_link(elements, stem)
    else:
        link = build_link([*before.elements, *elements], before.stem)
    query = "&".join([*others, *([found["query"]] if found["query"] else [])])
    if not query:
        return link
    return parse_link(link.uri + ("&" if link.attributes else "?") + query, leniency)


class _Bits:
    """The bits of a compressed step, read from the left."""

    def __init__(self, text: str) -> None:
        self.bits = "".join(f"{BASE64.index(character):06b}" for character in text)
        self.at = 0

    def number(self, size: int) -> int:
        """The next `size` bits as a number."""
        taken = self.bits[self.at : self.at + size]
        if len(taken) < size:
            raise Gs1Fault("COMPRESSED")
        self.at += size
        return int(taken, 2) if taken else 0

    def text(self, length: int, alphabet: str, size: int) -> str:
        """`length` characters of `alphabet`, each in `size` bits."""
        return "".join(alphabet[self.number(size)] for _ in range(length))

    def coded(self, encoding: int, length: int) -> str:
        """`length` characters in the alphabet that `encoding` names."""
        match encoding:
            case 0:
                return _figure(self.number(_value_bits(length)), length)
            case 1:
                return self.text(length, _HEX.lower(), 4)
            case 2:
                return self.text(length, _HEX, 4)
            case 3:
                return self.text(length, BASE64, 6)
            case 4:
                return "".join(chr(self.number(7)) for _ in range(length))
            case _:
                raise Gs1Fault("COMPRESSED")

    @property
    def left(self) -> int:
        """Bits not yet read."""
        return len(self.bits) - self.at


def _decode(text: str) -> tuple[list[Element], list[str]]:
    """The elements, and the parts of the query that are none."""
    bits = _Bits(text)
    elements: list[Element] = []
    others: list[str] = []
    while bits.left > 8:
        begins = bits.text(2, _HEX, 4)
        if begins.startswith("F"):
            bits.at -= 4
            others.append(_other(bits))
        elif begins.isdigit():
            ai = _identifier(begins, bits)
            elements.append(Element(ai, _value(ai, bits)))
        elif begins in _SEQUENCES:
            elements += [Element(ai, _value(ai, bits)) for ai in _SEQUENCES[begins]]
        else:
            raise Gs1Fault("COMPRESSED")
        if len(elements) + len(others) > ELEMENTS_MAX:
            raise Gs1Fault("TOO_MANY_AIS", most=ELEMENTS_MAX)
    if not elements:
        raise Gs1Fault("COMPRESSED")
    return elements, others


def _identifier(begins: str, bits: _Bits) -> str:
    """The identifier whose first two digits are `begins`; table P tells how many follow."""
    length = lengths().get(begins)
    if length is None:
        raise Gs1Fault("AI_UNKNOWN", found=begins)
    return begins + bits.text(length - 2, _HEX, 4)


def _value(ai: str, bits: _Bits) -> str:
    entry = find(ai)
    if entry is None:
        raise Gs1Fault("AI_UNKNOWN", found=ai)
    return "".join(_part(part, bits) for part in _parts(entry.components))


def _part(part: Component, bits: _Bits) -> str:
    if part.charset == "N":
        length = part.most if part.least == part.most else bits.number(_length_bits(part.most))
        if length > part.most:
            raise Gs1Fault("COMPRESSED")
        return _figure(bits.number(_value_bits(length)), length)
    encoding = bits.number(3)
    length = part.most if part.least == part.most else bits.number(_length_bits(part.most))
    if length > part.most:
        raise Gs1Fault("COMPRESSED")
    return bits.coded(encoding, length)


def _parts(components: tuple[Component, ...]) -> list[Component]:
    """The components as table F has them: neighbours of one sort are one, what is optional has a length."""
    parts: list[Component] = []
    for each in components:
        charset = "N" if each.charset == "N" else "X"
        varies = each.optional or each.least != each.most
        last = parts[-1] if parts else None
        joins = last is not None and last.charset == charset
        if joins and last is not None and (charset == "X" or varies == (last.least != last.most)):
            varies = varies or last.least != last.most
            most = last.most + each.most
            parts[-1] = Component(charset, 0 if varies else most, most, optional=False, checks=())
        else:
            parts.append(Component(charset, 0 if varies else each.most, each.most, optional=False, checks=()))
    return parts


def _other(bits: _Bits) -> str:
    """A part of the query that is no identifier: `key=value`."""
    key = bits.text(bits.number(7), BASE64, 6)
    encoding = bits.number(3)
    return f"{key}={quote(bits.coded(encoding, bits.number(7)), safe='')}"


def _figure(number: int, length: int) -> str:
    """`number` in `length` digits; refused where it has more."""
    text = f"{number:0{length}}" if length else ""
    if len(text) > length:
        raise Gs1Fault("COMPRESSED")
    return text


def _value_bits(digits: int) -> int:
    """Bits for a number of so many digits."""
    return math.ceil(digits * math.log2(10) + 0.01)


def _length_bits(most: int) -> int:
    """Bits for a length up to `most`."""
    return math.ceil(math.log2(most) + 0.01)
