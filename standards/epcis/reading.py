"""JSON of outsiders into plain values: bounded before it is parsed, and nothing in it may mean two things.

Bounds hold before any work is done for the bytes: size and depth are counted first. Then one walk over the parsed
values finds every repeated name, number without a meaning, and letter that deceives a reader, each with its path.
"""

import json
import math
import unicodedata
from collections import Counter
from collections.abc import Iterator

from standards.epcis.faults import Fault, Malformed, Step, pointer, shorten

BYTES_MAX = 2 << 20
DEPTH_MAX = 40
VALUES_MAX = 100_000
STRING_LENGTH_MAX = 16_384
NUMBER_LENGTH_MAX = 32
NUMBER_MAX = 10**18

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = frozenset(
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\u3164\ufeff\uffa0"
)
_ALIKE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
"""Scripts with letters that look the same: a name may use one of them (UTS 39, single script)."""


class _Doubtful:
    """A number that no two programs would read alike, kept with its text until its path is known."""

    def __init__(self, text: str) -> None:
        self.text = text


class _Repeated(dict[str, object]):
    """An object that names a member twice."""

    names: tuple[str, ...] = ()


REPEATABLE = "eventID"
"""The one name that may stand twice, the last one counting: GS1's own examples give an event a hash and a UUID as its
eventID. The event hash leaves it out and no rule acts on it. It is remarked."""


def read_json(data: bytes) -> tuple[object, tuple[Fault, ...]]:
    """The value that the UTF-8 text `data` stands for, and what is remarkable about it without being wrong.

    Members named `_comment...`, which are notes to people, are left out.

    Raises Malformed with every fault: more than BYTES_MAX bytes, deeper than DEPTH_MAX, more than VALUES_MAX values,
    repeated names, NaN and infinities, numbers beyond ±10^18 or of more than 32 characters, control and bidirectional
    characters, strings above 16,384 characters, names that mix scripts or hide characters.
    """
    text = decode(data, "json")
    if _depth(text) > DEPTH_MAX:
        raise Malformed([Fault("", "json", f"嵌套超过 {DEPTH_MAX} 层", f"nested deeper than {DEPTH_MAX}")])
    try:
        value = json.loads(
            text, object_pairs_hook=_members, parse_int=_integer, parse_float=_real, parse_constant=_Doubtful
        )
    except (ValueError, RecursionError) as error:
        raise Malformed([Fault("", "json", "不是 JSON", f"not JSON: {shorten(str(error))}")]) from error
    found = list(_faults(value))
    faults = [fault for fault in found if fault.rule != "json:repeated"]
    if faults:
        raise Malformed(faults)
    return _without_notes(value), tuple(found)


def decode(data: bytes, rule: str) -> str:
    """`data` as UTF-8 text without a byte order mark; Malformed when it is longer than BYTES_MAX or no UTF-8."""
    if len(data) > BYTES_MAX:
        raise Malformed([Fault("", rule, f"大于 {BYTES_MAX} 字节", f"larger than {BYTES_MAX} bytes")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"byte {error.start}"
        raise Malformed([Fault("", rule, f"不是 UTF-8（第 {error.start} 字节）", f"not UTF-8 at {where}")]) from error


def text_faults(text: str, path: str) -> Iterator[Fault]:
    """What makes `text` unfit to be stored or shown, wherever it stands."""
    if len(text) > STRING_LENGTH_MAX:
        yield Fault(path, "text", f"超过 {STRING_LENGTH_MAX} 个字符", f"more than {STRING_LENGTH_MAX} characters")
    for letter in text:
        if letter in _BIDI or (unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\t\n\r"):
            yield Fault(
                path, "text", f"含控制字符 U+{ord(letter):04X}", f"holds the control character U+{ord(letter):04X}"
            )
            return


def name_faults(name: str, path: str) -> Iterator[Fault]:
    """What makes `name`, of a member or an element, one that a reader could take for another."""
    yield from text_faults(name, path)
    if any(letter in _INVISIBLE for letter in name):
        yield Fault(path, "name", "名称含不可见字符", "the name holds an invisible character")
    if unicodedata.normalize("NFC", name) != name:
        yield Fault(path, "name", "名称未按 NFC 规范化", "the name is not in Unicode form NFC")
    if not name.isascii() and len(scripts_alike(name)) > 1:
        yield Fault(path, "name", "名称混用形近文字", "the name mixes scripts whose letters look alike")


def scripts_alike(text: str) -> set[str]:
    """Which of the scripts with letters that look alike `text` uses."""
    first_words = {unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha()}
    return first_words & set(_ALIKE)


def _depth(text: str) -> int:
    """How deep brackets nest outside of strings, without recursion; right for any text that is JSON."""
    depth = deepest = 0
    quoted = escaped = False
    for letter in text:
        if quoted:
            if escaped:
                escaped = False
            elif letter == "\\":
                escaped = True
            elif letter == '"':
                quoted = False
        elif letter == '"':
            quoted = True
        elif letter in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in "]}":
            depth -= 1
    return deepest


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    repeated = _Repeated(members)
    repeated.names = tuple(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
    return repeated


def _integer(text: str) -> object:
    if len(text) > NUMBER_LENGTH_MAX:
        return _Doubtful(text)
    value = int(text)
    return value if abs(value) <= NUMBER_MAX else _Doubtful(text)


def _real(text: str) -> object:
    value = float(text) if len(text) <= NUMBER_LENGTH_MAX else math.inf
    return value if abs(value) <= NUMBER_MAX else _Doubtful(text)


def _faults(value: object) -> Iterator[Fault]:
    waiting: list[tuple[tuple[Step, ...], object]] = [((), value)]
    count = 0
    while waiting:
        steps, value = waiting.pop()
        path = pointer(steps)
        count += 1
        if count > VALUES_MAX:
            yield Fault("", "json", f"超过 {VALUES_MAX} 个值", f"more than {VALUES_MAX} values")
            return
        if isinstance(value, _Doubtful):
            yield Fault(path, "json", "数值超出范围", f"number out of range: {shorten(value.text, 24)}")
        elif isinstance(value, str):
            yield from text_faults(value, path)
        elif isinstance(value, dict):
            for name in getattr(value, "names", ()):
                rule = "json:repeated" if name == REPEATABLE else "json"
                yield Fault(pointer((*steps, name)), rule, "名称重复", "this name stands here twice")
            for name, member in value.items():
                yield from name_faults(name, pointer((*steps, name)))
                waiting.append(((*steps, name), member))
        elif isinstance(value, list):
            waiting.extend(((*steps, index), item) for index, item in enumerate(value))


def _without_notes(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_notes(member) for name, member in value.items() if not name.startswith("_comment")}
    if isinstance(value, list):
        return [_without_notes(item) for item in value]
    return value
