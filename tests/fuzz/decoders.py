"""A fuzz target over decoders and verifiers of what comes from outside: `python -m tests.fuzz.decoders --seconds 60`.

Each round takes one seed input, mutates it, and hands it to its target. A target may refuse with the errors it
declares; anything else is a finding, printed with the seed and round that make it again. Where a target takes the
bytes, what it read must write the same bytes again, or prove nothing that is not so.
"""

import argparse
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from consensus.ballot import Ballots
from consensus.entry import Kind, envelope_message
from consensus.evidence import (
    BadEvidence,
    Envelope,
    EquivocalEntries,
    decode_evidence,
    encode_evidence,
    equivocal_cosignatures,
    verify_evidence,
)
from consensus.member.change import decode_change
from consensus.messages import Acknowledgement, Append, SentEntry, VoteResponse, decode_message
from ledger.block import Validator
from ledger.crypto.checkpoint import Checkpoint, assemble_note, cosign, parse_checkpoint, parse_note, verify_cosignature
from ledger.crypto.encoding import Malformed, decode, encode
from ledger.crypto.log_tree import (
    Frontier,
    ProofError,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
    verify_range,
)
from ledger.crypto.signing import PUBLIC_KEY_SIZE, Algorithm, BadKey, SigningKey, check_public_key, verify
from ledger.crypto.state_tree import ProvenState, check_node, key_hash, prove, update, value_hash
from ledger.crypto.utc import parse_time
from standards.digital_link.canonical import canonical
from standards.digital_link.compression import decompress_link
from standards.digital_link.link import parse_link
from standards.gs1.elements import parse_element_string, write_element_string
from standards.gs1.faults import Gs1Fault

KEY = SigningKey(Algorithm.ED25519, bytes(range(32)))
HASHES = [leaf_hash(bytes([number])) for number in range(40)]
CHECKPOINT = Checkpoint(
    origin="linxin/demo/0123456789abcdef",
    size=9,
    root=HASHES[0],
    height=3,
    time_ms=1_795_334_400_123,
    state=HASHES[1],
    previous=HASHES[2],
    validators=HASHES[3],
)
NOTE = assemble_note(CHECKPOINT.text(), [cosign(KEY, "linxin/demo/farm", CHECKPOINT.text(), 1_795_334_401)])


class Target(NamedTuple):
    """A decoder: what it may raise, the inputs to begin with, and a call asserting what must hold if it takes them."""

    name: str
    refusals: tuple[type[Exception], ...]
    seeds: Sequence[bytes]
    call: Callable[[bytes], None]


def checkpoint(data: bytes) -> None:
    text = data.decode("utf-8", "surrogatepass")
    assert parse_checkpoint(text).text() == text


def note(data: bytes) -> None:
    for signature in parse_note(data.decode("utf-8", "surrogatepass")).signatures:
        verify_cosignature(signature, KEY.public_key, CHECKPOINT.text())


def utc(data: bytes) -> None:
    parse_time(data.decode("utf-8", "replace"))


def state_node(data: bytes) -> None:
    path, node = data[1 : 1 + data[0] % 8], data[1 + data[0] % 8 :]
    check_node(node, bytes(step & 15 for step in path))


def state_proof(data: bytes) -> None:
    nodes = decode(data, list[bytes])
    state = ProvenState(STATE_ROOT, nodes)
    for key, value in STATE.items():
        assert state.value_hash(key) == value, "proven something that is not so"


def frontier(data: bytes) -> None:
    size, joined = decode(data, tuple[int, bytes])
    found = Frontier.from_joined(size, joined)
    assert found.joined() == joined
    assert len(found.append(HASHES[0]).peaks) == (size + 1).bit_count()


def log_proofs(data: bytes) -> None:
    first, second, one, other, proof = decode(data, tuple[int, int, bytes, bytes, list[bytes]])
    with suppress(ProofError):
        verify_inclusion(one, first, second, proof, other)
    with suppress(ProofError):
        verify_consistency(first, one, second, other, proof)
    with suppress(ProofError):
        verify_range(first, [one], second, proof, other)


def signatures(data: bytes) -> None:
    algorithm = Algorithm.P256 if data[0] == Algorithm.P256 else Algorithm.ED25519
    key = data[1 : 1 + PUBLIC_KEY_SIZE[algorithm]]
    signature, body = data[34:98], data[98:]
    taken = verify(algorithm, key, signature, body)
    honest = [(seed[0], seed[1 : 1 + len(key)], seed[34:98], seed[98:]) for seed in SIGNED]
    assert taken == ((algorithm, key, signature, body) in honest), "a forged signature"
    check_public_key(algorithm, key)


def message(data: bytes) -> None:
    found = decode(data, Checkpoint)
    assert decode(encode(found), Checkpoint) == found


def peer_message(data: bytes) -> None:
    found = decode_message(data)
    assert decode_message(encode(found)) == found


def evidence(data: bytes) -> None:
    found = decode_evidence(data)
    assert decode_evidence(encode_evidence(found)) == found
    verify_evidence(found, HASHES[5], lambda _: KEY.public_key)
    assert found in (PROOF_OF_TWO, EquivocalEntries(*reversed(ENVELOPES))), "proven something that was never done"


def ballots(data: bytes) -> None:
    box = Ballots(CHECKPOINT.origin)
    box.add(data.decode("utf-8", "surrogatepass"), 0, {COSIGNER.name: COSIGNER})
    assert box.texts(CHECKPOINT.height) in ([], [CHECKPOINT.text()]), "a forged cosignature"


def change(data: bytes) -> None:
    found = decode_change(data)
    if found is not None:
        assert decode_change(encode(found)) == found


def digital_link(data: bytes) -> None:
    link = parse_link(data.decode("latin-1"))
    assert parse_link(link.uri).elements == link.elements


def compressed_link(data: bytes) -> None:
    link = decompress_link(data.decode("latin-1"))
    assert parse_link(link.uri).elements == link.elements


def element_string(data: bytes) -> None:
    elements = parse_element_string(data.decode("latin-1"))
    assert parse_element_string(write_element_string(elements)) == elements


def epc_urn(data: bytes) -> None:
    link = canonical(data.decode("latin-1"))
    assert canonical(link.uri) == link


COSIGNER = Validator("linxin/demo/farm", KEY.public_key)
ENTRY = SentEntry(3, Kind.PROPOSAL, "farm", b"payload", bytes(64))
PEER_MESSAGES = (
    Append(3, 7, 2, HASHES[0], 6, (ENTRY, ENTRY)),
    Acknowledgement(3, 7, HASHES[0], 9),
    VoteResponse(3, False, True, NOTE),
)


def signed_envelope(payload_hash: bytes) -> Envelope:
    unsigned = Envelope(3, 7, Kind.PROPOSAL, "farm", payload_hash, HASHES[2], bytes(64))
    signature = KEY.sign(envelope_message(HASHES[5], unsigned.digest))
    return Envelope(3, 7, Kind.PROPOSAL, "farm", payload_hash, HASHES[2], signature)


ENVELOPES = (signed_envelope(HASHES[0]), signed_envelope(HASHES[1]))
PROOF_OF_TWO = EquivocalEntries(*ENVELOPES)
EVIDENCE = (PROOF_OF_TWO, equivocal_cosignatures(NOTE, NOTE))
CHANGE = encode((3, [[COSIGNER.name, COSIGNER.public_key]]))

STATE = {key_hash(bytes([number])): value_hash(bytes([number])) for number in range(60)}
STATE_ROOT, _written = update(STATE, lambda path: None)
STATE_NODES = {path: node for path, node in _written.items() if node is not None}
PROOF = prove(STATE, STATE_NODES.get)
PHONE = SigningKey(Algorithm.P256, bytes(range(1, 33)))
SIGNED = [
    bytes([key.algorithm]) + key.public_key.ljust(33, b"\0") + key.sign(b"body") + b"body" for key in (KEY, PHONE)
]

TARGETS = (
    Target("checkpoint", (Malformed, UnicodeDecodeError), [CHECKPOINT.text().encode()], checkpoint),
    Target("note", (Malformed, UnicodeDecodeError), [NOTE.encode()], note),
    Target("utc", (ValueError,), [b"2026-11-22T08:00:00.123Z"], utc),
    Target(
        "state node",
        (ProofError,),
        [bytes([len(path)]) + path + node for path, node in STATE_NODES.items()],
        state_node,
    ),
    Target("state proof", (Malformed, ProofError), [encode(PROOF), encode(PROOF[1:])], state_proof),
    Target("frontier", (Malformed, ProofError), [encode((7, b"".join(HASHES[:3]))), encode((8, HASHES[0]))], frontier),
    Target("log proofs", (Malformed,), [encode((2, 7, HASHES[0], HASHES[1], HASHES[2:5]))], log_proofs),
    Target("signatures", (BadKey,), SIGNED, signatures),
    Target("message", (Malformed,), [encode(CHECKPOINT)], message),
    Target("peer message", (Malformed,), [encode(one) for one in PEER_MESSAGES], peer_message),
    Target("evidence", (BadEvidence,), [encode_evidence(one) for one in EVIDENCE], evidence),
    Target("ballots", (UnicodeDecodeError,), [NOTE.encode()], ballots),
    Target("change of voters", (), [CHANGE], change),
    Target("digital link", (Gs1Fault,), [b"https://id.gs1.org/01/09520123456788/10/A%2FB?17=261123&x=y"], digital_link),
    Target("compressed link", (Gs1Fault,), [b"https://a/AQnYUc1gmiERBhQ0ytiyZuAGOLc1TXgpNWCv1"], compressed_link),
    Target("element string", (Gs1Fault,), [b"^010952012345678810AB^17261123"], element_string),
    Target(
        "epc urn", (Gs1Fault,), [b"urn:epc:id:sgtin:4012345.011111.98%22", b"urn:epc:id:sgln:4012345.00005.0"], epc_urn
    ),
)


def mutate(data: bytes, chance: random.Random) -> bytes:
    """One to four changes: a bit, a byte, a cut, a repeat, a swap of parts, or all of it random."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed) + 1)
        to = min(len(changed), at + chance.choice((1, 2, 4, 32, 33)))
        match chance.randrange(7):
            case 0 if at < len(changed):
                changed[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(changed):
                changed[at] = chance.choice((0, 0xFF, 0x7F, 0x80, ord("\n"), ord(" "), chance.randrange(256)))
            case 2:
                del changed[at:to]
            case 3:
                changed[at:at] = changed[at:to] * chance.choice((1, 1, 2, 100))
            case 4:
                changed[at:at] = chance.randbytes(to - at)
            case 5:
                changed = changed[at:] + changed[:at]
            case 6 if chance.random() < 0.05:
                changed = bytearray(chance.randbytes(chance.randrange(200)))
    return bytes(changed)


def one_round(number: int, seed: int) -> None:
    """Round `number` of `seed`: always the same input to the same target. Raises what the target should not have."""
    chance = random.Random(f"{seed}/{number}")
    target = TARGETS[number % len(TARGETS)]
    data = mutate(chance.choice(target.seeds), chance) or b"\0"
    try:
        target.call(data)
    except target.refusals:
        return
    except Exception as error:
        raise AssertionError(f"{target.name}, seed {seed}, round {number}: {error!r} of {data.hex()}") from error


def main() -> None:
    """Fuzz for as many seconds as asked, from a seed that is printed."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    arguments = parser.parse_args()
    end = time.monotonic() + arguments.seconds
    number = 0
    while time.monotonic() < end:
        one_round(number, arguments.seed)
        number += 1
    print(f"seed {arguments.seed}: {number} rounds over {len(TARGETS)} decoders, nothing found")  # noqa: T201 - a program run by hand


if __name__ == "__main__":
    main()
