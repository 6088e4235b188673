"""The process that checks signatures: frames in on standard input, one answer byte per signature out on standard
output.

A frame is its length (4 bytes, little-endian) and a `marshal` of `[(algorithm, key, signature, message), ...]`; both
ends run the same interpreter and trust each other. It ends when its input does, so it never outlives the node.
"""

import marshal
import signal
import struct
import sys
from collections.abc import Sequence
from typing import BinaryIO

from ledger.crypto.signing import verify

Item = tuple[int, bytes, bytes, bytes]
"""algorithm, public key, signature, signed message"""

HEADER = struct.Struct("<I")


def verify_all(items: Sequence[Item]) -> bytes:
    """One byte per item, 1 for a good signature and 0 for a bad one. Never raises for what is in an item."""
    return bytes([verify(*item) for item in items])


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer frames until the source ends."""
    while len(header := source.read(HEADER.size)) == HEADER.size:
        (size,) = HEADER.unpack(header)
        data = source.read(size)
        if len(data) < size:
            return
        answer = verify_all(marshal.loads(data))  # noqa: S302  # the pipe's other end is the process that started this one
        sink.write(HEADER.pack(len(answer)) + answer)
        sink.flush()


if __name__ == "__main__":
    # Terminals and supervisors signal every process of a node; the node ends its workers itself.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    serve(sys.stdin.buffer, sys.stdout.buffer)
