"""Releases: what frees a validator from a checkpoint it signed, and all that does not."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.errors import PromiseBroken
from consensus.evidence import equivocal_cosignatures
from consensus.recovery import check_newest
from consensus.release import (
    BadRelease,
    CheckedRelease,
    Release,
    ReleaseBody,
    check_release,
    decode_release,
    make_release,
    merge_releases,
    read_notes,
    sign_release,
)
from consensus.safety import Bound, Cosigned, Mark, Promises
from consensus.storage.safety import SafetyFile, SafetyRecord, decode_record, encode_record
from ledger.block import Validator
from ledger.crypto.checkpoint import Checkpoint, assemble_note, checkpoint_hash, cosign
from ledger.crypto.encoding import decode, encode
from ledger.crypto.signing import Algorithm, SigningKey
from tests.consensus.lossy_files import LossyDisk

CHAIN_ID = b"c" * 32
HEIGHT = 8
KEYS = {f"linxin/test/v{number}": SigningKey(Algorithm.ED25519, bytes([number]) * 32) for number in range(1, 6)}
NAMES = sorted(KEYS)[:4]
VALIDATORS = [Validator(name, KEYS[name].public_key) for name in NAMES]
V1, V2, V3, V4 = NAMES
STRANGER = max(KEYS)


def text(mark: str, height: int = HEIGHT, previous: bytes = b"p" * 32, chain_id: bytes = CHAIN_ID) -> str:
    """A checkpoint that differs from others by `mark`."""
    origin = f"linxin/test/{chain_id.hex()[:16]}"
    state = mark.encode().ljust(32)
    return Checkpoint(origin, 20 + height, b"r" * 32, height, 1_700_000_000_000, state, previous, b"v" * 32).text()


RIGHT, WRONG = text("right"), text("wrong")


def note(signed: str, *names: str) -> str:
    return assemble_note(signed, [cosign(KEYS[name], name, signed, 1_700_000_000) for name in names])


SPLIT = (note(RIGHT, V1, V2), note(WRONG, V3, V4))


def made(agreed: str = RIGHT, *notes: str, round: int = 1) -> Release:
    return make_release(CHAIN_ID, round, agreed, notes or SPLIT, "1.2.4", VALIDATORS)


def signed(release: Release, *names: str) -> Release:
    for name in names:
        release = sign_release(release, name, KEYS[name])
    return release


def checked(release: Release) -> CheckedRelease:
    return check_release(release, CHAIN_ID, VALIDATORS)


def test_a_release_that_a_quorum_has_signed_is_whole() -> None:
    whole = signed(made(), V1, V3, V4)
    checked(whole).require_whole()
    assert decode_release(encode(whole)) == whole
    assert checked(whole).shown_of(V3) == {(HEIGHT, checkpoint_hash(WRONG))}
    assert checked(whole).shown_of(V1) == set()
    apart = merge_releases(signed(made(), V4), signed(made(), V3, V1))
    assert apart == whole
    with pytest.raises(BadRelease, match="not the same"):
        merge_releases(whole, made(round=2))


@pytest.mark.parametrize("signers", [(), (V1,), (V3, V4)])
def test_fewer_than_a_quorum_release_nobody(signers: tuple[str, ...]) -> None:
    with pytest.raises(BadRelease, match=f"{len(signers)} of 4 validators have signed"):
        checked(signed(made(), *signers)).require_whole()


def test_nothing_is_released_that_may_have_been_certified() -> None:
    # Two are seen to have signed the other text, and of a third nothing is known: it may be the third signature.
    unheard = made(WRONG, note(RIGHT, V1, V2), note(WRONG, V3))
    with pytest.raises(BadRelease, match="certified: linxin/test/v1, linxin/test/v2, linxin/test/v4"):
        checked(signed(unheard, V1, V2, V3)).require_whole()
    checked(signed(unheard, V1, V2, V3, V4)).require_whole()
    checked(signed(made(WRONG), V1, V2, V3)).require_whole()
    # A certificate in the file itself: no signature makes up for that.
    certified = made(WRONG, note(RIGHT, V1, V2, V4), note(WRONG, V3, V4))
    with pytest.raises(BadRelease, match="may have been certified"):
        checked(signed(certified, V1, V2, V3, V4)).require_whole()


def changed(release: Release, **fields: object) -> Release:
    body = decode(release.body, ReleaseBody, limit=1 << 20)
    values = {name: fields.get(name, getattr(body, name)) for name in ReleaseBody.__struct_fields__}
    return Release(encode(ReleaseBody(**values)), release.signatures)  # type: ignore[arg-type]


FORGERIES: dict[str, Callable[[], Release]] = {
    "of another chain": lambda: changed(made(), chain_id=b"d" * 32),
    "not of this chain and height": lambda: changed(made(), height=HEIGHT + 1),
    "signature of linxin/test/v1 under the release": lambda: changed(signed(made(), V1), reason="another"),
    "does not certify": lambda: Release(made().body, (*sign_release(made(), STRANGER, KEYS[STRANGER]).signatures,)),
    "under a checkpoint is not valid": lambda: changed(made(), notes=(SPLIT[0], note(WRONG, STRANGER))),
    "does not belong": lambda: changed(made(), notes=(note(text("wrong", previous=b"q" * 32), V3),)),
    "height 9 does not belong": lambda: changed(
        made(), notes=(note(text("on", HEIGHT + 1, checkpoint_hash(RIGHT)), V3),)
    ),
    "not a signed checkpoint": lambda: changed(made(), notes=("rubbish",)),
    "not a checkpoint": lambda: changed(made(), agreed="rubbish"),
    "not a release": lambda: Release(b"\x00", ()),
}


@pytest.mark.parametrize("why", FORGERIES)
def test_forged_or_foreign_releases_are_refused(why: str) -> None:
    with pytest.raises(BadRelease, match=why):
        checked(FORGERIES[why]())


def test_rubbish_is_no_release() -> None:
    for data in (b"", b"\x93", encode(made())[:-1]):
        with pytest.raises(BadRelease):
            decode_release(data)


def test_what_followed_from_the_wrong_text_is_released_too() -> None:
    above = text("wrong-9", HEIGHT + 1, checkpoint_hash(WRONG))
    right_above = text("right-9", HEIGHT + 1, checkpoint_hash(RIGHT))
    foreign = note(text("elsewhere", HEIGHT + 1), V4)
    files = ["\n".join((note(WRONG, V3), note(above, V3))), "\n".join((*SPLIT, note(right_above, V1), foreign))]
    release = made(RIGHT, *(each for file in files for each in read_notes(file)))
    body = checked(release).body
    assert body.notes == tuple(sorted(body.notes, key=lambda each: f"height {HEIGHT + 1}" in each))
    assert checked(release).shown_of(V3) == {(HEIGHT, checkpoint_hash(WRONG)), (HEIGHT + 1, checkpoint_hash(above))}
    assert checked(release).shown_of(V1) == set(), "what follows from the agreed text binds as before"
    assert checked(release).shown_of(V4) == {(HEIGHT, checkpoint_hash(WRONG))}


def evidence(name: str, one: str, other: str):  # type: ignore[no-untyped-def]
    return equivocal_cosignatures(note(one, name), note(other, name))


def test_who_presents_a_release_is_not_accused_of_what_it_frees_from() -> None:
    above = text("wrong-9", HEIGHT + 1, checkpoint_hash(WRONG))
    whole = checked(signed(made(RIGHT, *SPLIT, note(above, V3)), V1, V3, V4))
    assert whole.excuses(evidence(V3, WRONG, RIGHT))
    assert whole.excuses(evidence(V3, above, text("right-9", HEIGHT + 1, checkpoint_hash(RIGHT))))
    assert not whole.excuses(evidence(V4, above, text("right-9", HEIGHT + 1))), "it had not signed that one"
    assert not whole.excuses(evidence(V1, WRONG, RIGHT)), "who signed both sides is a liar"
    assert not whole.excuses(evidence(V3, WRONG, text("third"))), "released to the agreed text alone"
    assert not whole.excuses(evidence(V3, RIGHT, text("third"))), "one other text, not two"
    low = (text("one", HEIGHT - 1), text("two", HEIGHT - 1))
    assert not whole.excuses(evidence(V3, *low)), "below its height nothing is released"
    both = checked(made(text("third"), note(RIGHT, V1, V3), note(WRONG, V3, V4)))
    assert not both.excuses(evidence(V3, WRONG, RIGHT)), "both were signed before"


# The safety file.

HASHES = {mark: checkpoint_hash(text(mark)) for mark in ("right", "wrong", "third")}


def bound(mark: str, round: int = 1, height: int = HEIGHT) -> Bound:
    return Bound(height, round, HASHES[mark], f"{mark}-{round}".encode().ljust(32))


def safety() -> tuple[LossyDisk, SafetyFile]:
    """Of a key that has signed the wrong text, and one that follows from it."""
    disk = LossyDisk()
    file = SafetyFile.create(disk.directory(), CHAIN_ID, b"k" * 32)
    file.keep(3, "v2", Mark(3, 7))
    for height, hashed in ((HEIGHT - 1, b"7" * 32), (HEIGHT, HASHES["wrong"]), (HEIGHT + 1, b"9" * 32)):
        assert file.cosign(height, hashed, 1_000 + height) is not None
    return disk, file


SHOWN = {(HEIGHT, HASHES["wrong"]), (HEIGHT + 1, b"9" * 32)}


def test_a_release_allows_one_other_text_of_each_height_and_forgets_nothing() -> None:
    disk, file = safety()
    with pytest.raises(PromiseBroken):
        file.cosign(HEIGHT, HASHES["right"], 2_000)
    file.release(bound("right"), SHOWN)
    disk.cut_power(lose_all=True)
    file = SafetyFile.open(disk.directory(), CHAIN_ID, b"k" * 32)
    assert file.promises.bound == bound("right")
    assert file.promises.find(HEIGHT) is None
    with pytest.raises(PromiseBroken, match="the software is not the one that was agreed on"):
        file.cosign(HEIGHT, HASHES["third"], 2_000)
    assert file.cosign(HEIGHT, HASHES["right"], 2_000) == Cosigned(HEIGHT, HASHES["right"], 2_000)
    assert file.cosign(HEIGHT, HASHES["right"], 2_001) == Cosigned(HEIGHT, HASHES["right"], 2_000)
    assert file.cosign(HEIGHT + 1, b"n" * 32, 2_000) is not None
    for height, hashed in ((HEIGHT, HASHES["wrong"]), (HEIGHT, HASHES["third"]), (HEIGHT + 1, b"9" * 32)):
        with pytest.raises(PromiseBroken):
            file.cosign(height, hashed, 2_000)
    given = {(each.height, each.checkpoint_hash, each.is_released) for each in file.promises.cosigned}
    assert {(HEIGHT, HASHES["wrong"], True), (HEIGHT, HASHES["right"], False), (HEIGHT - 1, b"7" * 32, False)} < given
    assert (file.promises.term, file.promises.vote, file.promises.acknowledged) == (3, "v2", Mark(3, 7))
    for mark in ("wrong", "right"):
        check_newest(file.promises, HEIGHT, HASHES[mark])
    with pytest.raises(PromiseBroken, match="restored from a backup"):
        check_newest(file.promises, HEIGHT, HASHES["third"])


def test_to_sign_a_release_binds_and_frees_from_nothing() -> None:
    _, file = safety()
    file.bind(bound("right"), SHOWN)
    for mark in ("right", "third"):
        with pytest.raises(PromiseBroken):
            file.cosign(HEIGHT, HASHES[mark], 2_000)
    fresh = Promises().with_bound(bound("right"), ())
    with pytest.raises(PromiseBroken, match="agreed on"):
        fresh.with_cosignature(Cosigned(HEIGHT, HASHES["wrong"], 1))
    assert fresh.with_cosignature(Cosigned(HEIGHT, HASHES["right"], 1))[1] is not None


def test_a_release_that_hides_what_was_signed_is_refused() -> None:
    _, file = safety()
    for missing in SHOWN:
        for act in (file.bind, file.release):
            with pytest.raises(PromiseBroken, match="does not show"):
                act(bound("right"), SHOWN - {missing})
    # Who signed the agreed text is released from nothing, and need be shown with nothing.
    file.release(bound("wrong"), ())
    assert not any(each.is_released for each in file.promises.cosigned)


def test_rounds_go_up() -> None:
    _, file = safety()
    file.bind(bound("right", round=2), SHOWN)
    for older in (bound("right", round=1), bound("third", round=2), bound("third", round=9, height=HEIGHT - 1)):
        for act in (file.bind, file.release):
            with pytest.raises(PromiseBroken, match="higher round"):
                act(older, SHOWN | {(HEIGHT - 1, b"7" * 32)})
    file.release(bound("right", round=2), SHOWN)
    assert file.cosign(HEIGHT, HASHES["right"], 2_000) is not None
    with pytest.raises(PromiseBroken, match="does not show"):
        file.release(bound("third", round=3), SHOWN)
    file.release(bound("third", round=3), SHOWN | {(HEIGHT, HASHES["right"])})
    assert file.cosign(HEIGHT, HASHES["third"], 3_000) is not None
    hashes = [each.checkpoint_hash for each in file.promises.cosigned if each.height == HEIGHT]
    assert hashes == [HASHES["wrong"], HASHES["right"], HASHES["third"]]


NUMBER = st.integers(0, 2**64 - 1)
HASH = st.binary(min_size=32, max_size=32)


@given(
    st.builds(Bound, NUMBER, NUMBER, HASH, HASH),
    st.lists(st.builds(Cosigned, NUMBER, HASH, NUMBER, st.booleans()), max_size=32),
)
def test_records_with_a_release_round_trip(kept: Bound, cosigned: list[Cosigned]) -> None:
    record = SafetyRecord(5, CHAIN_ID, b"k" * 32, Promises(1, "v", Mark(1, 2), tuple(cosigned), kept))
    data = encode_record(record)
    assert decode_record(data) == record
    for place in (0, 7, 300, 1_800):
        assert decode_record(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]) is None
    plain = replace(record, promises=Promises(1, "v", Mark(1, 2)))
    assert encode_record(plain)[:8] == b"LXNSAFE1", "what was never released is written as before"
