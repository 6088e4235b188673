"""MessagePack of typed, frozen structs: the only form in which anything of ours is signed or stored.

Structs travel as arrays (fields by position), unknown fields and floats are refused, and bytes are hashed as they came:
nothing is ever re-encoded to be verified.
"""

import re
from typing import Any, Generic, TypeVar, dataclass_transform, get_args

import msgspec

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, field_specifiers=(msgspec.field,))
class Message(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """Base of every struct that is signed, stored or hashed."""


class Malformed(ValueError):
    """Bytes that are not what they should be: `path` says where (`$.action.quantity`), `reason` what."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{reason} at {path}")
        self.path = path
        self.reason = reason


class Decoder(Generic[_T]):
    """A reusable typed decoder with a size limit in bytes."""

    def __init__(self, kind: Any, limit: int) -> None:
        self._kind = kind
        self._limit = limit
        self._decode = msgspec.msgpack.Decoder(kind, strict=True).decode

    def __call__(self, data: bytes) -> _T:
        """Decode `data`; raise `Malformed` with a field path when it does not fit the type."""
        if len(data) > self._limit:
            raise Malformed("$", f"{len(data)} bytes exceed the limit of {self._limit}")
        try:
            return self._decode(data)  # type: ignore[no-any-return]  # the decoder was built for T at run time
        except msgspec.ValidationError as error:
            reason, _, path = str(error).partition(" - at ")
            raise Malformed(_named_path(path.strip("`"), self._kind, data), reason) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Malformed("$", str(error) or "not MessagePack") from None


_encoder = msgspec.msgpack.Encoder()
encode = _encoder.encode


def decode(data: bytes, kind: type[_T], *, limit: int = 65_535) -> _T:
    """Decode once; for hot paths keep a `Decoder`. Raises `Malformed`."""
    return Decoder[_T](kind, limit)(data)


def _named_path(path: str, kind: Any, data: bytes) -> str:
    """Turn msgspec's positional path (`$[5][2]`) into field names (`$.action.quantity`) where the type names them."""
    try:
        value = msgspec.msgpack.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return path or "$"
    named = "$"
    for step in re.findall(r"\[(\d+|\.\.\.)\]", path):
        struct = _struct_of(kind, value)
        if struct is None or step == "...":
            named += f"[{step}]"
            arguments = [argument for argument in get_args(kind) if argument not in (type(None), Ellipsis)]
            kind = arguments[0] if arguments else Any
            value = value[int(step)] if step != "..." and isinstance(value, list) and int(step) < len(value) else None
            continue
        position = int(step) - (1 if struct.__struct_config__.tag is not None else 0)
        if position < 0 or position >= len(struct.__struct_fields__):
            named += ".tag" if position < 0 else f"[{step}]"
            break
        name = struct.__struct_fields__[position]
        named += f".{name}"
        kind = msgspec.structs.fields(struct)[position].type
        value = value[int(step)] if isinstance(value, list) and int(step) < len(value) else None
    return named


def _struct_of(kind: Any, value: Any) -> type[msgspec.Struct] | None:
    """The struct that `value` (an untyped array) is meant to be under `kind`, which may be a tagged union."""
    candidates = [kind, *get_args(kind)]
    structs = [
        candidate for candidate in candidates if isinstance(candidate, type) and issubclass(candidate, msgspec.Struct)
    ]
    if not structs:
        return None
    tag = value[0] if isinstance(value, list) and value else None
    tagged = [struct for struct in structs if struct.__struct_config__.tag is not None]
    if tagged:
        return next((struct for struct in tagged if struct.__struct_config__.tag == tag), None)
    return structs[0]
