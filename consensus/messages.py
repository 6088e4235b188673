"""What validators say to each other about the order: typed, frozen, tagged arrays, bounded before anything is believed.

The sender is never inside: the transport knows who sent a message (its ledger key), and `Member.step` is told. Every
message carries `term`, the sender's. Proposals are not forwarded here: the node forwards transactions.
"""

from typing import Annotated

import msgspec

from consensus.entry import LEADER_SIZE_MAX, PAYLOAD_SIZE_MAX, SIGNATURE_SIZE, Entry, Kind
from ledger.crypto.checkpoint import NOTE_SIZE_MAX
from ledger.crypto.encoding import Decoder, Message
from ledger.crypto.hashing import HASH_SIZE

NUMBER_MAX = 2**62
"""The largest term, index or height that is read. No honest network comes near it."""

MESSAGE_SIZE_MAX = 20 * 1024 * 1024
"""Bytes of an encoded message: the largest entry and room for what surrounds it."""

ENTRIES_MAX = 16_384
"""Entries in one `Append`."""

TOKEN_SIZE_MAX = 64
"""Bytes of a read's token."""

CONTEXT_SIZE_MAX = LEADER_SIZE_MAX + 1 + TOKEN_SIZE_MAX
"""Bytes of what travels of a read: who asks, and its token."""

Number = Annotated[int, msgspec.Meta(ge=0, le=NUMBER_MAX)]
Digest = Annotated[bytes, msgspec.Meta(min_length=HASH_SIZE, max_length=HASH_SIZE)]
Context = Annotated[bytes, msgspec.Meta(max_length=CONTEXT_SIZE_MAX)]
Signature = Annotated[bytes, msgspec.Meta(min_length=SIGNATURE_SIZE, max_length=SIGNATURE_SIZE)]
LeaderId = Annotated[str, msgspec.Meta(min_length=1, max_length=LEADER_SIZE_MAX)]


class SentEntry(Message):
    """An entry on its way. Its index follows from its place, its digest from the entries before it."""

    term: Number
    kind: Kind
    leader: LeaderId
    payload: Annotated[bytes, msgspec.Meta(max_length=PAYLOAD_SIZE_MAX)]
    signature: Signature


class Append(Message, tag="append"):
    """The leader's entries after (`log_term`, `index`), whose digest is `digest`; and how far its log is committed."""

    term: Number
    index: Number
    log_term: Number
    digest: Digest
    commit: Number
    entries: Annotated[tuple[SentEntry, ...], msgspec.Meta(max_length=ENTRIES_MAX)]


class AppendResponse(Message, tag="appended"):
    """To the leader: the log matches its own up to `index`, is durable there, and ends there with `digest`.

    Rejected: it does not hold the entry at `index` that the leader named; (`log_term`, `hint`) is where to try next.
    `refilling`: the sender lost a part of its log, so this is no acknowledgement and carries no digest that counts.
    """

    term: Number
    index: Number
    log_term: Number
    hint: Number
    reject: bool
    refilling: bool
    digest: Annotated[bytes, msgspec.Meta(max_length=HASH_SIZE)]
    certified_height: Number


class Heartbeat(Message, tag="heartbeat"):
    """The leader lives; its log is committed up to `commit`. `context` belongs to a read."""

    term: Number
    commit: Number
    context: Context
    certified_height: Number


class HeartbeatResponse(Message, tag="heard"):
    """To the leader: the sender follows it still. `context` as it came."""

    term: Number
    context: Context
    certified_height: Number


class VoteRequest(Message, tag="vote"):
    """A candidate's log ends at (`log_term`, `index`); its newest certificate is of `certified_height`.

    `pre`: only asked whether it could win, in the term it would enter. `transfer`: the leader wants this election.
    """

    term: Number
    index: Number
    log_term: Number
    pre: bool
    transfer: bool
    certified_height: Number


class VoteResponse(Message, tag="voted"):
    """The answer. A refusal for want of a certificate has it attached as `note` ("" = none)."""

    term: Number
    pre: bool
    reject: bool
    note: Annotated[str, msgspec.Meta(max_length=NOTE_SIZE_MAX)]


class TimeoutNow(Message, tag="lead"):
    """From a leader to the one it hands over to: campaign at once."""

    term: Number


class ReadRequest(Message, tag="read"):
    """To the leader: the sender asks how far it must be to answer the read `token`."""

    term: Number
    token: Context


class ReadResponse(Message, tag="reading"):
    """To a follower: answer the read `token` when `index` is executed."""

    term: Number
    index: Number
    token: Context


class Acknowledgement(Message, tag="acknowledged"):
    """Following the leader of `term`, the sender's log matched and was durable up to `index`, ending with `digest`."""

    term: Number
    index: Number
    digest: Digest
    certified_height: Number


class Refill(Message, tag="refill"):
    """To the leader: the sender lost entries it once acknowledged; its log ends at `index`. Begin again from there."""

    term: Number
    index: Number


class Behind(Message, tag="behind"):
    """From the leader: the entries that the receiver needs are gone; it should fetch certified blocks up to `index`."""

    term: Number
    index: Number


PeerMessage = (
    Append
    | AppendResponse
    | Heartbeat
    | HeartbeatResponse
    | VoteRequest
    | VoteResponse
    | TimeoutNow
    | ReadRequest
    | ReadResponse
    | Acknowledgement
    | Refill
    | Behind
)
"""Any of them. Whoever adds messages of its own builds a wider union with other tags."""

PEER_MESSAGES = PeerMessage
"""The same, as a value to build wider unions from."""

decode_message: Decoder[PeerMessage] = Decoder(PeerMessage, MESSAGE_SIZE_MAX)
"""Raises `Malformed`."""


def sent(entry: Entry) -> SentEntry:
    """What travels of an entry."""
    return SentEntry(entry.term, entry.kind, entry.leader, entry.payload, entry.signature)
