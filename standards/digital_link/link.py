"""A GS1 Digital Link, read from a URI and written as one.

`https://domain[/stem]/{primary key}/{value}[/{qualifier}/{value}]*[?{attribute}={value}]`

Source: GS1 Digital Link Standard: URI Syntax 1.2 and later. The stem is told from the key by reading the path from its
end; mixed-case schemes are refused; what a query holds beside numeric keys is not ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from standards.digital_link.leniency import STRICT, Leniency
from standards.digital_link.percent import decode, encode
from standards.gs1.dictionary import Entry, find, is_digits
from standards.gs1.elements import ELEMENTS_MAX, TEXT_MAX, Element, check_element, check_length, write_element_string
from standards.gs1.faults import Gs1Fault

CANONICAL_STEM = "https://id.gs1.org"

ALPHA_KEYS = {
    "cpid": "8010", "cpsn": "8011", "cpv": "22", "gcn": "255", "gdti": "253", "giai": "8004", "ginc": "401",
    "gln": "414", "glnx": "254", "gmn": "8013", "grai": "8003", "gsin": "402", "gsrn": "8018", "gsrnp": "8017",
    "gtin": "01", "itip": "8006", "lot": "10", "party": "417", "refno": "8020", "ser": "21", "srin": "8019",
    "sscc": "00",
}  # fmt: skip
"""Words for identifiers in Digital Link 1.0 and 1.1."""

_SCHEMES = ("https://", "HTTPS://", "http://", "HTTP://")
_URI = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%")
_NOT_IN_DOMAIN = frozenset("_~?#@!$&'()*+,;=%")
_SHORT_GTINS = (8, 12, 13)


@dataclass(frozen=True, slots=True)
class Link:
    """What a Digital Link says: `path` is the primary key and its qualifiers, `attributes` the rest.

    `stem` is the scheme, the domain and what stands before the key; `others` are the query's parts that are no
    application identifiers, as they were written.
    """

    stem: str
    path: tuple[Element, ...]
    attributes: tuple[Element, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def elements(self) -> tuple[Element, ...]:
        """All elements, in the order of the URI."""
        return self.path + self.attributes

    @property
    def element_string(self) -> str:
        """The elements as a scanner hands them on, `^` for FNC1."""
        return write_element_string(self.elements)

    @property
    def uri(self) -> str:
        """The link, uncompressed, without what is no identifier."""
        return self.stem.rstrip("/") + path_of(self.path) + _query(self.attributes)


def path_of(path: Sequence[Element]) -> str:
    """`/01/.../10/...`."""
    return "".join(f"/{ai}/{encode(value)}" for ai, value in path)


def parse_link(uri: str, leniency: Leniency = STRICT) -> Link:
    """Read a URI. Raises `Gs1Fault` naming identifier, position and remedy."""
    at = _domain_end(uri, leniency)
    rest = uri[at:].partition("#")[0]
    path, _, query = rest.partition("?")
    if leniency.trailing_slash and path.endswith("/"):
        path = path[:-1]
    before, keyed = _keyed_part(path, leniency)
    elements = tuple(_path_element(ai, text, leniency) for ai, text in keyed)
    attributes, others = _read_query(query, leniency)
    _check_path(elements)
    if len(elements) + len(attributes) > ELEMENTS_MAX:
        raise Gs1Fault("TOO_MANY_AIS", most=ELEMENTS_MAX)
    _check_attributes(elements, attributes, leniency)
    for element in elements + attributes:
        entry = find(element.ai, unknown=leniency.unknown_ais)
        assert entry is not None, "read by its entry"
        check_element(element, entry, check_digits=not leniency.any_check_digit)
    return Link(uri[:at] + before, elements, attributes, others)


def is_sequence(path: Sequence[str]) -> bool:
    """Whether these identifiers are a primary key with qualifiers in an order that the standard allows."""
    entry = find(path[0]) if path else None
    if entry is None or entry.chains is None:
        return False
    return any(_is_ordered(path[1:], chain) for chain in entry.chains)


def build_link(elements: Sequence[Element], stem: str = CANONICAL_STEM, leniency: Leniency = STRICT) -> Link:
    """The link that says `elements`: the first primary key among them, its qualifiers, the rest as attributes.

    Attributes of predefined length come first, as in the General Specifications. An element that stands twice is
    written once. Raises `Gs1Fault`.
    """
    _domain_end(stem.rstrip("/") + "/", leniency)
    if any(mark in stem for mark in "?#"):
        raise Gs1Fault("STEM", found=stem)
    values = _unlike(elements)
    entries: dict[str, Entry] = {}
    for ai, value in values.items():
        entry = find(ai, unknown=leniency.unknown_ais)
        if entry is None:
            raise Gs1Fault("AI_UNKNOWN", found=ai)
        check_element(Element(ai, value), entry)
        entries[ai] = entry
    key = next((entry for entry in entries.values() if entry.chains is not None), None)
    if key is None:
        raise Gs1Fault("NO_PRIMARY_KEY")
    chosen = _chosen_chain(key, entries, leniency)
    path = (Element(key.ai, values[key.ai]), *(Element(ai, values[ai]) for ai in chosen))
    rest = [ai for ai in values if ai != key.ai and ai not in chosen]
    rest.sort(key=lambda ai: not entries[ai].fixed)
    attributes = tuple(Element(ai, values[ai]) for ai in rest)
    _check_attributes(path, attributes, leniency)
    return Link(stem.rstrip("/"), path, attributes)


def _domain_end(uri: str, leniency: Leniency) -> int:
    """Where the path begins; raises `Gs1Fault` for what is no web address."""
    if len(uri) > TEXT_MAX:
        raise Gs1Fault("TEXT_TOO_LONG", most=TEXT_MAX)
    for at, character in enumerate(uri):
        if character not in _URI and not (leniency.quotes and character == '"'):
            raise Gs1Fault("URI_CHARACTER", position=at + 1, found=character)
    scheme = next((scheme for scheme in _SCHEMES if uri.startswith(scheme)), None)
    if scheme is None:
        raise Gs1Fault("URI_SCHEME", position=1)
    end = uri.find("/", len(scheme))
    domain = uri[len(scheme) : end]
    if end < 0 or not domain or not _NOT_IN_DOMAIN.isdisjoint(domain):
        raise Gs1Fault("URI_DOMAIN", position=len(scheme) + 1)
    return end


def _keyed_part(path: str, leniency: Leniency) -> tuple[str, list[tuple[str, str]]]:
    """What stands before the rightmost primary key, and the pairs from there on, by number and undecoded."""
    steps = path.split("/")
    pairs: list[tuple[str, str]] = []
    while len(steps) > 2:
        ai = _number(steps[-2], leniency)
        entry = find(ai, unknown=leniency.unknown_ais)
        if entry is None:
            break
        pairs.insert(0, (ai, steps[-1]))
        del steps[-2:]
        if entry.chains is not None:
            return "/".join(steps), pairs
    raise Gs1Fault("URI_NO_KEY")


def _number(key: str, leniency: Leniency) -> str:
    return ALPHA_KEYS.get(key, key) if leniency.alpha_keys else key


def _path_element(ai: str, text: str, leniency: Leniency) -> Element:
    return _element(ai, decode(text), leniency)


def _element(ai: str, value: str, leniency: Leniency) -> Element:
    if "\0" in value:
        raise Gs1Fault("URI_NUL", ai=ai, position=value.index("\0") + 1)
    if leniency.zero_suppressed_gtin and ai == "01" and len(value) in _SHORT_GTINS:
        value = value.zfill(14)
    element = Element(ai, value)
    entry = find(ai, unknown=leniency.unknown_ais)
    assert entry is not None, "looked up before its value was read"
    check_length(element, entry)
    return element


def _read_query(query: str, leniency: Leniency) -> tuple[tuple[Element, ...], tuple[str, ...]]:
    attributes: list[Element] = []
    others: list[str] = []
    for pair in query.split("&"):
        key, equals, text = pair.partition("=")
        if not equals or not is_digits(key):
            others += [pair] if pair else []
            continue
        if find(key, unknown=leniency.unknown_ais) is None:
            raise Gs1Fault("AI_UNKNOWN", found=key)
        attributes.append(_element(key, decode(text, query=True), leniency))
    return tuple(attributes), tuple(others)


def _check_path(path: Sequence[Element]) -> None:
    order = [ai for ai, _ in path]
    if not is_sequence(order):
        raise Gs1Fault("KEY_QUALIFIERS", ai=order[-1], key=order[0], found="/".join(order[1:]))


def _check_attributes(path: Sequence[Element], attributes: Sequence[Element], leniency: Leniency) -> None:
    order = [ai for ai, _ in path]
    seen = set(order)
    for ai, _ in attributes:
        if ai in seen:
            raise Gs1Fault("AI_REPEATED", ai=ai)
        seen.add(ai)
        if not _is_attribute(ai, leniency):
            raise Gs1Fault("AI_NOT_ATTRIBUTE", ai=ai)
        if any(is_sequence([*order[:at], ai, *order[at:]]) for at in range(1, len(order) + 1)):
            raise Gs1Fault("AI_BELONGS_IN_PATH", ai=ai)


def _is_attribute(ai: str, leniency: Leniency) -> bool:
    entry = find(ai)
    return leniency.unknown_attributes if entry is None else entry.attribute


def _is_ordered(qualifiers: Sequence[str], chain: Sequence[str]) -> bool:
    rest = iter(chain)
    return all(qualifier in rest for qualifier in qualifiers)


def _unlike(elements: Sequence[Element]) -> dict[str, str]:
    """Identifier -> value, in order; raises `Gs1Fault` where one identifier has two values."""
    values: dict[str, str] = {}
    for ai, value in elements:
        if values.setdefault(ai, value) != value:
            raise Gs1Fault("AI_REPEATED_DIFFERENTLY", ai=ai)
    return values


def _chosen_chain(key: Entry, present: dict[str, Entry], leniency: Leniency) -> list[str]:
    """The qualifiers that are present, of the order that takes most of them and leaves none that is no attribute."""
    assert key.chains is not None
    found = [[ai for ai in chain if ai in present] for chain in key.chains]

    def merit(chosen: list[str]) -> tuple[bool, int]:
        left = present.keys() - {key.ai, *chosen}
        return all(_is_attribute(ai, leniency) for ai in left), len(chosen)

    return max(found, key=merit)


def _query(attributes: Sequence[Element]) -> str:
    return "?" + "&".join(f"{ai}={encode(value)}" for ai, value in attributes) if attributes else ""
