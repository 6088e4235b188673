"""The stored form of one vault file: encrypted records under a key of its own.

A file is records, each `length (4 bytes, big-endian) ‖ AES-256-GCM ciphertext`. Record 0 holds the MessagePack
description, the others the content in blocks of `BLOCK_SIZE`, the last one possibly shorter and marked as last. The
nonce is the record's number (the key is used for this file only) and the kind of record is authenticated with it, so
that a record can neither be moved, dropped nor added.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_SIZE = 32
BLOCK_SIZE = 262_144
TAG_SIZE = 16
_LENGTH = struct.Struct(">I")
_HEADER, _MORE, _LAST = b"linxin-vault/1 header", b"linxin-vault/1 more", b"linxin-vault/1 last"


class Damaged(Exception):
    """The stored bytes do not authenticate under the file's key."""


class Sealer:
    """Writes the records of one file to `sink`."""

    def __init__(self, key: bytes, sink: BinaryIO, description: bytes) -> None:
        self._cipher = AESGCM(key)
        self._sink = sink
        self._number = 0
        self._rest = bytearray()
        self._write(description, _HEADER)

    def append(self, data: bytes) -> None:
        """Add content; whole blocks are written once it is known that more follows."""
        self._rest += data
        while len(self._rest) > BLOCK_SIZE:
            self._write(bytes(self._rest[:BLOCK_SIZE]), _MORE)
            del self._rest[:BLOCK_SIZE]

    def finish(self) -> None:
        """Write the last block."""
        self._write(bytes(self._rest), _LAST)

    def _write(self, data: bytes, kind: bytes) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number), data, kind)
        self._sink.write(_LENGTH.pack(len(sealed)) + sealed)
        self._number += 1


def open_description(key: bytes, source: BinaryIO) -> bytes:
    """Read record 0. Raises `Damaged`."""
    return _open(AESGCM(key), 0, _read_record(source), _HEADER)


def open_blocks(key: bytes, source: BinaryIO) -> Iterator[bytes]:
    """The content's blocks, after `open_description`. Raises `Damaged` on any change, cut or addition."""
    cipher = AESGCM(key)
    number = 1
    record = _read_record(source)
    while True:
        # A record can only be the last when nothing follows it, so one record is read ahead.
        following = _read_record(source, at_end=True)
        yield _open(cipher, number, record, _MORE if following else _LAST)
        if not following:
            return
        record, number = following, number + 1


def _read_record(source: BinaryIO, *, at_end: bool = False) -> bytes:
    header = source.read(_LENGTH.size)
    if at_end and not header:
        return b""
    if len(header) < _LENGTH.size:
        raise Damaged("a record is cut short")
    (size,) = _LENGTH.unpack(header)
    if not TAG_SIZE <= size <= BLOCK_SIZE + TAG_SIZE:
        raise Damaged("a record has an impossible length")
    data = source.read(size)
    if len(data) < size:
        raise Damaged("a record is cut short")
    return data


def _open(cipher: AESGCM, number: int, record: bytes, kind: bytes) -> bytes:
    try:
        return cipher.decrypt(_nonce(number), record, kind)
    except InvalidTag:
        raise Damaged(f"record {number} does not authenticate") from None


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
