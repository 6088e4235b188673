"""Messages between members: what is written is read, bounds hold, tags differ."""

from typing import get_args

import pytest

from consensus import messages as peer
from consensus.entry import Kind
from ledger.crypto.encoding import Malformed, Message, encode

DIGEST = bytes(range(32))
ENTRY = peer.SentEntry(3, Kind.PROPOSAL, "a", b"payload", bytes(64))
EXAMPLES: tuple[Message, ...] = (
    peer.Append(3, 7, 2, DIGEST, 6, (ENTRY,)),
    peer.AppendResponse(3, 7, 0, 0, False, False, DIGEST, 9),
    peer.Heartbeat(3, 6, b"a/token", 9),
    peer.HeartbeatResponse(3, b"", 9),
    peer.VoteRequest(3, 7, 2, True, False, 9),
    peer.VoteResponse(3, False, True, "note"),
    peer.TimeoutNow(3),
    peer.ReadRequest(3, b"a/token"),
    peer.ReadResponse(3, 7, b"a/token"),
    peer.Acknowledgement(3, 7, DIGEST, 9),
    peer.Refill(3, 7),
    peer.Behind(3, 7),
)


def test_each_message_is_read_as_it_was_written() -> None:
    assert {type(example) for example in EXAMPLES} == set(get_args(peer.PeerMessage))
    for example in EXAMPLES:
        assert peer.decode_message(encode(example)) == example


@pytest.mark.parametrize(
    "bad",
    [
        peer.Append(-1, 0, 0, DIGEST, 0, ()),
        peer.Append(peer.NUMBER_MAX + 1, 0, 0, DIGEST, 0, ()),
        peer.Append(1, 0, 0, DIGEST[1:], 0, ()),
        peer.Append(1, 0, 0, DIGEST, 0, (peer.SentEntry(1, Kind.PROPOSAL, "", b"", bytes(64)),)),
        peer.Append(1, 0, 0, DIGEST, 0, (peer.SentEntry(1, Kind.PROPOSAL, "x" * 65, b"", bytes(64)),)),
        peer.Append(1, 0, 0, DIGEST, 0, (peer.SentEntry(1, 2, "a", b"", bytes(64)),)),  # type: ignore[arg-type]
        peer.Append(1, 0, 0, DIGEST, 0, (peer.SentEntry(1, Kind.PROPOSAL, "a", b"", bytes(63)),)),
        peer.Append(1, 0, 0, DIGEST, 0, (ENTRY,) * (peer.ENTRIES_MAX + 1)),
        peer.Heartbeat(1, 0, bytes(peer.CONTEXT_SIZE_MAX + 1), 0),
        peer.Acknowledgement(1, 1, b"", 0),
    ],
)
def test_what_is_out_of_bounds_is_not_read(bad: Message) -> None:
    with pytest.raises(Malformed):
        peer.decode_message(encode(bad))
