"""The written signature rule once more, from the curve's equations alone: an independent judge for Ed25519 vectors.

Slow and plain on purpose; shares nothing with ledger.crypto.signing.
"""

import hashlib

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
L = 2**252 + 27742317777372353535851937790883648493
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]
"""Extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, T = XY/Z (RFC 8032 §5.1.4)."""

IDENTITY: Point = (0, 1, 1, 0)


def add(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar: int, point: Point) -> Point:
    result = IDENTITY
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def decode(encoded: bytes) -> Point | None:
    """The point, or None when the encoding is not canonical or names no point."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number % 2**255
    if y >= P:
        return None
    x_squared = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x_squared, (P + 3) // 8, P)
    if x * x % P != x_squared:
        x = x * ROOT_OF_MINUS_ONE % P
    if x * x % P != x_squared or (x == 0 and sign):
        return None
    if x % 2 != sign:
        x = P - x
    return x, y, 1, x * y % P


def encode(point: Point) -> bytes:
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y + (x % 2 << 255)).to_bytes(32, "little")


def of_small_order(point: Point) -> bool:
    return encode(multiply(8, point)) == encode(IDENTITY)


def base_point() -> Point:
    found = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    assert found is not None
    return found


BASE = base_point()


def verify(key: bytes, signature: bytes, message: bytes) -> bool:
    """The rule: canonical A and R of large order, S < L, and the equation without the cofactor, byte for byte."""
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r, s = decode(key), decode(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or of_small_order(a) or of_small_order(r) or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    minus_a = (P - a[0], a[1], a[2], P - a[3])
    return encode(add(multiply(s, BASE), multiply(k, minus_a))) == signature[:32]
