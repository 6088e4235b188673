"""Bytes made to break a decoder rather than a proof: refused in words by both verifiers and both archive readers."""

import json
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import msgpack
import pytest

from client.verified import KINDS, InvalidProof
from client.verify import verify_proof
from ledger.proof import prove_journey, prove_value
from ledger.storage.archive import BadArchive, read_archive
from tests.proof.journeys import CODE, PACK, strawberry
from tests.proof.test_mutations import VERIFIER, client_verdict, standalone, standalone_verdict

CHAIN = strawberry()
PROOF = msgpack.unpackb(prove_journey(CHAIN, code=CODE), strict_map_key=False)
LEAF = msgpack.unpackb(PROOF[6][0])
ARCHIVE = [msgpack.packb(item) for item in msgpack.Unpacker(BytesIO(CHAIN.archive()), strict_map_key=False)]
BLOCK = msgpack.unpackb(ARCHIVE[1], strict_map_key=False)
HUGE, NEVER = b"\xcf" + b"\xff" * 8, b"\xc7\x0c\xff" + b"\xff" * 12
DEPTHS = (100, 510, 512, 1_000, 1_024, 1_025, 30_000)


def arrays(depth: int) -> bytes:
    return b"\x91" * depth + b"\xc0"


def maps(depth: int) -> bytes:
    return b"\x81\xa1a" * depth + b"\xc0"


def file(place: int, raw: bytes) -> bytes:
    """The honest proof with one part replaced by raw bytes."""
    parts = [msgpack.packb(part) for part in PROOF]
    return b"\x98" + b"".join([*parts[:place], raw, *parts[place + 1 :]])


def leaf(place: int, raw: bytes) -> bytes:
    """The honest proof with one part of its first leaf replaced by raw bytes."""
    parts = [msgpack.packb(part) for part in LEAF]
    raw = b"\x95" + b"".join([*parts[:place], raw, *parts[place + 1 :]])
    return file(6, msgpack.packb([raw, *PROOF[6][1:]]))


def section(place: int, value: Any) -> bytes:
    """The honest proof with one field of its first section replaced."""
    return file(7, msgpack.packb([[*PROOF[7][0][:place], value, *PROOF[7][0][place + 1 :]], *PROOF[7][1:]]))


def outcome(*fields: Any) -> bytes:
    return leaf(3, msgpack.packb(list(fields)))


def twice() -> bytes:
    subjects = [["organisation:farm", "self"], ["organisation:farm", "other"]]
    return leaf(4, msgpack.packb(subjects))


CASES: dict[str, bytes] = {
    **{f"nested-arrays-{depth}": arrays(depth) for depth in DEPTHS},
    **{f"nested-claim-{depth}": file(3, arrays(depth)) for depth in DEPTHS},
    **{f"nested-map-in-claim-{depth}": file(3, b"\x91" + maps(depth)) for depth in DEPTHS},
    **{f"nested-details-{depth}": leaf(3, b"\x94\x01\x01\x00" + arrays(depth)) for depth in DEPTHS},
    **{f"nested-body-{depth}": leaf(1, msgpack.packb(b"\x92\xa1a" + arrays(depth))) for depth in DEPTHS},
    **{f"nested-row-{depth}": section(1, b"\x93" + arrays(depth) + b"\x01\xc4\x00") for depth in DEPTHS},
    "claim-empty": file(3, b"\x90"),
    "claim-not-named": file(3, b"\x91\xc0"),
    "claim-keyed-by-a-list": file(3, b"\x91\x81\x90\xc0"),
    "claim-with-time-of-no-calendar": file(3, b"\x92\xa7journal" + NEVER),
    "claim-with-not-a-number": file(3, b"\x92\xa5value\xcb\x7f\xf8" + bytes(6)),
    "claim-with-half-a-character": file(3, b"\x93\xa7journey\xa3\xed\xa0\x80\xa1a"),
    "bounds-huge": file(3, b"\x94\xa7journal\xaalot:pack-1" + HUGE + HUGE),
    "leaf-index-huge": file(3, b"\x93\xa4leaf" + HUGE + b"\x90"),
    "leaf-height-huge": outcome(2**64 - 1, 1, 0, []),
    "leaf-time-far-before-all": outcome(1, -(2**63), 0, []),
    "leaf-height-true": outcome(True, 1, 0, []),
    "leaf-subject-twice": twice(),
    "leaf-subject-not-text": leaf(4, b"\x91\x92\x01\xa4self"),
    "section-start-negative": section(2, -1),
    "section-start-huge": section(2, 2**64 - 1),
    "section-place-negative": section(3, [-1]),
    "section-place-huge": section(3, [2**64 - 1]),
    "section-without-leaves": section(3, []),
    "section-hash-short": section(4, [b"x"]),
    "section-hashes-many": section(4, [bytes(32)] * 5_000),
    "section-size-negative": section(1, msgpack.packb([0, -1, bytes(32)])),
    "section-of-a-very-long-name": section(0, "lot:" + "x" * 100_000),
    "note-not-text": file(1, msgpack.packb(b"\xff" * 100)),
    "note-of-height-beyond-integers": file(1, msgpack.packb(PROOF[1].replace(b"height ", b"height 9" + b"9" * 30))),
    "note-of-year-nought": file(1, msgpack.packb(PROOF[1].replace(b"time 2026", b"time 0000"))),
    "note-in-arabic-digits": file(1, msgpack.packb(PROOF[1].replace(b"2026", "٢٠٢٦".encode()))),
    "note-of-many-lines": file(1, msgpack.packb(PROOF[1] + "— x AAAA\n".encode() * 4_000)),
}


@pytest.mark.parametrize("name", CASES)
def test_both_verifiers_refuse_it_in_words(name: str) -> None:
    data = CASES[name]
    assert client_verdict(data, CHAIN.genesis) in KINDS
    assert standalone_verdict(data, CHAIN.genesis) in standalone.KINDS


def block(place: int, raw: bytes) -> bytes:
    """An archive that begins well and whose first block has one part replaced by raw bytes."""
    parts = [msgpack.packb(part) for part in BLOCK]
    return b"".join([ARCHIVE[0], b"\x94", *parts[:place], raw, *parts[place + 1 :]])


ARCHIVES: dict[str, bytes] = {
    **{f"nested-first-{depth}": arrays(depth) for depth in DEPTHS},
    **{f"nested-second-{depth}": ARCHIVE[0] + arrays(depth) for depth in DEPTHS},
    **{f"nested-leaves-{depth}": block(2, arrays(depth)) for depth in DEPTHS},
    **{f"nested-map-{depth}": block(3, maps(depth)) for depth in DEPTHS},
    **{f"height-{raw.hex()}": block(0, raw) for raw in (b"\xc3", b"\xc0", HUGE, b"\xff", b"\xa1x", b"\x80")},
    **{f"restricted-{raw.hex()}": block(3, raw) for raw in (b"\x81\xa1a\xc4\x00", b"\x81\x00\xa1x", b"\x81\x90\xc0")},
    **{f"restricted-keyed-{raw.hex()}": block(3, b"\x81" + raw + b"\xc4\x00") for raw in (HUGE, b"\xff", b"\xc3")},
    "time-of-no-calendar": ARCHIVE[0] + NEVER,
    "ends-at-once": ARCHIVE[0] + msgpack.packb(["end", 0, 0]),
    "begins-twice": ARCHIVE[0] + ARCHIVE[0],
    "state-before-blocks": ARCHIVE[0] + msgpack.packb(["state", [[b"a", b"b"]]]),
    "row-nested": b"".join(ARCHIVE[:2]) + msgpack.packb(["state", [[b"trace/lot/a", arrays(1_000)]]]),
    "row-of-negative-size": b"".join(ARCHIVE[:2])
    + msgpack.packb(["state", [[b"trace/lot/a", b"\x93\x00\xff\xc4\x00"]]]),
    "validators-not-bytes": b"".join(ARCHIVE[:2]) + msgpack.packb(["validators", [["a", "b"]]]),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_both_readers_of_archives_refuse_it_in_words(name: str) -> None:
    data = ARCHIVES[name]
    with pytest.raises(BadArchive):
        list(read_archive(BytesIO(data)))
    with pytest.raises(standalone.Wrong):
        standalone.verify_archive(BytesIO(data), standalone.Genesis(CHAIN.genesis))


GENESES = {
    "deep": b"[" * 100_000,
    "not-text": b"\xff",
    "endless-number": CHAIN.genesis.replace(b'"parameters": {}', b'"parameters": {"expiry_max_ms": 1e999}'),
    "key-not-hexadecimal": CHAIN.genesis.replace(b'"public_key": "', b'"public_key": "zz'),
    "half-a-character": CHAIN.genesis.replace(b'"name": "test"', b'"name": "\\ud800"'),
}


@pytest.mark.parametrize("name", GENESES)
def test_a_genesis_file_that_is_none(name: str) -> None:
    data = msgpack.packb(PROOF)
    assert GENESES[name] != CHAIN.genesis
    assert client_verdict(data, GENESES[name])
    assert standalone_verdict(data, GENESES[name])


def run_verifier(folder: Path, proof: bytes, *more: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    """The stand-alone program, as an auditor runs it."""
    (folder / "proof").write_bytes(proof)
    (folder / "genesis.json").write_bytes(CHAIN.genesis)
    command = [sys.executable, str(VERIFIER), str(folder / "proof"), "--genesis", str(folder / "genesis.json"), *more]
    return subprocess.run(command, capture_output=True, check=False, env=dict(os.environ) | environment)


@pytest.mark.parametrize("name", ["nested-map-in-claim-512", "nested-details-1000", "nested-row-1024"])
def test_a_machine_without_compiled_msgpack_refuses_it_too(tmp_path: Path, name: str) -> None:
    ran = run_verifier(tmp_path, CASES[name], "--json", MSGPACK_PUREPYTHON="1")
    assert (ran.returncode, ran.stderr) == (1, b"")
    assert json.loads(ran.stdout)["valid"] is False


def test_a_console_of_few_letters_is_no_obstacle(tmp_path: Path) -> None:
    ran = run_verifier(tmp_path, msgpack.packb(PROOF), PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.decode().startswith("VALID 有效\n")


STEERING = "lot:x\x1b[2K\rVALID 有效\n\x9b1A\u202e"


def test_a_file_cannot_steer_the_terminal(tmp_path: Path) -> None:
    absent = prove_value(CHAIN, f"trace/code/{STEERING}")
    about = file(3, msgpack.packb(["journey", CODE, STEERING]))
    for data, status in ((absent, 0), (about, 1)):
        ran = run_verifier(tmp_path, data)
        assert ran.returncode == status
        assert all(line.isprintable() for line in ran.stdout.decode().split("\n"))
        assert ran.stdout.decode().count("\nVALID") == 0
    with pytest.raises(InvalidProof) as refused:
        verify_proof(about, CHAIN.genesis)
    assert refused.value.en.isprintable()
    assert refused.value.zh.isprintable()
    assert PACK not in refused.value.reason
