"""Ed25519 and ECDSA P-256 signatures, under one rule that two independent implementations agree on.

The rule for Ed25519 (public key A, signature R ‖ S):

1. A is 32 bytes, the signature 64.
2. A and R are canonical: the y coordinate is below p = 2^255 - 19, and x = 0 is not written as negative.
3. A and R are not of small order (not one of the eight points whose order divides 8).
4. S is below the group order L = 2^252 + 27742317777372353535851937790883648493.
5. R equals S·B - SHA-512(R ‖ A ‖ M)·A, byte for byte: no multiplication by the cofactor (RFC 8032 §5.1.7 allows both).

Points 1-4 are checked here, before any library sees the signature, because libraries differ on them: of the published
edge cases OpenSSL accepts 208 where 43 keep this rule. A key or R with a component of small order beside its main one
is allowed: point 5 decides, and every cofactorless implementation decides it alike. A key that is no point of the
curve verifies nothing.

The rule for P-256: the key is a compressed SEC1 point (33 bytes), the signature r ‖ s with 32 big-endian bytes each and
1 <= r, s < n, over SHA-256 of the message. Both s and n - s are taken, as hardware makes either; nothing of ours uses a
signature as an identity.
"""

from enum import IntEnum
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import BadSignatureError

SIGNATURE_SIZE = 64
PRIVATE_KEY_SIZE = 32


class Algorithm(IntEnum):
    """The number of a signature algorithm in transactions and key records; 3 is kept for SM2."""

    ED25519 = 1
    P256 = 2


PUBLIC_KEY_SIZE = {Algorithm.ED25519: 32, Algorithm.P256: 33}

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_L = 2**252 + 27742317777372353535851937790883648493
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_EIGHTH_ORDER_Y = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER_Y = (0, 1, _P - 1, _EIGHTH_ORDER_Y, _P - _EIGHTH_ORDER_Y)


def _refused_encodings() -> frozenset[bytes]:
    """Every 32-byte string that points 2 and 3 refuse: 19 values of y from p up and 5 of small order, either sign.

    A negative zero of x occurs only where y is 1 or -1, which are of small order.
    """
    refused_y = (*range(_P, 2**255), *_SMALL_ORDER_Y)
    return frozenset((y | sign << 255).to_bytes(32, "little") for y in refused_y for sign in (0, 1))


_REFUSED = _refused_encodings()


class BadKey(ValueError):
    """A public or private key that is not one; `reason` says why in a few words of English."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_public_key(algorithm: Algorithm, key: bytes) -> None:
    """That `key` can verify something under the rule above; raises `BadKey`. About 0.1 ms: for key records."""
    if len(key) != PUBLIC_KEY_SIZE[algorithm]:
        raise BadKey(f"{len(key)} bytes where {algorithm.name} has {PUBLIC_KEY_SIZE[algorithm]}")
    if algorithm is Algorithm.P256:
        _p256_public_key(key)
        return
    if key in _REFUSED:
        raise BadKey("a non-canonical or small-order Ed25519 point")
    y = int.from_bytes(key, "little") & (1 << 255) - 1
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P)
    if pow(x_squared, (_P - 1) // 2, _P) != 1:
        raise BadKey("not a point of the Ed25519 curve")


def verify(algorithm: int, key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is one of `message` by `key` under the rule above. Takes anything, never raises."""
    if len(signature) != SIGNATURE_SIZE:
        return False
    if algorithm == Algorithm.ED25519:
        return _verify_ed25519(key, signature, message)
    return algorithm == Algorithm.P256 and _verify_p256(key, signature, message)


def _verify_ed25519(key: bytes, signature: bytes, message: bytes) -> bool:
    if len(key) != 32 or key in _REFUSED or signature[:32] in _REFUSED:
        return False
    if int.from_bytes(signature[32:], "little") >= _L:
        return False
    try:
        crypto_sign_open(signature + message, key)
    except BadSignatureError:
        return False
    return True


def _verify_p256(key: bytes, signature: bytes, message: bytes) -> bool:
    r = int.from_bytes(signature[:32], "big")
    s = int.from_bytes(signature[32:], "big")
    if not (0 < r < _P256_ORDER and 0 < s < _P256_ORDER):
        return False
    try:
        _p256_public_key(key).verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except (BadKey, InvalidSignature):
        return False
    return True


@lru_cache(maxsize=4096)
def _p256_public_key(key: bytes) -> ec.EllipticCurvePublicKey:
    """The parsed key, remembered: finding y anew costs as much as half a verification."""
    if len(key) != PUBLIC_KEY_SIZE[Algorithm.P256] or key[0] not in (2, 3):
        raise BadKey("not a compressed P-256 point")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    except ValueError:
        raise BadKey("not a point of the P-256 curve") from None


class SigningKey:
    """A private key: 32 bytes, the Ed25519 seed or the P-256 scalar (big-endian). Its randomness is the caller's care.

    Signatures are deterministic (RFC 8032, RFC 6979): the same message gives the same bytes again.
    """

    __slots__ = ("_p256", "_secret", "algorithm", "public_key")

    algorithm: Algorithm
    public_key: bytes

    def __init__(self, algorithm: Algorithm, private_bytes: bytes) -> None:
        """Raise `BadKey` when `private_bytes` is not a private key."""
        if len(private_bytes) != PRIVATE_KEY_SIZE:
            raise BadKey(f"{len(private_bytes)} bytes where a private key has {PRIVATE_KEY_SIZE}")
        self.algorithm = algorithm
        self._p256: ec.EllipticCurvePrivateKey | None = None
        self._secret = b""
        if algorithm == Algorithm.ED25519:
            self.public_key, self._secret = crypto_sign_seed_keypair(private_bytes)
            return
        scalar = int.from_bytes(private_bytes, "big")
        if not 0 < scalar < _P256_ORDER:
            raise BadKey("not a P-256 scalar")
        self._p256 = ec.derive_private_key(scalar, ec.SECP256R1())
        point = self._p256.public_key()
        encoding = serialization.Encoding.X962
        self.public_key = point.public_bytes(encoding, serialization.PublicFormat.CompressedPoint)

    def sign(self, message: bytes) -> bytes:
        """64 bytes that `verify` takes."""
        if self._p256 is None:
            return crypto_sign(message, self._secret)[:SIGNATURE_SIZE]
        encoded = self._p256.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(encoded)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def __repr__(self) -> str:
        """The public half only, so that no log ever shows the other."""
        return f"SigningKey({self.algorithm.name}, public_key={self.public_key.hex()})"
