"""The archive file: a chain as a stream of MessagePack objects, written from a snapshot, read with every bound checked.

`[format, "public" | "full", genesis bytes]`, then per height `[height, note, [leaf...], {position: restricted bytes}]`,
after one that names other validators `["validators", [[name, public key]...]]`, then `["state", [[key, value]...]]`
chunks ordered by key, then `["end", height, number of keys]`. In a full archive an entry of a restricted table is
`[key, value, salt ‖ row]`. See docs/PROOF.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, Literal, Protocol

import msgpack
import msgspec

from ledger.block import LEAF_SIZE_MAX, Validator
from ledger.certificate import validators_hash
from ledger.crypto.checkpoint import parse_checkpoint, parse_note
from ledger.crypto.encoding import Message, encode
from ledger.crypto.hashing import HASH_SIZE
from ledger.genesis import GENESIS_SIZE_MAX
from ledger.modules.governance.state import set_history
from ledger.state import KEY_SIZE_MAX, VALUE_SIZE_MAX
from ledger.storage.errors import Corrupt
from ledger.storage.port import Snapshot

FORMAT = "linxin-archive/1"
STATE_CHUNK_MAX = 1000
NOTE_SIZE_MAX = 65_536
BLOCK_LEAVES_MAX = 16_384
"""More than the transactions a proposal may hold, with room for effects and the header."""
VALIDATORS_MAX = 64
NAME_SIZE_MAX = 255
OBJECT_SIZE_MAX = 256 << 20
"""Bytes of one object of the stream, the most that reading an archive holds in memory."""

_READ_SIZE = 1 << 20
_TRANSACTION_SIZE_MAX = 60_000


class ArchiveStart(Message):
    """The first object: whether restricted parts are included, and the genesis file's bytes."""

    format: Literal["linxin-archive/1"]
    scope: Literal["public", "full"]
    genesis: Annotated[bytes, msgspec.Meta(max_length=GENESIS_SIZE_MAX)]


class ArchivedBlock(Message):
    """A block: certificate, leaves, and restricted parts by position of the leaf in the block (empty when public)."""

    height: Annotated[int, msgspec.Meta(ge=1)]
    note: Annotated[bytes, msgspec.Meta(max_length=NOTE_SIZE_MAX)]
    leaves: Annotated[
        list[Annotated[bytes, msgspec.Meta(max_length=LEAF_SIZE_MAX)]], msgspec.Meta(max_length=BLOCK_LEAVES_MAX)
    ]
    restricted: dict[
        Annotated[int, msgspec.Meta(ge=0)], Annotated[bytes, msgspec.Meta(max_length=_TRANSACTION_SIZE_MAX)]
    ]


class ArchivedValidators(Message):
    """After a block whose checkpoint names another set for the next height: that set, sorted by name."""

    tag: Literal["validators"]
    validators: Annotated[
        list[tuple[Annotated[str, msgspec.Meta(max_length=NAME_SIZE_MAX)], bytes]],
        msgspec.Meta(min_length=1, max_length=VALIDATORS_MAX),
    ]


_Key = Annotated[bytes, msgspec.Meta(min_length=1, max_length=KEY_SIZE_MAX)]
_Value = Annotated[bytes, msgspec.Meta(max_length=VALUE_SIZE_MAX)]


_Hidden = Annotated[bytes, msgspec.Meta(min_length=HASH_SIZE + 1, max_length=VALUE_SIZE_MAX)]


class ArchivedValue(Message):
    """A public value of the state at the last height; `hidden`: salt ‖ row of a restricted one, in a full archive."""

    key: _Key
    value: _Value
    hidden: _Hidden = b""


class ArchivedState(Message):
    """A chunk of the state, ordered by key."""

    tag: Literal["state"]
    entries: Annotated[list[ArchivedValue], msgspec.Meta(min_length=1, max_length=STATE_CHUNK_MAX)]


class ArchiveEnd(Message):
    """The last object: how many blocks and state keys came before it."""

    tag: Literal["end"]
    height: Annotated[int, msgspec.Meta(ge=0)]
    keys: Annotated[int, msgspec.Meta(ge=0)]


class Readable(Protocol):
    """A file, pipe or socket being read."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; b"" at the end."""


@dataclass
class _Counted:
    """Counts what was read, so that a file that breaks off within an object is told from one that ends."""

    stream: Readable
    size: int = 0

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        self.size += len(data)
        return data


ArchiveItem = ArchiveStart | ArchivedBlock | ArchivedValidators | ArchivedState | ArchiveEnd


class BadArchive(ValueError):
    """The file is not a whole archive; `item` counts objects from 0, `zh` and `en` say what is wrong there."""

    def __init__(self, item: int, zh: str, en: str) -> None:
        super().__init__(f"object {item} of the archive: {en}\n归档文件的第 {item} 个对象：{zh}")
        self.item = item
        self.zh = zh
        self.en = en


def export_archive(snapshot: Snapshot, genesis: bytes, *, full: bool) -> Iterator[bytes]:
    """The archive of everything in `snapshot`, object by object. `full` adds restricted parts: for auditors only.

    Holds one block or one chunk in memory at a time. Raises `StorageError`.
    """
    yield encode((FORMAT, "full" if full else "public", genesis))
    height, sets = snapshot.head.height, dict(set_history(snapshot))
    for number in range(1, height + 1):
        block = snapshot.block(number)
        if block is None:
            raise Corrupt("archive", f"block {number} is missing")
        first, end = block.first_index, block.first_index + block.count
        found = ((index - first, snapshot.restricted(index)) for index in range(first, end)) if full else ()
        restricted = {position: part for position, part in found if part is not None}
        yield encode((number, block.note.encode(), list(snapshot.leaves(first, end)), restricted))
        if number + 1 in sets:
            yield encode(("validators", [[one.name, one.public_key] for one in sets[number + 1]]))
    count = 0
    values = archived_values(snapshot, full=full)
    while chunk := list(islice(values, STATE_CHUNK_MAX)):
        count += len(chunk)
        yield encode(("state", chunk))
    yield encode(("end", height, count))


def archived_values(snapshot: Snapshot, *, full: bool) -> Iterator[tuple[bytes, ...]]:
    """The state as an archive has it: (key, value), with salt ‖ row behind those of restricted tables if `full`."""
    private = snapshot.private_values() if full else iter(())
    hidden = next(private, None)
    for key, value in snapshot.values():
        if hidden is None or key < hidden[0]:
            yield key, value
        elif key == hidden[0]:
            yield key, value, hidden[1]
            hidden = next(private, None)
        else:
            break
    if hidden is not None:
        raise Corrupt("archive", f"the restricted row {hidden[0]!r} has no commitment")


def read_archive(stream: Readable) -> Iterator[ArchiveItem]:
    """The objects of an archive, in order, each checked for type, size and place. Raises `BadArchive`.

    Checks the form only: certificates, trees and restricted parts are the caller's to verify. The last item is an
    `ArchiveEnd`; a file that ends before it, or goes on after it, is refused.
    """
    order = _Order()
    for number, raw in enumerate(_objects(stream)):
        if order.ended:
            raise BadArchive(number, "结尾之后还有内容", "something follows the end")
        try:
            # bytes are native to MessagePack: without this, text would be taken for base64 of them
            item = msgspec.convert(raw, type=order.expected(raw), strict=True, builtin_types=(bytes,))
        except msgspec.ValidationError as error:
            raise BadArchive(number, f"格式不符：{error}", str(error)) from None
        order.check(number, item)
        yield item
    if not order.ended:
        raise BadArchive(order.items, "文件不完整，在此处中断", "the file is incomplete: it breaks off here")


@dataclass
class _Order:
    """Which object may come next."""

    items: int = 0
    height: int = 0
    keys: int = 0
    note: bytes = b""
    told: bytes = b""
    last_key: bytes = b""
    ended: bool = False
    full: bool = False

    def expected(self, raw: Any) -> type[ArchiveItem]:
        if self.items == 0:
            return ArchiveStart
        tag = raw[0] if isinstance(raw, list) and raw else None
        if tag == "end":
            return ArchiveEnd
        if tag == "validators" and self.note:
            return ArchivedValidators
        return ArchivedState if tag == "state" or self.keys else ArchivedBlock

    def check(self, number: int, item: ArchiveItem) -> None:
        self.items = number + 1
        match item:
            case ArchiveStart():
                self.full = item.scope == "full"
            case ArchivedBlock():
                self._check_block(number, item)
            case ArchivedValidators():
                self._check_validators(number, item)
            case ArchivedState():
                for entry in item.entries:
                    if entry.key <= self.last_key:
                        raise BadArchive(number, "状态键未按顺序排列", "the keys of the state are not in order")
                    if entry.hidden and not self.full:
                        raise BadArchive(number, "公开归档中含有受限内容", "a public archive holds restricted rows")
                    self.last_key = entry.key
                self.keys += len(item.entries)
            case ArchiveEnd():
                if not self.height:
                    raise BadArchive(number, "没有任何区块", "there is no block at all")
                if (item.height, item.keys) != (self.height, self.keys):
                    raise BadArchive(
                        number,
                        f"结尾记载 {item.height} 个区块、{item.keys} 个键，实际为 {self.height} 和 {self.keys}",
                        f"the end speaks of {item.height} blocks and {item.keys} keys, "
                        f"but there are {self.height} and {self.keys}",
                    )
                self.ended = True
        self.note = item.note if isinstance(item, ArchivedBlock) else b""

    def _check_validators(self, number: int, item: ArchivedValidators) -> None:
        """The set must be the one that the checkpoint before it names."""
        found = [Validator(name, key) for name, key in item.validators]
        names = [validator.name for validator in found]
        try:
            named = parse_checkpoint(parse_note(self.note.decode()).text).validators
        except ValueError as error:
            raise BadArchive(number, f"前一区块的证书不可读：{error}", f"the certificate before it: {error}") from None
        if names != sorted(set(names)) or validators_hash(found) != named or named == self.told:
            raise BadArchive(
                number,
                "不是前一检查点新指定的验证节点",
                "not the new validators that the checkpoint before it names",
            )
        self.told = named

    def _check_block(self, number: int, block: ArchivedBlock) -> None:
        self.height += 1
        if block.height != self.height:
            raise BadArchive(
                number,
                f"应为区块 {self.height}，却是 {block.height}",
                f"block {block.height} where {self.height} belongs",
            )
        if block.restricted and not self.full:
            raise BadArchive(number, "公开归档中含有受限内容", "a public archive holds restricted parts")
        if any(position >= len(block.leaves) for position in block.restricted):
            raise BadArchive(number, "受限内容没有对应的叶子", "a restricted part belongs to no leaf")


def _objects(stream: Readable) -> Iterator[Any]:
    """The MessagePack objects of a stream; nothing larger than `OBJECT_SIZE_MAX` is ever held."""
    counted = _Counted(stream)
    unpacker = msgpack.Unpacker(
        counted,
        read_size=_READ_SIZE,
        max_buffer_size=OBJECT_SIZE_MAX,
        max_bin_len=GENESIS_SIZE_MAX,
        max_str_len=NAME_SIZE_MAX,
        max_array_len=BLOCK_LEAVES_MAX,
        max_map_len=BLOCK_LEAVES_MAX,
        max_ext_len=0,
        strict_map_key=False,
        use_list=True,
        raw=False,
    )
    number = 0
    while True:
        try:
            item = unpacker.unpack()
        except msgpack.OutOfData:
            if unpacker.tell() != counted.size:
                raise BadArchive(number, "文件在此处中断", "the file breaks off within this object") from None
            return
        except (ValueError, msgpack.UnpackException, RecursionError, TypeError) as error:
            raise BadArchive(number, f"无法解析：{error}", f"not readable: {error}") from None
        yield item
        number += 1
