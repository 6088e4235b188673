"""Cosignatures until they are a certificate: one text a height and signer, evidence of two, nothing unbounded."""

from base64 import b64encode
from dataclasses import dataclass, replace

import pytest

from consensus.ballot import HEIGHTS_MAX, Ballots
from consensus.evidence import verify_evidence
from ledger.certificate import verify_certificate
from ledger.crypto.checkpoint import (
    Checkpoint,
    NoteSignature,
    assemble_note,
    cosign,
    parse_note,
    verify_cosignature,
)
from ledger.crypto.hashing import sha256
from ledger.crypto.signing import Algorithm, SigningKey

CHAIN_ID = sha256(b"ballots")
ORIGIN = f"linxin/test/{CHAIN_ID.hex()[:16]}"
NAMES = ("a", "b", "c", "d")


@dataclass(frozen=True)
class Validator:
    name: str
    public_key: bytes


def key_of(name: str) -> SigningKey:
    return SigningKey(Algorithm.ED25519, sha256(name.encode()))


SET = tuple(Validator(f"linxin/test/{name}", key_of(name).public_key) for name in NAMES)
BY_NAME = {validator.name: validator for validator in SET}


def text(height: int = 1, branch: bytes = b"", origin: str = ORIGIN) -> str:
    root = sha256(branch)
    return Checkpoint(origin, height, root, height, 1_795_334_400_000, root, root, root).text()


def ballot(name: str, body: str, time_s: int = 1_795_334_401, key: str = "") -> str:
    return assemble_note(body, [cosign(key_of(key or name), f"linxin/test/{name}", body, time_s)])


def test_a_quorum_of_lines_is_a_certificate() -> None:
    ballots = Ballots(ORIGIN)
    for name in "ab":
        assert ballots.add(ballot(name, text()), 0, BY_NAME) is None
    assert ballots.certificate(1, text(), SET) is None
    ballots.add(ballot("d", text()), 0, BY_NAME)
    note = ballots.certificate(1, text(), SET)
    assert note is not None
    assert verify_certificate(note, SET).height == 1  # type: ignore[arg-type]
    assert ballots.signers(1, text()) == ["linxin/test/a", "linxin/test/b", "linxin/test/d"]


def test_a_repeat_counts_once_whatever_its_timestamp() -> None:
    ballots = Ballots(ORIGIN)
    for time_s in (5, 6, 7):
        assert ballots.add(ballot("a", text(), time_s), 0, BY_NAME) is None
    ballots.add(ballot("b", text()), 0, BY_NAME)
    assert ballots.certificate(1, text(), SET) is None


def test_two_texts_of_one_height_are_evidence_and_a_third_is_nothing() -> None:
    ballots = Ballots(ORIGIN)
    ballots.add(ballot("a", text()), 0, BY_NAME)
    evidence = ballots.add(ballot("a", text(branch=b"other")), 0, BY_NAME)
    assert evidence is not None
    assert verify_evidence(evidence, CHAIN_ID, lambda name: key_of(name).public_key).id == "a"
    assert ballots.conflicting(1, text()) == ["linxin/test/a"]
    assert ballots.add(ballot("a", text(branch=b"third")), 0, BY_NAME) is None
    assert len(ballots.texts(1)) == 2


def test_forged_foreign_malformed_early_and_late_ones_are_passed_over() -> None:
    ballots = Ballots(ORIGIN)
    good = ballot("a", text(height=5))
    ballots.add(ballot("a", text(height=5), key="b"), 4, BY_NAME)
    ballots.add(ballot("z", text(height=5)), 4, BY_NAME)
    ballots.add(ballot("a", text(height=5, origin="linxin/test/0123456789abcdef")), 4, BY_NAME)
    ballots.add(good[:-3], 4, BY_NAME)
    ballots.add("", 4, BY_NAME)
    for certified in (5, 9, 4 - HEIGHTS_MAX):
        ballots.add(good, certified, BY_NAME)
    assert ballots.texts(5) == []
    assert ballots.dropped == 2, "a line of a key that is not known here proves nothing against whoever passes it on"
    ballots.add(good, 4, BY_NAME)
    assert ballots.texts(5) == [text(height=5)]


def test_a_line_of_a_replaced_key_does_not_count_for_the_new_one() -> None:
    ballots = Ballots(ORIGIN)
    for name in "abc":
        ballots.add(ballot(name, text()), 0, BY_NAME)
    rotated = (replace(SET[0], public_key=key_of("new").public_key), *SET[1:])
    assert ballots.certificate(1, text(), SET) is not None
    assert ballots.certificate(1, text(), rotated) is None
    ballots.add(ballot("a", text(), key="new"), 0, {validator.name: validator for validator in rotated})
    assert ballots.certificate(1, text(), rotated) is not None


def test_what_is_certified_is_forgotten() -> None:
    ballots = Ballots(ORIGIN)
    for height in (1, 2, 3):
        ballots.add(ballot("a", text(height)), 0, BY_NAME)
    ballots.forget(2)
    assert [len(ballots.texts(height)) for height in (1, 2, 3)] == [0, 0, 1]


def spoilt(note: str) -> str:
    """The note with a signature that names the right key and does not verify."""
    parsed = parse_note(note)
    (line,) = parsed.signatures
    blob = line.key_id + line.blob[:-1] + bytes([line.blob[-1] ^ 1])
    return assemble_note(parsed.text, [f"— {line.name} {b64encode(blob).decode()}\n"])


def test_a_note_full_of_bad_lines_costs_one_verification(monkeypatch: pytest.MonkeyPatch) -> None:
    ballots = Ballots(ORIGIN)
    looked_at = []

    def verify(signature: NoteSignature, public_key: bytes, body: str) -> bool:
        looked_at.append(signature.name)
        return verify_cosignature(signature, public_key, body)

    monkeypatch.setattr("consensus.ballot.verify_cosignature", verify)
    bad = spoilt(ballot("b", text())).removeprefix(text() + "\n")
    ballots.add(
        assemble_note(text(), [bad] * 40 + [spoilt(ballot("c", text())).removeprefix(text() + "\n")]), 0, BY_NAME
    )
    assert (len(looked_at), ballots.dropped) == (1, 1)


def test_the_newest_signature_of_somebody_can_be_shown_before_there_is_a_certificate() -> None:
    ballots = Ballots(ORIGIN)
    assert ballots.newest_of("linxin/test/a") == ""
    for height in (2, 1):
        ballots.add(ballot("a", text(height)), 0, BY_NAME)
    assert ballots.newest_of("linxin/test/a") == ballot("a", text(2))
    ballots.forget(2)
    assert ballots.newest_of("linxin/test/a") == ""
