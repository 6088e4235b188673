"""Checkpoints, signed notes and cosignatures: published examples, a golden of ours, and what must be refused."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.crypto.checkpoint import (
    Checkpoint,
    Note,
    NoteSignature,
    assemble_note,
    checkpoint_hash,
    cosign,
    cosignature_key_id,
    cosignature_message,
    parse_checkpoint,
    parse_cosignature,
    parse_note,
    verify_cosignature,
)
from ledger.crypto.encoding import Malformed
from ledger.crypto.signing import Algorithm, SigningKey, verify
from ledger.crypto.utc import TIME_LIMIT_MS, format_time, parse_time

FARM = SigningKey(Algorithm.ED25519, bytes(range(32)))
HUB = SigningKey(Algorithm.ED25519, bytes(range(1, 33)))
CHECKPOINT = Checkpoint(
    origin="linxin/demo/0123456789abcdef",
    size=1234,
    root=bytes([1]) * 32,
    height=7,
    time_ms=1_795_334_400_123,
    state=bytes([2]) * 32,
    previous=bytes([3]) * 32,
    validators=bytes([4]) * 32,
)
TEXT = """\
linxin/demo/0123456789abcdef
1234
AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=
height 7
time 2026-11-22T08:00:00.123Z
state AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=
previous AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=
validators BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ=
"""
NAME = "linxin/demo/farm"

# From the documentation of golang.org/x/mod/sumdb/note: a note of kind 0x01 with its verifier key.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""

# From c2sp.org/tlog-cosignature; the text there names the time of the cosignature, 1679315147.
C2SP_NOTE = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501 - a published line


def line_of(name: str, blob: bytes) -> str:
    return f"— {name} {base64.b64encode(blob).decode()}\n"


def test_the_text_is_the_one_people_read() -> None:
    assert CHECKPOINT.text() == TEXT
    assert parse_checkpoint(TEXT) == CHECKPOINT
    assert TEXT.endswith(CHECKPOINT.lines_after_root())
    assert CHECKPOINT.lines_after_root().count("\n") == 5
    assert checkpoint_hash(TEXT) == hashlib.sha256(TEXT.encode()).digest()


hashes = st.binary(min_size=32, max_size=32)
numbers = st.integers(0, 2**63 - 1)
checkpoints = st.builds(
    Checkpoint,
    origin=st.from_regex(r"linxin/[a-z0-9.-]{1,20}/[0-9a-f]{16}", fullmatch=True),
    size=numbers,
    root=hashes,
    height=numbers,
    time_ms=st.integers(0, TIME_LIMIT_MS - 1),
    state=hashes,
    previous=hashes,
    validators=hashes,
)


@given(checkpoints)
@settings(max_examples=60, deadline=None)
def test_every_checkpoint_reads_back(checkpoint: Checkpoint) -> None:
    assert parse_checkpoint(checkpoint.text()) == checkpoint


BROKEN = {
    "empty": (TEXT, ""),
    "no final newline": ("BAQ=\n", "BAQ="),
    "a line more": ("BAQ=\n", "BAQ=\nmore\n"),
    "an empty line": ("\n1234", "\n\n1234"),
    "carriage returns": ("\n", "\r\n"),
    "another origin": ("linxin/demo", "linxim/demo"),
    "upper-case chain id": ("abcdef\n", "ABCDEF\n"),
    "long chain id": ("abcdef\n", "abcdef0\n"),
    "space in the network name": ("demo", "de mo"),
    "leading zero": ("\n1234\n", "\n01234\n"),
    "signed size": ("\n1234\n", "\n+1234\n"),
    "negative size": ("\n1234\n", "\n-1\n"),
    "digits of another script": ("\n1234\n", "\n١٢٣٤\n"),
    "size of 2^63": ("\n1234\n", f"\n{2**63}\n"),
    "size with a space": ("\n1234\n", "\n1234 \n"),
    "long size": ("\n1234\n", "\n" + "9" * 5000 + "\n"),
    "base64 without padding": ("EBAQE=\n", "EBAQE\n"),
    "base64 with bits to spare": ("EBAQE=\n", "EBAQF=\n"),
    "base64url": ("AgIC", "Ag-C"),
    "base64 with a space": ("AgIC", "Ag C"),
    "short root": ("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=", "AQEB"),
    "long root": ("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=", "AQEB" * 11),
    "no height": ("height 7", "height "),
    "height elsewhere": ("height 7", "Height 7"),
    "two spaces": ("height 7", "height  7"),
    "time without milliseconds": (".123Z", "Z"),
    "time with microseconds": (".123Z", ".123000Z"),
    "time with an offset": (".123Z", ".123+00:00"),
    "small z": (".123Z", ".123z"),
    "small t": ("22T08", "22t08"),
    "comma": (".123Z", ",123Z"),
    "no such day": ("2026-11-22", "2026-11-31"),
    "no such hour": ("T08", "T24"),
    "leap second": ("08:00:00", "08:00:60"),
    "before 1970": ("2026", "1969"),
    "state and previous changed over": ("state ", "previous "),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_checkpoints_are_refused(name: str) -> None:
    old, new = BROKEN[name]
    broken = TEXT.replace(old, new)
    assert broken != TEXT
    with pytest.raises(Malformed):
        parse_checkpoint(broken)


def test_a_refusal_names_the_line() -> None:
    for old, new, path in (
        ("\n1234\n", "\nmany\n", "$.size"),
        ("height 7", "height x", "$.height"),
        ("T08", "T25", "$.time"),
        ("previous Aw", "previous A.", "$.previous"),
    ):
        with pytest.raises(Malformed) as refused:
            parse_checkpoint(TEXT.replace(old, new))
        assert refused.value.path == path


@given(st.integers(0, len(TEXT) - 1), st.characters(codec="utf-8"))
@settings(max_examples=150, deadline=None)
def test_one_changed_character_is_refused_or_means_something_else(at: int, character: str) -> None:
    changed = TEXT[:at] + character + TEXT[at + 1 :]
    try:
        checkpoint = parse_checkpoint(changed)
    except Malformed:
        return
    assert checkpoint.text() == changed
    assert (checkpoint == CHECKPOINT) == (changed == TEXT)


@given(st.integers(0, TIME_LIMIT_MS - 1))
@settings(max_examples=200, deadline=None)
def test_time_agrees_with_the_standard_library(time_ms: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms)
    text = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert format_time(time_ms) == text
    assert parse_time(text) == time_ms


@pytest.mark.parametrize("time_ms", [-1, TIME_LIMIT_MS])
def test_times_outside_the_form_are_refused(time_ms: int) -> None:
    with pytest.raises(ValueError, match="not between the years"):
        format_time(time_ms)


def test_leap_days() -> None:
    assert format_time(parse_time("2000-02-29T23:59:59.999Z") + 1) == "2000-03-01T00:00:00.000Z"
    for text in ("1900-02-29T00:00:00.000Z", "2100-02-29T00:00:00.000Z", "2026-02-29T00:00:00.000Z"):
        with pytest.raises(ValueError, match="no such date"):
            parse_time(text)


def test_a_note_of_go_reads_and_verifies() -> None:
    name, key_id, encoded = GO_KEY.split("+", 2)
    key = base64.b64decode(encoded)
    note = parse_note(GO_NOTE)
    (signature,) = note.signatures
    assert (signature.name, signature.key_id.hex()) == (name, key_id)
    assert hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8] == key_id
    assert verify(Algorithm.ED25519, key[1:], signature.blob, note.text.encode())
    assert not verify_cosignature(signature, key[1:], note.text), "kind 0x01 is no cosignature"


def test_the_example_of_c2sp_reads() -> None:
    note = parse_note(C2SP_NOTE)
    log, witness = note.signatures
    assert note.text.count("\n") == 3
    assert (log.name, log.key_id.hex(), len(log.blob)) == ("example.com/behind-the-sofa", "033de0ae", 64)
    assert (witness.name, witness.key_id.hex()) == ("witness.example.com/w1", "8d66cf3f")
    assert parse_cosignature(witness.blob).timestamp_s == 1679315147
    assert cosignature_message(note.text, 1679315147) == (
        b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
        b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )


def test_a_cosignature_is_what_the_specification_says_computed_apart() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = private.public_key().public_bytes_raw()
    signed = private.sign(b"cosignature/v1\ntime 1795334401\n" + TEXT.encode())
    key_id = hashlib.sha256(b"linxin/demo/farm\n\x04" + public).digest()[:4]
    expected = line_of(NAME, key_id + (1795334401).to_bytes(8, "big") + signed)
    assert cosign(FARM, NAME, TEXT, 1795334401) == expected
    assert cosignature_key_id(NAME, public) == key_id


# Computed with the cryptography package.
GOLDEN_LINE = (
    "— linxin/demo/farm QLct4AAAAABrAqEBOZLdMmB9su2sx7QZrc9HD3aLZBRUfr5Yq68u2bjC"
    "6zzIxsp+du9NmMDade9OOyMWLsZJmk2x9+gG3Q9cPjAtBA==\n"
)


def test_a_golden_cosignature() -> None:
    assert cosign(FARM, NAME, TEXT, 1795334401) == GOLDEN_LINE


def test_cosignatures_verify_and_are_bound_to_everything() -> None:
    lines = [cosign(HUB, "linxin/demo/hub", TEXT, 1795334402), cosign(FARM, NAME, TEXT, 1795334401)]
    note = parse_note(assemble_note(TEXT, lines))
    assert note.text == TEXT
    farm, hub = note.signatures
    assert [farm.name, hub.name] == [NAME, "linxin/demo/hub"]
    assert verify_cosignature(farm, FARM.public_key, TEXT)
    assert verify_cosignature(hub, HUB.public_key, TEXT)
    assert parse_cosignature(hub.blob).timestamp_s == 1795334402
    Ed25519PublicKey.from_public_bytes(FARM.public_key).verify(farm.blob[8:], cosignature_message(TEXT, 1795334401))
    assert not verify_cosignature(farm, HUB.public_key, TEXT)
    assert not verify_cosignature(farm, FARM.public_key, TEXT.replace("1234", "1235"))
    assert not verify_cosignature(farm._replace(name="linxin/demo/hub"), FARM.public_key, TEXT)
    assert not verify_cosignature(farm._replace(key_id=b"\0\0\0\0"), FARM.public_key, TEXT)
    for at in range(72):
        changed = farm.blob[:at] + bytes([farm.blob[at] ^ 4]) + farm.blob[at + 1 :]
        assert not verify_cosignature(farm._replace(blob=changed), FARM.public_key, TEXT)
    for blob in (farm.blob[:-1], farm.blob + b"\0", b"", b"\xff" + farm.blob[1:]):
        assert not verify_cosignature(farm._replace(blob=blob), FARM.public_key, TEXT)


GOOD = assemble_note(TEXT, [cosign(FARM, NAME, TEXT, 1795334401)])
BLOB = base64.b64encode(bytes(76)).decode()
BAD_NOTES = {
    "nothing": "",
    "only the text": TEXT,
    "no signature": TEXT + "\n",
    "no empty line": TEXT + line_of(NAME, bytes(76)),
    "no text": "\n" + line_of(NAME, bytes(76)),
    "no final newline": GOOD[:-1],
    "an empty line after": GOOD + "\n",
    "a hyphen for the dash": GOOD.replace("—", "-"),
    "two spaces": GOOD.replace("— ", "—  "),
    "a space at the end": GOOD[:-1] + " \n",
    "a plus sign in the name": GOOD.replace(f"— {NAME}", "— farm+hub"),
    "no name": GOOD.replace(f"— {NAME}", "— "),
    "a wide space in the name": GOOD.replace(f"— {NAME}", "— farm\u3000hub"),
    "a name too long": GOOD.replace(f"— {NAME}", "— " + "n" * 256),
    "no key id": TEXT + "\n" + line_of(NAME, b"abc"),
    "only a key id": TEXT + "\n" + line_of(NAME, b"abcd"),
    "an endless signature": TEXT + "\n" + line_of(NAME, bytes(9000)),
    "no padding": TEXT + f"\n— {NAME} {BLOB.rstrip('=')}\n",
    "spare bits": TEXT + f"\n— {NAME} {BLOB[:-3]}B==\n",
    "a tab": GOOD.replace("height 7", "height\t7"),
    "a carriage return": GOOD.replace("\n", "\r\n"),
    "a zero byte": "\0" + GOOD,
    "a lone surrogate": "\ud800" + GOOD,
    "65 signatures": TEXT + "\n" + line_of(NAME, bytes(76)) * 65,
    "over 64 KiB": "x" * 65536 + GOOD,
    "over 64 KiB in UTF-8": "霖" * 30000 + GOOD,
}


@pytest.mark.parametrize("name", BAD_NOTES)
def test_bad_notes_are_refused(name: str) -> None:
    assert BAD_NOTES[name] != GOOD
    with pytest.raises(Malformed):
        parse_note(BAD_NOTES[name])


def test_64_signatures_of_any_kind_are_read() -> None:
    lines = [line_of(f"w{number:02}", bytes([number]) * 80) for number in range(64)]
    note = parse_note(assemble_note("文本\n\nsecond part\n", reversed(lines)))
    assert note.text == "文本\n\nsecond part\n"
    assert note.signatures == tuple(NoteSignature(f"w{n:02}", bytes([n]) * 4, bytes([n]) * 76) for n in range(64))


@given(st.text(max_size=200) | st.text(alphabet="— a+=\n\tAQ/", max_size=60).map(lambda text: TEXT + "\n" + text))
@settings(max_examples=200, deadline=None)
def test_any_text_is_refused_or_written_again_the_same(text: str) -> None:
    try:
        note = parse_note(text)
    except Malformed:
        return
    assert written(note) == text


def written(note: Note) -> str:
    return note.text + "\n" + "".join(line_of(one.name, one.key_id + one.blob) for one in note.signatures)
