"""Documents signed by partners: JSON Web Signatures (RFC 7515) over the bytes of the document.

`alg` is Ed25519 (RFC 9864; its older name EdDSA is taken, too) or ES256, `kid` the registered public key in hex (32
bytes, of P-256 the 33 of the compressed point). What is kept is the compact form with its payload: it proves itself.
"""

import base64
import binascii
import json
import re
import warnings
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OKPKey

from standards.epcis.faults import Fault, Malformed
from standards.epcis.reading import BYTES_MAX

ED25519, ES256 = 1, 2
"""Numbers of algorithms, as the registry of the ledger counts them."""

_ALGORITHMS = {"Ed25519": ED25519, "EdDSA": ED25519, "ES256": ES256}
_NAMES = {ED25519: "Ed25519", ES256: "ES256"}
_COMPACT = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+")
JWS_BYTES_MAX = BYTES_MAX * 4 // 3 + 4_096
"""Bytes of a compact JWS over the largest document."""


@dataclass(frozen=True)
class Signed:
    """A signature that holds: the bytes it is over, and by which key."""

    payload: bytes
    algorithm: int
    public_key: bytes


class _Registry(jws.JWSRegistry):
    max_payload_length = BYTES_MAX * 4 // 3 + 4


def is_signed(data: bytes) -> bool:
    """Whether `data` has the form of a compact JWS."""
    return len(data) <= JWS_BYTES_MAX and _COMPACT.fullmatch(data.strip()) is not None


def attached(signature: bytes, document: bytes) -> bytes:
    """The compact JWS of a detached `signature` (RFC 7515, appendix F) and the `document` it is over.

    Raises Malformed when it is no detached one.
    """
    header, _, rest = signature.strip().partition(b".")
    payload, _, proof = rest.partition(b".")
    if payload or not is_signed(signature):
        raise _fault("不是分离式 JWS", "it is no detached JWS")
    return b".".join((header, _encoded(document), proof))


def verified(data: bytes) -> Signed:
    """What the compact JWS `data` signs and by which key; raises Malformed when it does not hold.

    Whose key it is, only the ledger knows.
    """
    if not is_signed(data):
        raise _fault("不是 JWS", "it is no JWS in compact form")
    algorithm, public_key = _header(data.strip().partition(b".")[0])
    try:
        key = _key(algorithm, public_key)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # EdDSA: a name that RFC 9864 replaces, not a weakness
            found = jws.deserialize_compact(data.strip(), key, registry=_Registry(algorithms=list(_ALGORITHMS)))
    except (JoseError, ValueError) as error:
        raise _fault("签名无效", "the signature does not verify") from error
    return Signed(found.payload, algorithm, public_key)


def signing_input(document: bytes, algorithm: int, public_key: bytes) -> bytes:
    """What a key signs to sign `document`: protected header and payload."""
    header = {"alg": _NAMES[algorithm], "kid": public_key.hex()}
    return _encoded(json.dumps(header, separators=(",", ":")).encode()) + b"." + _encoded(document)


def compact(signed_input: bytes, signature: bytes) -> bytes:
    """The compact JWS of a `signing_input` and its 64-byte signature."""
    return signed_input + b"." + _encoded(signature)


def _header(encoded: bytes) -> tuple[int, bytes]:
    try:
        header = json.loads(base64.urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4)))
        algorithm = _ALGORITHMS[header["alg"]]
        public_key = bytes.fromhex(header["kid"])
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        zh, en = (
            "JWS 头须有 alg（Ed25519 或 ES256）与 kid（公钥）",
            "needs alg (Ed25519 or ES256) and kid (the public key)",
        )
        raise _fault(zh, en) from error
    if len(public_key) != {ED25519: 32, ES256: 33}[algorithm]:
        raise _fault("kid 长度不符", "kid is not a key of that algorithm")
    return algorithm, public_key


def _key(algorithm: int, public_key: bytes) -> OKPKey | ECKey:
    if algorithm == ED25519:
        return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": _encoded(public_key).decode()})
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    return ECKey.import_key(point.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _fault(zh: str, en: str) -> Malformed:
    return Malformed([Fault("", "jws", zh, en)])
