r"""Checkpoints, signed notes and cosignatures of C2SP (tlog-checkpoint, signed-note, tlog-cosignature).

A checkpoint is a text of eight lines that people can read, each ended by a newline:

    linxin/<network name>/<first 16 hex of the chain id>
    <log size>
    <log root>
    height <n>
    time <RFC 3339, UTC, milliseconds>
    state <state root>
    previous <SHA-256 of the previous checkpoint text; zeros at height 1>
    validators <hash of the set that must certify the next height>

Hashes are base64. A signed note is a text, an empty line, and signature lines: a dash, a name, and the base64 of a key
id and a signature. A cosignature (algorithm 0x04) signs `cosignature/v1\ntime <seconds>\n` and the text; its signature
part is the time as eight big-endian bytes and 64 bytes of Ed25519; its key id is the first four bytes of
SHA-256(name ‖ "\n" ‖ 0x04 ‖ public key).

Parsing is strict: a text is taken only if writing what was read gives the same text again.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from typing import NamedTuple, NoReturn

from ledger.crypto.encoding import Malformed, Message
from ledger.crypto.hashing import HASH_SIZE, sha256
from ledger.crypto.signing import Algorithm, SigningKey, verify
from ledger.crypto.utc import format_time, parse_time

NOTE_SIZE_MAX = 64 * 1024
NOTE_SIGNATURES_MAX = 64
SIGNATURE_BLOB_MAX = 8192
"""Bytes of a signature after its key id: room for algorithms to come."""

COSIGNATURE_BLOB_SIZE = 72
COSIGNATURE_ALGORITHM = b"\x04"
_LIMIT = 1 << 63

_ORIGIN = re.compile(r"linxin/[A-Za-z0-9._-]{1,64}/[0-9a-f]{16}")
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,255}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class Checkpoint(Message, frozen=True):
    """The header of a block: what the validators sign. Hashes are 32 bytes, `time_ms` is Unix milliseconds in UTC."""

    origin: str
    size: int
    root: bytes
    height: int
    time_ms: int
    state: bytes
    previous: bytes
    validators: bytes

    def text(self) -> str:
        """The eight lines."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n{self.lines_after_root()}"

    def lines_after_root(self) -> str:
        """Lines 4 to 8, which the last leaf of the block repeats: so the log root binds them too."""
        return (
            f"height {self.height}\n"
            f"time {format_time(self.time_ms)}\n"
            f"state {_base64(self.state)}\n"
            f"previous {_base64(self.previous)}\n"
            f"validators {_base64(self.validators)}\n"
        )


class NoteSignature(NamedTuple):
    """One signature line: who signed, the four bytes that hint at the key, and what follows them."""

    name: str
    key_id: bytes
    blob: bytes


class Note(NamedTuple):
    """A signed note: the text with its final newline, and the signatures in the order they stand."""

    text: str
    signatures: tuple[NoteSignature, ...]


class Cosignature(NamedTuple):
    """The signature part of a cosignature/v1: when it was made (Unix seconds), and 64 bytes of Ed25519."""

    timestamp_s: int
    signature: bytes


def checkpoint_hash(text: str) -> bytes:
    """SHA-256 of the text, which the next checkpoint calls `previous`."""
    return sha256(text.encode())


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint that writes exactly `text`; raises `Malformed` naming the line that is wrong."""
    lines = text.split("\n")
    if len(lines) != 9 or lines[8]:
        raise Malformed("$", "a checkpoint is eight lines, each ended by a newline")
    if not _ORIGIN.fullmatch(lines[0]):
        raise Malformed("$.origin", "expected linxin/<network>/<16 hex digits>")
    checkpoint = Checkpoint(
        origin=lines[0],
        size=_decimal("$.size", lines[1]),
        root=_hash("$.root", lines[2]),
        height=_decimal("$.height", _labelled("height", lines[3])),
        time_ms=_time(_labelled("time", lines[4])),
        state=_hash("$.state", _labelled("state", lines[5])),
        previous=_hash("$.previous", _labelled("previous", lines[6])),
        validators=_hash("$.validators", _labelled("validators", lines[7])),
    )
    if checkpoint.text() != text:
        raise Malformed("$", "not written the one way a checkpoint is written")
    return checkpoint


def parse_note(note: str) -> Note:
    """Take a signed note apart; raises `Malformed`. Checks no signature, and not what the text says.

    At most 64 KiB and 64 signatures; base64 must be canonical. Unknown kinds of signature are kept as they are.
    """
    if len(note) > NOTE_SIZE_MAX or len(_utf8(note)) > NOTE_SIZE_MAX:
        raise Malformed("$", f"a note of more than {NOTE_SIZE_MAX} bytes")
    if _CONTROL.search(note):
        raise Malformed("$", "a control character in a note")
    body, separator, signed = note.rpartition("\n\n")
    if not separator or not body:
        raise Malformed("$", "no text, empty line and signatures")
    if not signed.endswith("\n"):
        raise Malformed("$.signatures", "the last line is not ended by a newline")
    lines = signed[:-1].split("\n")
    if len(lines) > NOTE_SIGNATURES_MAX:
        raise Malformed("$.signatures", f"more than {NOTE_SIGNATURES_MAX} signatures")
    signatures = tuple(_parse_signature(f"$.signatures[{number}]", line) for number, line in enumerate(lines))
    return Note(body + "\n", signatures)


def assemble_note(text: str, lines: Iterable[str]) -> str:
    """The signed note of `text` with signature lines (each ended by a newline), sorted by name."""
    return text + "\n" + "".join(sorted(lines, key=lambda line: line.split(" ", 2)[1]))


def cosignature_key_id(name: str, public_key: bytes) -> bytes:
    """The four bytes by which a cosigner's key is found."""
    return sha256(name.encode() + b"\n" + COSIGNATURE_ALGORITHM + public_key)[:4]


def cosignature_message(text: str, timestamp_s: int) -> bytes:
    """What a cosigner signs; `timestamp_s` in Unix seconds."""
    return f"cosignature/v1\ntime {timestamp_s}\n{text}".encode()


def cosign(key: SigningKey, name: str, text: str, timestamp_s: int) -> str:
    """The signature line, with its newline, by which `name` cosigns `text`; always the same for the same arguments.

    Requires an Ed25519 key and 0 <= timestamp_s < 2^63.
    """
    assert key.algorithm is Algorithm.ED25519, "cosignature/v1 is Ed25519"
    assert _NAME.fullmatch(name), name
    signature = key.sign(cosignature_message(text, timestamp_s))
    key_id = cosignature_key_id(name, key.public_key)
    return f"— {name} {_base64(key_id + timestamp_s.to_bytes(8, 'big') + signature)}\n"


def parse_cosignature(blob: bytes) -> Cosignature:
    """The time and signature in the signature part of a note signature; raises `Malformed`."""
    if len(blob) != COSIGNATURE_BLOB_SIZE:
        raise Malformed("$", f"a cosignature of {len(blob)} bytes, not {COSIGNATURE_BLOB_SIZE}")
    timestamp_s = int.from_bytes(blob[:8], "big")
    if timestamp_s >= _LIMIT:
        raise Malformed("$", "a cosignature's time is not below 2^63 seconds")
    return Cosignature(timestamp_s, blob[8:])


def verify_cosignature(signature: NoteSignature, public_key: bytes, text: str) -> bool:
    """Whether `signature` is a cosignature of `text` under its own name by `public_key`; not whether it may sign."""
    if signature.key_id != cosignature_key_id(signature.name, public_key):
        return False
    try:
        cosignature = parse_cosignature(signature.blob)
    except Malformed:
        return False
    message = cosignature_message(text, cosignature.timestamp_s)
    return verify(Algorithm.ED25519, public_key, cosignature.signature, message)


def _parse_signature(path: str, line: str) -> NoteSignature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—":
        raise Malformed(path, "expected — <name> <base64>")
    if not _NAME.fullmatch(parts[1]):
        raise Malformed(f"{path}.name", "an empty or overlong name, or one with a space or a plus sign")
    blob = _unbase64(f"{path}.signature", parts[2])
    if not 4 < len(blob) <= 4 + SIGNATURE_BLOB_MAX:
        raise Malformed(f"{path}.signature", f"a signature of {len(blob)} bytes")
    return NoteSignature(parts[1], blob[:4], blob[4:])


def _labelled(label: str, line: str) -> str:
    found, space, value = line.partition(" ")
    if found != label or not space:
        raise Malformed(f"$.{label}", f"expected a line of `{label}` and a value")
    return value


def _decimal(path: str, text: str) -> int:
    if not _DECIMAL.fullmatch(text) or int(text) >= _LIMIT:
        raise Malformed(path, "expected a decimal number below 2^63 without leading zeros")
    return int(text)


def _time(text: str) -> int:
    try:
        return parse_time(text)
    except ValueError as error:
        raise Malformed("$.time", str(error)) from None


def _hash(path: str, text: str) -> bytes:
    value = _unbase64(path, text)
    if len(value) != HASH_SIZE:
        raise Malformed(path, f"a hash of {len(value)} bytes, not {HASH_SIZE}")
    return value


def _base64(value: bytes) -> str:
    return b64encode(value).decode("ascii")


def _unbase64(path: str, text: str) -> bytes:
    """Standard base64 with padding, in its one canonical form."""
    try:
        value = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        _refuse_base64(path)
    if _base64(value) != text:
        _refuse_base64(path)
    return value


def _refuse_base64(path: str) -> NoReturn:
    raise Malformed(path, "not canonical base64") from None


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Malformed("$", "not UTF-8") from None
