"""Percent-encoding of values in a URI.

Source: RFC 3986 §2; GS1 Digital Link URI syntax, "percent-encoding": all but unreserved characters are encoded.
"""

import re
from urllib.parse import quote

_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")


def encode(value: str) -> str:
    """`value` as it stands in the path of a URI, and in its query as well: no value holds a space."""
    return quote(value, safe="")


def decode(text: str, *, query: bool = False) -> str:
    """What `text` stands for, byte for byte; in a query, + is a space. What looks encoded and is not, stays."""
    if query:
        text = text.replace("+", " ")
    return _ENCODED.sub(lambda found: chr(int(found[1], 16)), text)
