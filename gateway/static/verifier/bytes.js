// Bytes, and their hash: by WebCrypto where the page is a secure context, else by the library that set-up laid here.

import { Unable } from "./fault.js";

export const subtle = globalThis.crypto?.subtle;
let hashes;

export async function library() {
  hashes ??= import("../vendor/noble/hashes/sha2.js").catch(() => null);
  const found = await hashes;
  if (!found) throw new Unable("no SHA-256: open the page over HTTPS");
  return found;
}

export async function sha256(...parts) {
  const data = parts.length === 1 ? parts[0] : join(parts);
  if (subtle) return new Uint8Array(await subtle.digest("SHA-256", data));
  return (await library()).sha256(data);
}

export async function sha512(...parts) {
  if (subtle) return new Uint8Array(await subtle.digest("SHA-512", join(parts)));
  return (await library()).sha512(join(parts));
}

/** digest(domain, data) of docs/PROOF.md §2. */
export function digest(domain, ...data) {
  return sha256(ascii(`linxin/v1/${domain}\0`), ...data);
}

export const ascii = (text) => new TextEncoder().encode(text);

const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function hex(bytes) {
  let text = "";
  for (let place = 0; place < bytes.length; place++) text += PAIRS[bytes[place]];
  return text;
}

export function fromHex(text) {
  if (typeof text !== "string" || text.length % 2 || /[^0-9a-fA-F]/.test(text)) throw new RangeError("not hexadecimal");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

export function join(parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equal(one, two) {
  if (one.length !== two.length) return false;
  for (let place = 0; place < one.length; place++) if (one[place] !== two[place]) return false;
  return true;
}

/** Little- and big-endian numbers. */
export const littleEndian = (bytes) => BigInt("0x" + (hex(Uint8Array.from(bytes).reverse()) || "0"));
export const bigEndian = (bytes) => BigInt("0x" + (hex(bytes) || "0"));
