"""Key files: one private key each, encrypted at rest under a passphrase, readable by its owner alone.

A file is JSON: `{"format": "linxin-key/1", "algorithm", "public_key", "kdf": {"name": "argon2id", "operations",
"memory_bytes", "salt"}, "nonce", "ciphertext"}`, bytes in hex. The passphrase (UTF-8, NFC) goes through Argon2id to a
key of XSalsa20-Poly1305 (libsodium secretbox) over algorithm byte ‖ 32 private bytes. Algorithm and public key outside
are compared with what is inside, so a file whose labels were exchanged does not open.
"""

import contextlib
import os
import secrets
import stat
import unicodedata
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id
from nacl.secret import SecretBox

from client.failures import Failure
from ledger.crypto.signing import PRIVATE_KEY_SIZE, Algorithm, BadKey, SigningKey

FORMAT: Literal["linxin-key/1"] = "linxin-key/1"
FILE_SIZE_MAX = 16_384
PASSPHRASE_LENGTH_MIN = 8
PASSPHRASE_LENGTH_MAX = 1_024
MEMORY_BYTES_MAX = 1 << 30
OPERATIONS_MAX = 16

_NAMES = {Algorithm.ED25519: "ed25519", Algorithm.P256: "p256"}
_ALGORITHMS = {name: algorithm for algorithm, name in _NAMES.items()}


class Cost(Enum):
    """What one guess of the passphrase costs: (Argon2id operations, bytes of memory)."""

    INTERACTIVE = (argon2id.OPSLIMIT_INTERACTIVE, argon2id.MEMLIMIT_INTERACTIVE)
    """64 MiB, about 0.1 s: for demonstration and test networks."""

    MODERATE = (argon2id.OPSLIMIT_MODERATE, argon2id.MEMLIMIT_MODERATE)
    """256 MiB, about half a second: for keys that matter."""


class KeyFileFailure(Failure):
    """A key file that cannot be made or opened; the words say which file, why and what to do."""

    def __init__(self, path: Path, zh: str, en: str, remedy_zh: str, remedy_en: str) -> None:
        super().__init__(f"密钥文件 {path}：{zh}", f"key file {path}: {en}", remedy_zh, remedy_en)
        self.path = path


class _Kdf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Literal["argon2id"]
    operations: Annotated[int, msgspec.Meta(ge=argon2id.OPSLIMIT_MIN, le=OPERATIONS_MAX)]
    memory_bytes: Annotated[int, msgspec.Meta(ge=argon2id.MEMLIMIT_MIN, le=MEMORY_BYTES_MAX)]
    salt: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["linxin-key/1"]
    algorithm: Literal["ed25519", "p256"]
    public_key: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64}|[0-9a-f]{66})\Z")]
    kdf: _Kdf
    nonce: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{48}\Z")]
    ciphertext: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{98}\Z")]


_decode_file = msgspec.json.Decoder(_KeyFile).decode


def create_key(path: Path, algorithm: Algorithm, passphrase: str, cost: Cost = Cost.MODERATE) -> SigningKey:
    """Make a random key and its file (mode 0600, whole or not at all). Raises `KeyFileFailure`; never overwrites."""
    _check_passphrase(path, passphrase)
    key, private = _random_key(algorithm)
    operations, memory_bytes = cost.value
    salt = secrets.token_bytes(argon2id.SALTBYTES)
    nonce = secrets.token_bytes(SecretBox.NONCE_SIZE)
    box = SecretBox(_stretch(passphrase, salt, operations, memory_bytes))
    file = _KeyFile(
        FORMAT,
        "ed25519" if algorithm is Algorithm.ED25519 else "p256",
        key.public_key.hex(),
        _Kdf("argon2id", operations, memory_bytes, salt.hex()),
        nonce.hex(),
        box.encrypt(bytes([algorithm]) + private, nonce).ciphertext.hex(),
    )
    _write_new(path, msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n")
    return key


def load_key(path: Path, passphrase: str) -> SigningKey:
    """Open a key file. Raises `KeyFileFailure`: unreadable, open to others, damaged, or another passphrase."""
    file = _read(path)
    kdf = file.kdf
    box = SecretBox(_stretch(passphrase, bytes.fromhex(kdf.salt), kdf.operations, kdf.memory_bytes))
    try:
        opened = box.decrypt(bytes.fromhex(file.ciphertext), bytes.fromhex(file.nonce))
        key = SigningKey(Algorithm(opened[0]), opened[1:])
    except (CryptoError, ValueError):
        raise KeyFileFailure(
            path,
            "口令不正确，或文件已损坏",
            "the passphrase is not its own, or the file is damaged",
            "请核对口令；若确定无误，请从备份恢复，或登记新的密钥",
            "check the passphrase; if you are sure of it, restore a backup or have a new key registered",
        ) from None
    if (key.algorithm, key.public_key.hex()) != (_ALGORITHMS[file.algorithm], file.public_key):
        raise _damaged(path, "public_key does not belong to the private key")
    return key


def public_key_of(path: Path) -> tuple[Algorithm, bytes]:
    """What a key file says its public key is; needs no passphrase and proves nothing. Raises `KeyFileFailure`."""
    file = _read(path)
    return _ALGORITHMS[file.algorithm], bytes.fromhex(file.public_key)


def _random_key(algorithm: Algorithm) -> tuple[SigningKey, bytes]:
    while True:
        private = secrets.token_bytes(PRIVATE_KEY_SIZE)
        try:
            return SigningKey(algorithm, private), private
        except BadKey:  # one of 2^32 P-256 draws is no scalar
            continue


def _stretch(passphrase: str, salt: bytes, operations: int, memory_bytes: int) -> bytes:
    secret = unicodedata.normalize("NFC", passphrase).encode()
    return argon2id.kdf(SecretBox.KEY_SIZE, secret, salt, opslimit=operations, memlimit=memory_bytes)


def _check_passphrase(path: Path, passphrase: str) -> None:
    if not PASSPHRASE_LENGTH_MIN <= len(passphrase) <= PASSPHRASE_LENGTH_MAX:
        raise KeyFileFailure(
            path,
            f"口令长度须为 {PASSPHRASE_LENGTH_MIN} 至 {PASSPHRASE_LENGTH_MAX} 个字符",
            f"a passphrase has {PASSPHRASE_LENGTH_MIN} to {PASSPHRASE_LENGTH_MAX} characters",
            "请选择几个不相干的词作为口令",
            "choose some unrelated words",
        )


def _read(path: Path) -> _KeyFile:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise _damaged(path, "it is not a regular file")
            if status.st_mode & 0o077:
                raise _open_to_others(path, status.st_mode)
            raw = file.read(FILE_SIZE_MAX + 1)
    except OSError as error:
        raise KeyFileFailure(
            path,
            f"无法读取（{error.strerror}）",
            f"cannot be read ({error.strerror})",
            "请核对路径与文件权限",
            "check the path and the permissions",
        ) from None
    if len(raw) > FILE_SIZE_MAX:
        raise _damaged(path, f"more than {FILE_SIZE_MAX} bytes")
    try:
        return _decode_file(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _damaged(path, str(error)) from None


def _open_to_others(path: Path, mode: int) -> KeyFileFailure:
    shown = f"{stat.S_IMODE(mode):04o}"
    return KeyFileFailure(
        path,
        f"他人可以访问（权限 {shown}）",
        f"others can access it (mode {shown})",
        f"请执行 chmod 600 {path}；若可能已被他人复制，请轮换该密钥",
        f"run `chmod 600 {path}`; if it may have been copied, rotate the key",
    )


def _damaged(path: Path, reason: str) -> KeyFileFailure:
    return KeyFileFailure(
        path,
        f"不是有效的密钥文件（{reason}）",
        f"is not a sound key file ({reason})",
        "请从备份恢复，或登记新的密钥",
        "restore a backup or have a new key registered",
    )


def _write_new(path: Path, content: bytes) -> None:
    """Write, sync, then link into place: a crash leaves no half file, and an existing key is never overwritten."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            os.link(draft, path)
        finally:
            with contextlib.suppress(OSError):
                draft.unlink()
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except FileExistsError:
        raise KeyFileFailure(
            path,
            "已存在",
            "exists already",
            "请另选文件名；已有密钥不会被覆盖",
            "choose another name; keys are never overwritten",
        ) from None
    except OSError as error:
        raise KeyFileFailure(
            path,
            f"无法写入（{error.strerror}）",
            f"cannot be written ({error.strerror})",
            "请核对目录、权限与磁盘空间",
            "check the folder, its permissions and the free space",
        ) from None
