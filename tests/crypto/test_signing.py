"""Signatures: RFC 8032 and RFC 6979 figures, every published edge case, and the rule judged independently."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.crypto import signing
from ledger.crypto.signing import Algorithm, BadKey, SigningKey, check_public_key, verify
from tests.crypto import curve25519
from tests.support import shared_data

ED25519, P256 = Algorithm.ED25519, Algorithm.P256

# RFC 8032 §7.1, tests 1 to 3: secret key, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]

# RFC 6979 §A.2.5, P-256 with SHA-256: the private key, the public point, then message, r, s.
RFC_6979_KEY = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
RFC_6979_X = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
RFC_6979_Y = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
RFC_6979 = [
    (
        b"sample",
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    ),
    (
        b"test",
        "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
        "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
    ),
]


def openssl_under_the_rule(key: bytes, signature: bytes, message: bytes) -> bool:
    """The other library behind the same first checks, as the stand-alone verifier has it."""
    if len(key) != 32 or len(signature) != 64 or int.from_bytes(signature[32:], "little") >= curve25519.L:
        return False
    for encoded in (key, signature[:32]):
        point = curve25519.decode(encoded)
        if point is None or curve25519.of_small_order(point):
            return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def wycheproof(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for group in json.loads(shared_data(f"signatures/{name}").read_text())["testGroups"]:
        for case in group["tests"]:
            yield group, case


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_8032)
def test_rfc_8032_section_7_1(secret: str, public: str, message: str, signature: str) -> None:
    key = SigningKey(ED25519, bytes.fromhex(secret))
    assert key.public_key.hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    assert verify(ED25519, key.public_key, bytes.fromhex(signature), bytes.fromhex(message))
    assert curve25519.verify(key.public_key, bytes.fromhex(signature), bytes.fromhex(message))


@pytest.mark.parametrize(("message", "r", "s"), RFC_6979)
def test_rfc_6979_appendix_a_2_5(message: bytes, r: str, s: str) -> None:
    key = SigningKey(P256, bytes.fromhex(RFC_6979_KEY))
    parity = 2 + int(RFC_6979_Y, 16) % 2
    assert key.public_key.hex() == f"{parity:02x}{RFC_6979_X}"
    assert key.sign(message).hex() == r + s
    assert verify(P256, key.public_key, bytes.fromhex(r + s), message)


def test_every_cctv_edge_case_is_decided_alike_three_times() -> None:
    vectors = json.loads(shared_data("signatures/cctv_ed25519.json").read_text())
    taken = 0
    for vector in vectors:
        case = bytes.fromhex(vector["key"]), bytes.fromhex(vector["sig"]), vector["msg"].encode()
        ours = verify(ED25519, *case)
        assert ours == curve25519.verify(*case) == openssl_under_the_rule(*case), vector
        forbidden = {"low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R", "low_order_residue"}
        assert not (ours and forbidden & set(vector["flags"] or [])), vector
        taken += ours
    assert (taken, len(vectors)) == (43, 914)


def test_the_first_checks_are_ours_and_not_left_to_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "crypto_sign_open", lambda signed, key: b"a library that takes anything")
    key = bytes.fromhex(RFC_8032[0][1])
    assert verify(ED25519, key, key + bytes(32), b"")
    for encoded in signing._REFUSED:
        assert not verify(ED25519, encoded, key + bytes(32), b"")
        assert not verify(ED25519, key, encoded + bytes(32), b"")
    assert verify(ED25519, key, key + (curve25519.L - 1).to_bytes(32, "little"), b"")
    for s in (curve25519.L, curve25519.L + 1, 2**255, 2**256 - 1):
        assert not verify(ED25519, key, key + s.to_bytes(32, "little"), b"")


def test_every_wycheproof_ed25519_case() -> None:
    count = 0
    for group, case in wycheproof("wycheproof_ed25519_test.json"):
        key = bytes.fromhex(group["publicKey"]["pk"])
        arguments = key, bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"])
        assert verify(ED25519, *arguments) == (case["result"] == "valid"), case["comment"]
        assert curve25519.verify(*arguments) == openssl_under_the_rule(*arguments) == (case["result"] == "valid")
        check_public_key(ED25519, key)
        count += 1
    assert count == 151


def test_every_wycheproof_p256_case() -> None:
    count = 0
    for group, case in wycheproof("wycheproof_ecdsa_secp256r1_sha256_p1363_test.json"):
        point = bytes.fromhex(group["publicKey"]["uncompressed"])
        key = bytes([2 + point[64] % 2]) + point[1:33]
        check_public_key(P256, key)
        good = verify(P256, key, bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
        assert good == (case["result"] == "valid"), (case["tcId"], case["comment"])
        count += 1
    assert count == 262


def test_the_refused_encodings_are_those_the_curve_gives() -> None:
    """Small order: the multiples of a point of order 8. Non-canonical: y from p up, and zero written as negative."""
    y = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
    torsion = curve25519.decode(y.to_bytes(32, "little"))
    assert torsion is not None
    small = {curve25519.encode(curve25519.multiply(times, torsion)) for times in range(8)}
    assert len(small) == 8
    above = {(y | sign << 255).to_bytes(32, "little") for y in range(curve25519.P, 2**255) for sign in (0, 1)}
    negative_zero = {(y | 1 << 255).to_bytes(32, "little") for y in (1, curve25519.P - 1)}
    assert small | above | negative_zero == signing._REFUSED
    for encoded in signing._REFUSED:
        with pytest.raises(BadKey, match="non-canonical or small-order"):
            check_public_key(ED25519, encoded)


@given(st.binary(min_size=32, max_size=32))
@settings(max_examples=60, deadline=None)
def test_a_key_is_taken_when_it_is_a_point_of_the_curve(encoded: bytes) -> None:
    point = curve25519.decode(encoded)
    try:
        check_public_key(ED25519, encoded)
        taken = True
    except BadKey:
        taken = False
    assert taken == (point is not None and not curve25519.of_small_order(point))


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_signatures_are_bound_to_key_and_message(algorithm: Algorithm) -> None:
    key, other = (SigningKey(algorithm, bytes([number]) * 32) for number in (1, 2))
    message = b"a body"
    signature = key.sign(message)
    assert signature == key.sign(message)
    assert verify(algorithm, key.public_key, signature, message)
    assert not verify(algorithm, other.public_key, signature, message)
    assert not verify(algorithm, key.public_key, signature, message + b"\0")
    for position, bit in product(range(0, 64, 5), (0, 7)):
        flipped = bytearray(signature)
        flipped[position] ^= 1 << bit
        assert not verify(algorithm, key.public_key, bytes(flipped), message)
    for other_algorithm in (0, 3, 3 - algorithm, 999):
        assert not verify(other_algorithm, key.public_key, signature, message)


@given(st.binary(max_size=70), st.binary(max_size=70), st.binary(max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_bytes_get_an_answer(key: bytes, signature: bytes, message: bytes) -> None:
    for algorithm in range(4):
        assert not verify(algorithm, key, signature, message)
        assert not verify(algorithm, key[:33].ljust(33, b"\2"), signature[:64].ljust(64, b"\1"), message)


P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def test_p256_scalars_are_within_bounds_and_either_s_is_taken() -> None:
    key = SigningKey(P256, bytes.fromhex(RFC_6979_KEY))
    signature = key.sign(b"m")
    r, s = signature[:32], int.from_bytes(signature[32:], "big")
    assert verify(P256, key.public_key, r + (P256_ORDER - s).to_bytes(32, "big"), b"m")
    for bad in (0, P256_ORDER, P256_ORDER + 1, 2**256 - 1):
        assert not verify(P256, key.public_key, r + bad.to_bytes(32, "big"), b"m")
        assert not verify(P256, key.public_key, bad.to_bytes(32, "big") + signature[32:], b"m")


BAD_KEYS = {
    "ed25519 too short": (ED25519, bytes(31)),
    "ed25519 too long": (ED25519, b"\2" * 33),
    "ed25519 off the curve": (ED25519, (2).to_bytes(32, "little")),
    "p256 uncompressed": (P256, bytes.fromhex("04" + RFC_6979_X + RFC_6979_Y)),
    "p256 hybrid prefix": (P256, bytes.fromhex("06" + RFC_6979_X)),
    "p256 at infinity": (P256, b"\0"),
    "p256 zero prefix": (P256, bytes(33)),
    "p256 off the curve": (P256, b"\2" + (1).to_bytes(32, "big")),
    "p256 x above the prime": (P256, b"\2" + b"\xff" * 32),
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_bad_public_keys_are_refused_and_verify_nothing(name: str) -> None:
    algorithm, encoded = BAD_KEYS[name]
    with pytest.raises(BadKey):
        check_public_key(algorithm, encoded)
    assert not verify(algorithm, encoded, b"\1" * 64, b"")


@pytest.mark.parametrize(
    ("algorithm", "private"),
    [
        (ED25519, bytes(31)),
        (ED25519, bytes(64)),
        (P256, bytes(32)),
        (P256, P256_ORDER.to_bytes(32, "big")),
        (P256, bytes(33)),
    ],
)
def test_bad_private_keys_are_refused(algorithm: Algorithm, private: bytes) -> None:
    with pytest.raises(BadKey):
        SigningKey(algorithm, private)


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_private_key_does_not_show_itself(algorithm: Algorithm) -> None:
    private = bytes(range(1, 33))
    key = SigningKey(algorithm, private)
    assert private.hex() not in repr(key) + str(key)
    assert key.public_key.hex() in repr(key)
    check_public_key(algorithm, key.public_key)
