"""Partners sign the bytes of a document: what verifies is what was signed, by that key and no other."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.crypto.signing import Algorithm, SigningKey
from standards.epcis.faults import Malformed
from standards.epcis.reading import BYTES_MAX
from standards.epcis.signing import attached, compact, is_signed, signing_input, verified

KEYS = [SigningKey(Algorithm.ED25519, b"\1" * 32), SigningKey(Algorithm.P256, b"\2" * 32)]
DOCUMENT = '{"type": "EPCISDocument", "名": 1}\n'.encode()


def signed(key: SigningKey, document: bytes = DOCUMENT) -> bytes:
    wanted = signing_input(document, int(key.algorithm), key.public_key)
    return compact(wanted, key.sign(wanted))


def with_header(data: bytes, **changes: object) -> bytes:
    header, _, rest = data.partition(b".")
    known = json.loads(base64.urlsafe_b64decode(header + b"=="))
    text = json.dumps({name: value for name, value in (known | changes).items() if value is not None})
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=") + b"." + rest


@pytest.mark.parametrize("key", KEYS, ids=["ed25519", "es256"])
def test_what_was_signed_verifies_attached_and_detached(key: SigningKey) -> None:
    whole = signed(key)
    found = verified(whole + b"\n")
    assert (found.payload, found.algorithm, found.public_key) == (DOCUMENT, int(key.algorithm), key.public_key)
    header, _, proof = whole.split(b".")
    assert attached(header + b".." + proof, DOCUMENT) == whole
    with pytest.raises(Malformed):
        verified(attached(header + b".." + proof, DOCUMENT + b" "))
    with pytest.raises(Malformed):
        attached(whole, DOCUMENT)


def test_the_largest_document_can_be_signed() -> None:
    assert verified(signed(KEYS[0], b"x" * BYTES_MAX)).payload == b"x" * BYTES_MAX


@pytest.mark.parametrize("key", KEYS, ids=["ed25519", "es256"])
def test_what_was_altered_does_not(key: SigningKey) -> None:
    whole = signed(key)
    other = KEYS[1 - KEYS.index(key)]
    for altered in (
        with_header(whole, alg="none"),
        with_header(whole, alg="HS256"),
        with_header(whole, alg="EdDSA" if key.algorithm == Algorithm.P256 else "ES256"),
        with_header(whole, kid=other.public_key.hex()),
        with_header(whole, kid="zz"),
        with_header(whole, kid=None),
        with_header(whole, kid=7),
        with_header(whole, b64=False, crit=["b64"]),
        with_header(whole, typ="x"),
        whole[:-4] + (b"AAAA" if whole[-4:] != b"AAAA" else b"BBBB"),
        b"e30." + whole.partition(b".")[2],
        b"",
        b"..",
        DOCUMENT,
    ):
        with pytest.raises(Malformed):
            verified(altered)


def test_the_older_name_of_the_algorithm_is_taken() -> None:
    key = KEYS[0]
    header = base64.urlsafe_b64encode(json.dumps({"alg": "EdDSA", "kid": key.public_key.hex()}).encode()).rstrip(b"=")
    wanted = header + b"." + base64.urlsafe_b64encode(DOCUMENT).rstrip(b"=")
    assert verified(compact(wanted, key.sign(wanted))).payload == DOCUMENT


@pytest.mark.fuzz
@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=80))
def test_any_parts_are_refused_in_words(header: bytes, payload: bytes, proof: bytes) -> None:
    data = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header, payload, proof))
    if is_signed(data):
        with pytest.raises(Malformed):
            verified(data)
