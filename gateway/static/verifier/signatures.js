// Signatures (docs/PROOF.md §4): Ed25519, of which encodings that libraries disagree about are refused before any of them sees
// one; ECDSA P-256 with SHA-256. By WebCrypto where it knows them, else by the libraries that set-up laid here.

import { bigEndian, equal, hex, join, library, littleEndian, sha512, subtle } from "./bytes.js";
import { Unable } from "./fault.js";

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const ORDER_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
const SMALL_ORDER = new Set([0n, 1n, P - 1n, ORDER_8, P - ORDER_8]);
const BASE = Uint8Array.from({ length: 32 }, (_, place) => (place ? 0x66 : 0x58));

const keys = new Map();
const points = new Map();
let native;
let edwards;
let weierstrass;

/** Whether `signature` is by `key` over `message`. 1 = Ed25519, 2 = ECDSA P-256. Throws `Unable` where nobody here can tell. */
export async function verify(algorithm, key, signature, message) {
  if (signature.length !== 64) return false;
  if (algorithm === 1 && key.length === 32) return verifyEd25519(key, signature, message);
  if (algorithm === 2 && key.length === 33) return verifyP256(key, signature, message);
  return false;
}

function isGoodPoint(bytes) {
  const y = littleEndian(bytes) & ((1n << 255n) - 1n);
  return y < P && !SMALL_ORDER.has(y);
}

async function verifyEd25519(key, signature, message) {
  const first = signature.subarray(0, 32);
  if (!isGoodPoint(key) || !isGoodPoint(first) || littleEndian(signature.subarray(32)) >= ORDER) return false;
  native ??= !!subtle && subtle.importKey("raw", BASE, "Ed25519", false, ["verify"]).then(() => true, () => false);
  if (await native) {
    try {
      const name = hex(key);
      if (!keys.has(name)) keys.set(name, subtle.importKey("raw", key, "Ed25519", false, ["verify"]));
      return await subtle.verify("Ed25519", await keys.get(name), signature, message);
    } catch {
      return false;
    }
  }
  return verifyByLibrary(key, first, signature.subarray(32), message);
}

/** The cofactorless equation of RFC 8032 §5.1.7: R = S·B - k·A, compared byte for byte as all other verifiers do. */
async function verifyByLibrary(key, first, second, message) {
  edwards ??= import("../vendor/noble/ed25519/index.js").catch(() => null);
  const found = await edwards;
  if (!found) throw new Unable("this browser has no Ed25519");
  const k = littleEndian(await sha512(first, key, message)) % ORDER;
  const s = littleEndian(second);
  try {
    const { Point } = found;
    const a = Point.fromBytes(key);
    const left = s === 0n ? Point.ZERO : Point.BASE.multiply(s, false);
    const right = k === 0n ? Point.ZERO : a.multiply(k, false);
    return equal(left.subtract(right).toBytes(), first);
  } catch {
    return false;
  }
}

// P-256 (FIPS 186-5): y^2 = x^3 - 3x + b.
const Q = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

async function verifyP256(key, signature, message) {
  const name = hex(key);
  if (!points.has(name)) points.set(name, decompress(key));
  const point = points.get(name);
  if (!point) return false;
  if (subtle) {
    try {
      const kind = { name: "ECDSA", namedCurve: "P-256" };
      if (!keys.has(name)) keys.set(name, subtle.importKey("raw", point, kind, false, ["verify"]));
      return await subtle.verify({ name: "ECDSA", hash: "SHA-256" }, await keys.get(name), signature, message);
    } catch {
      return false;
    }
  }
  const curve = await p256();
  try {
    return curve.verify(signature, message, point, { lowS: false, prehash: true });
  } catch {
    return false;
  }
}

/** A compressed SEC1 point as browsers take it, uncompressed; null when there is no such point. */
function decompress(key) {
  const x = bigEndian(key.subarray(1));
  if ((key[0] !== 2 && key[0] !== 3) || x >= Q) return null;
  const square = (((x * x - 3n) * x + B) % Q + Q) % Q;
  let y = power(square, (Q + 1n) / 4n);
  if ((y * y) % Q !== square) return null;
  if ((y & 1n) !== BigInt(key[0] & 1)) y = Q - y;
  const digits = y.toString(16).padStart(64, "0");
  return join([Uint8Array.of(4), key.subarray(1), Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16))]);
}

function power(base, exponent) {
  let result = 1n;
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % Q;
    base = (base * base) % Q;
  }
  return result;
}

async function p256() {
  weierstrass ??= import("../vendor/noble/curves/abstract/weierstrass.js").catch(() => null);
  const found = await weierstrass;
  if (!found) throw new Unable("this browser has no P-256");
  const curve = found.weierstrass({
    p: Q,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    h: 1n,
    a: Q - 3n,
    b: B,
    Gx: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
    Gy: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
  });
  return found.ecdsa(curve, (await library()).sha256);
}
