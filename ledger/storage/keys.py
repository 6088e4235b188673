"""The layout of keys in LevelDB: one byte names the keyspace, numbers are big-endian so that they sort.

| prefix | then | value |
|--|--|--|
| `M` | | MessagePack [format, chain id] |
| `H` | | the head: `StoredHead` |
| `s` | state key | public value |
| `p` | state key | salt and row of a restricted key |
| `n` | path, one byte a nibble | state-tree node |
| `c` | height u64 | MessagePack of the state keys that a block changed, whose nodes are not written yet |
| `l` | log index u64 | leaf |
| `r` | log index u64 | restricted part of the transaction of that leaf |
| `L` | level u8, index u64 | inner node of the log's tree, level >= 4 |
| `t` | transaction id | log index u64 |
| `b` | height u64 | MessagePack [first log index, leaf count, note] |
| `j` | subject, 0xff, position u64 | log index u64 |
| `J` | subject, 0xff, level u8, index u64 | inner node of a journal's tree, level >= 4 |

0xff never occurs in UTF-8, so no subject's keys lie among another's.
"""

from struct import Struct

META = b"M"
HEAD = b"H"
VALUE = b"s"
PRIVATE = b"p"
NODE = b"n"
CHANGED = b"c"
LEAF = b"l"
RESTRICTED = b"r"
LOG_NODE = b"L"
TRANSACTION = b"t"
BLOCK = b"b"
JOURNAL = b"j"
JOURNAL_NODE = b"J"

_NUMBER = Struct(">Q")
_PLACE = Struct(">BQ")
_END = b"\xff"

number = _NUMBER.pack
"""An unsigned integer below 2^64 as 8 bytes that sort like it."""


def parse_number(data: bytes) -> int:
    """The inverse of `number`; raises `struct.error` unless `data` is 8 bytes."""
    return int(_NUMBER.unpack(data)[0])


def log_node(level: int, index: int) -> bytes:
    """The key of an inner node of the log's tree."""
    return LOG_NODE + _PLACE.pack(level, index)


def journal(subject: str) -> bytes:
    """What the keys of a subject's journal entries begin with."""
    return JOURNAL + subject.encode() + _END


def journal_node(subject: str, level: int, index: int) -> bytes:
    """The key of an inner node of a subject's journal."""
    return JOURNAL_NODE + subject.encode() + _END + _PLACE.pack(level, index)


def after_all(prefix: bytes) -> bytes | None:
    """The first key after all that begin with `prefix`; None when there is none."""
    stem = prefix.rstrip(_END)
    return stem[:-1] + bytes([stem[-1] + 1]) if stem else None
