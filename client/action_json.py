"""Actions as people write them: JSON with fields by name, turned into the positional form that is signed, and back.

    {"action": "registry.retire_device", "device": "probe-1"}

Nested structs are objects, bytes are hex, a field with a default may be left out; `"restricted": {...}` holds the part
that only the parties and auditors read. Whatever does not fit is refused with the path of the field.
"""

from typing import Any

import msgspec
from msgspec import inspect

from client.failures import Failure
from ledger.crypto.encoding import Decoder, Malformed, Message, encode
from ledger.module import TRANSACTION_SIZE_MAX, Action, Registry

DOCUMENT_SIZE_MAX = 1 << 20
DEPTH_MAX = 12


class BadAction(Failure):
    """A JSON action that does not fit; `path` names the field."""

    def __init__(self, path: str, zh: str, en: str) -> None:
        super().__init__(
            f"动作有误：{path}：{zh}",
            f"the action is wrong at {path}: {en}",
            "请用 linxin actions 查看全部动作与字段",
            "`linxin actions` lists all actions and their fields",
        )
        self.path = path


def read_action(document: bytes, registry: Registry) -> tuple[Action, Message | None]:
    """The action in a JSON document, and its restricted part if it has one. Raises `BadAction`."""
    if len(document) > DOCUMENT_SIZE_MAX:
        raise BadAction("$", f"超过 {DOCUMENT_SIZE_MAX} 字节", f"more than {DOCUMENT_SIZE_MAX} bytes")
    try:
        fields = msgspec.json.decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadAction("$", f"不是 JSON（{error}）", f"not JSON ({error})") from None
    if not isinstance(fields, dict):
        raise BadAction("$", "应为对象", "expected an object")
    tag = fields.pop("action", None)
    kind = registry.actions.get(tag) if isinstance(tag, str) else None
    if kind is None:
        raise BadAction("$.action", f"没有动作 {str(tag)[:80]}", f"there is no action {str(tag)[:80]!r}")
    hidden = fields.pop("restricted", None)
    action = read_struct(fields, kind, "$")
    if hidden is None:
        return action, None
    if kind.restricted is None:
        raise BadAction("$.restricted", "该动作没有受限内容", "this action has no restricted part")
    return action, read_struct(hidden, kind.restricted, "$.restricted")


def read_struct(value: object, kind: Any, path: str) -> Any:
    """A JSON value as a struct of ours, by way of its canonical bytes, so that every constraint of the type is checked.

    `path` is what it is called in the words of a `BadAction`.
    """
    positional = _positional(value, inspect.type_info(kind), path, 0)
    try:
        raw = encode(positional)
    except (OverflowError, ValueError, TypeError) as error:
        raise BadAction(path, f"数值超出范围（{error}）", f"a number is out of range ({error})") from None
    try:
        return Decoder[Any](kind, TRANSACTION_SIZE_MAX)(raw)
    except Malformed as error:
        raise BadAction(error.path.replace("$", path, 1), error.reason, error.reason) from None


def _positional(value: object, kind: inspect.Type, path: str, depth: int) -> object:
    """`value` with objects turned into arrays and hex into bytes, as `kind` wants; scalars are checked later."""
    if depth > DEPTH_MAX:
        raise BadAction(path, "嵌套过深", "nested too deeply")
    if isinstance(kind, inspect.StructType):
        return _array(value, kind, path, depth)
    if isinstance(kind, inspect.UnionType):
        return _member(value, kind, path, depth)
    if isinstance(kind, inspect.ListType | inspect.VarTupleType) and isinstance(value, list):
        return [_positional(item, kind.item_type, f"{path}[{place}]", depth + 1) for place, item in enumerate(value)]
    if isinstance(kind, inspect.BytesType) and isinstance(value, str):
        try:
            return bytes.fromhex(value)
        except ValueError:
            raise BadAction(path, "应为十六进制", "expected hexadecimal digits") from None
    return value


def _array(value: object, kind: inspect.StructType, path: str, depth: int) -> list[object]:
    if not isinstance(value, dict):
        raise BadAction(path, "应为对象（按字段名）", "expected an object with fields by name")
    known = {field.name for field in kind.fields}
    unknown = sorted(str(name)[:80] for name in value.keys() - known)
    if unknown:
        said = ", ".join(field.name for field in kind.fields)
        raise BadAction(f"{path}.{unknown[0]}", f"没有此字段；字段为 {said}", f"no such field; the fields are {said}")
    array: list[object] = [] if kind.tag is None else [kind.tag]
    for field in kind.fields:
        where = f"{path}.{field.name}"
        if field.name in value:
            array.append(_positional(value[field.name], field.type, where, depth + 1))
        elif field.required:
            raise BadAction(where, "缺少该字段", "this field is missing")
        else:
            array.append(default_of(field))
    return array


def _member(value: object, kind: inspect.UnionType, path: str, depth: int) -> object:
    """The member of a union that `value` is meant to be: None is itself, an object the struct, hex text the bytes."""
    if value is None:
        return None
    members = [member for member in kind.types if not isinstance(member, inspect.NoneType)]
    chosen = next((member for member in members if isinstance(member, _MEMBERS.get(type(value), ()))), members[0])
    return _positional(value, chosen, path, depth)


_MEMBERS: dict[type, tuple[type[inspect.Type], ...]] = {
    dict: (inspect.StructType,),
    str: (inspect.BytesType,),
    list: (inspect.VarTupleType, inspect.ListType),
}
"""JSON type -> the kinds of types that it is an instance of."""


def default_of(field: inspect.Field) -> Any:
    """The value of a field that is left out. Requires a field with a default."""
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return field.default_factory()


def describe_type(kind: inspect.Type) -> str:
    """A type in words, for `linxin actions`."""
    if isinstance(kind, inspect.UnionType):
        return " or ".join(describe_type(member) for member in kind.types)
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        return f"list of {describe_type(kind.item_type)}"
    if isinstance(kind, inspect.LiteralType):
        return " | ".join(str(value) for value in kind.values)
    if isinstance(kind, inspect.EnumType):
        return " | ".join(str(member.value) for member in kind.cls)
    if isinstance(kind, inspect.StructType):
        return "{" + ", ".join(f"{field.name}: {describe_type(field.type)}" for field in kind.fields) + "}"
    if isinstance(kind, inspect.IntType):
        return "integer" if kind.ge is None else f"integer from {kind.ge}"
    if isinstance(kind, inspect.StrType):
        return "text" if kind.pattern is None else f"text like {kind.pattern}"
    names = {inspect.BytesType: "hex", inspect.BoolType: "true | false", inspect.NoneType: "null"}
    return names.get(type(kind), type(kind).__name__.removesuffix("Type").lower())


def describe_action(kind: type[Action]) -> dict[str, Any]:
    """An action's fields by name (type in words, whether required), its meaning and its restricted part."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    fields = {
        field.name: {"type": describe_type(field.type), "required": field.required}
        | ({} if field.required else {"default": default_of(field)})
        for field in info.fields
    }
    known: dict[str, Any] = {"meaning": (kind.__doc__ or "").strip(), "fields": fields}
    if kind.restricted is not None:
        known["restricted"] = describe_type(inspect.type_info(kind.restricted))
    return known


def plain(value: Any) -> Any:
    """A decoded struct, or anything in it, as JSON holds it: fields by name, bytes in hex."""
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
