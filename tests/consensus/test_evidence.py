"""Evidence proves what it says from keys alone, and nothing else does."""

import pytest
from msgspec.structs import replace

from consensus.entry import Entry, Kind, Tip, envelope_message, first_tip, next_entry
from consensus.errors import DiskFault
from consensus.evidence import (
    BadEvidence,
    EquivocalCosignatures,
    EquivocalEntries,
    accused_of,
    decode_evidence,
    encode_evidence,
    envelope,
    equivocal_cosignatures,
    equivocal_entries,
    evidence_id,
    verify_evidence,
)
from consensus.storage.evidence import EACH_MAX, EvidenceBook
from tests.consensus.lossy_files import LossyDisk
from tests.consensus.members import CHAIN_ID, key_of
from tests.consensus.test_ballot import CHAIN_ID as BALLOT_CHAIN
from tests.consensus.test_ballot import ballot, text


def keys(name: str) -> bytes | None:
    return key_of(name).public_key if name in "abcd" else None


def entry(payload: bytes, leader: str = "a", term: int = 3, before: Tip | None = None, signer: str = "") -> Entry:
    unsigned = next_entry(before or first_tip(CHAIN_ID), term, payload, Kind.PROPOSAL, leader)
    signature = key_of(signer or leader).sign(envelope_message(CHAIN_ID, unsigned.digest))
    return next_entry(before or first_tip(CHAIN_ID), term, payload, Kind.PROPOSAL, leader, signature)


def two(one: Entry, other: Entry) -> EquivocalEntries:
    return equivocal_entries(envelope(one, CHAIN_ID), envelope(other, CHAIN_ID))


def test_two_entries_of_one_leader_for_one_place() -> None:
    evidence = two(entry(b"x"), entry(b"y"))
    culprit = verify_evidence(evidence, CHAIN_ID, keys)
    assert culprit.id == "a"
    assert "任期 3" in culprit.zh
    assert evidence == two(entry(b"y"), entry(b"x")), "the same whichever came first"
    assert decode_evidence(encode_evidence(evidence)) == evidence


@pytest.mark.parametrize(
    "evidence",
    [
        two(entry(b"x"), entry(b"x")),
        two(entry(b"x"), entry(b"y", term=4)),
        two(entry(b"x"), entry(b"y", leader="b")),
        two(entry(b"x"), entry(b"y", signer="b")),
        two(entry(b"x", leader="z"), entry(b"y", leader="z")),
        EquivocalEntries(
            envelope(entry(b"x"), CHAIN_ID), replace(envelope(entry(b"y"), CHAIN_ID), previous_digest=bytes(32))
        ),
    ],
)
def test_what_proves_nothing_against_a_leader(evidence: EquivocalEntries) -> None:
    with pytest.raises(BadEvidence):
        verify_evidence(evidence, CHAIN_ID, keys)


def test_entries_of_another_chain_prove_nothing() -> None:
    with pytest.raises(BadEvidence):
        verify_evidence(two(entry(b"x"), entry(b"y")), bytes(32), keys)


GOOD, OTHER = ballot("a", text()), ballot("a", text(branch=b"other"))


def test_two_cosignatures_of_one_height() -> None:
    evidence = equivocal_cosignatures(GOOD, OTHER)
    assert verify_evidence(evidence, BALLOT_CHAIN, keys).id == "a"
    assert evidence == equivocal_cosignatures(OTHER, GOOD)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (GOOD, GOOD),
        (GOOD, ballot("a", text(), 99)),
        (GOOD, ballot("a", text(height=2))),
        (GOOD, ballot("b", text(branch=b"other"))),
        (GOOD, ballot("a", text(branch=b"other"), key="b")),
        (ballot("z", text()), ballot("z", text(branch=b"other"))),
        (GOOD, OTHER + ballot("b", text(branch=b"other")).rpartition("\n\n")[2]),
        (GOOD, ballot("a", text(branch=b"other", origin="linxin/test/0123456789abcdef"))),
        (GOOD, "nothing"),
    ],
)
def test_what_proves_nothing_against_a_cosigner(one: str, other: str) -> None:
    with pytest.raises(BadEvidence):
        verify_evidence(EquivocalCosignatures(one, other), BALLOT_CHAIN, keys)


def test_bytes_that_are_no_evidence() -> None:
    for data in (b"", b"\xc0", encode_evidence(two(entry(b"x"), entry(b"y")))[:-1]):
        with pytest.raises(BadEvidence):
            decode_evidence(data)


def test_the_book_keeps_evidence_over_a_power_cut_and_little_of_each_culprit() -> None:
    disk = LossyDisk()
    book = EvidenceBook(disk.directory())
    for number in range(EACH_MAX + 3):
        book.keep(two(entry(b"x"), entry(b"%d" % number)))
    assert len(book) == EACH_MAX
    against_b = two(entry(b"x", leader="b"), entry(b"y", leader="b"))
    assert book.keep(against_b)
    assert not book.keep(against_b), "kept once"
    disk.cut_power(lose_all=True)
    again = EvidenceBook(disk.directory())
    assert again.list() == book.list()
    assert again.find(evidence_id(against_b)) == against_b
    assert accused_of(against_b) == "b"


def test_a_damaged_file_is_not_listed() -> None:
    disk = LossyDisk()
    book = EvidenceBook(disk.directory())
    book.keep(two(entry(b"x"), entry(b"y")))
    (name,) = disk.names
    disk.names[name].seen[20] ^= 1
    assert len(EvidenceBook(disk.directory())) == 0


def test_a_failing_disk_is_told() -> None:
    class Full(LossyDisk):
        def step(self) -> None:
            raise OSError("no space left on device")

    with pytest.raises(DiskFault):
        EvidenceBook(Full().directory()).keep(two(entry(b"x"), entry(b"y")))
