// MessagePack, strictly. Integers beyond 2^53 are BigInt, so that nothing is rounded; floats and extensions are objects of
// their own, so that neither is ever taken for an integer.

import { join } from "./bytes.js";

export class Malformed extends Error {}
export class Float { constructor(value) { this.value = value; } }
export class Extension { constructor(type, data) { this.type = type; this.data = data; } }

const DEPTH_MAX = 500;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The one value in `bytes`. With `canonical`: only the shortest form of each is taken, without maps and floats. */
export function decode(bytes, canonical = false) {
  const reader = new Reader(bytes, canonical);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw new Malformed("bytes after the end");
  return value;
}

class Reader {
  constructor(bytes, canonical) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.canonical = canonical;
    this.at = 0;
  }

  take(count) {
    const start = this.at;
    if (start + count > this.bytes.length) throw new Malformed("cut off");
    this.at = start + count;
    return start;
  }

  unsigned(size) {
    const start = this.take(size);
    if (size === 1) return this.view.getUint8(start);
    if (size === 2) return this.view.getUint16(start);
    if (size === 4) return this.view.getUint32(start);
    return plain(this.view.getBigUint64(start));
  }

  signed(size) {
    const start = this.take(size);
    if (size === 1) return this.view.getInt8(start);
    if (size === 2) return this.view.getInt16(start);
    if (size === 4) return this.view.getInt32(start);
    return plain(this.view.getBigInt64(start));
  }

  /** A number that must not have fitted a shorter form. */
  shortest(value, least) {
    if (this.canonical && value < least) throw new Malformed("not the shortest encoding");
    return value;
  }

  value(depth) {
    if (depth > DEPTH_MAX) throw new Malformed("nested too deeply");
    const tag = this.unsigned(1);
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.map(tag & 15, depth);
    if (tag < 0xa0) return this.array(tag & 15, depth);
    if (tag < 0xc0) return this.text(tag & 31);
    if (tag >= 0xe0) return tag - 256;
    switch (tag) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: return this.binary(this.unsigned(1));
      case 0xc5: return this.binary(this.shortest(this.unsigned(2), 256));
      case 0xc6: return this.binary(this.shortest(this.unsigned(4), 65536));
      case 0xc7: return this.extension(this.unsigned(1));
      case 0xc8: return this.extension(this.unsigned(2));
      case 0xc9: return this.extension(this.unsigned(4));
      case 0xca: return this.float(4);
      case 0xcb: return this.float(8);
      case 0xcc: return this.shortest(this.unsigned(1), 128);
      case 0xcd: return this.shortest(this.unsigned(2), 256);
      case 0xce: return this.shortest(this.unsigned(4), 65536);
      case 0xcf: return this.shortest(this.unsigned(8), 4294967296);
      case 0xd0: return this.negative(this.signed(1), -33);
      case 0xd1: return this.negative(this.signed(2), -129);
      case 0xd2: return this.negative(this.signed(4), -32769);
      case 0xd3: return this.negative(this.signed(8), -2147483649);
      case 0xd4: case 0xd5: case 0xd6: case 0xd7: case 0xd8: return this.extension(1 << (tag - 0xd4));
      case 0xd9: return this.text(this.shortest(this.unsigned(1), 32));
      case 0xda: return this.text(this.shortest(this.unsigned(2), 256));
      case 0xdb: return this.text(this.shortest(this.unsigned(4), 65536));
      case 0xdc: return this.array(this.shortest(this.unsigned(2), 16), depth);
      case 0xdd: return this.array(this.shortest(this.unsigned(4), 65536), depth);
      case 0xde: return this.map(this.unsigned(2), depth);
      case 0xdf: return this.map(this.unsigned(4), depth);
      default: throw new Malformed("a byte that begins nothing");
    }
  }

  negative(value, most) {
    if (this.canonical && value > most) throw new Malformed("not the shortest encoding");
    return value;
  }

  binary(length) {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  text(length) {
    const bytes = this.binary(length);
    try {
      return utf8.decode(bytes);
    } catch {
      throw new Malformed("not UTF-8");
    }
  }

  array(length, depth) {
    if (length > this.bytes.length - this.at) throw new Malformed("cut off");
    const items = [];
    for (let place = 0; place < length; place++) items.push(this.value(depth + 1));
    return items;
  }

  map(length, depth) {
    if (this.canonical) throw new Malformed("a map where none belongs");
    const found = new Map();
    for (let place = 0; place < length; place++) {
      const key = this.value(depth + 1);
      found.set(key, this.value(depth + 1));
    }
    return found;
  }

  float(size) {
    if (this.canonical) throw new Malformed("a float where none belongs");
    const start = this.take(size);
    return new Float(size === 4 ? this.view.getFloat32(start) : this.view.getFloat64(start));
  }

  extension(length) {
    if (this.canonical) throw new Malformed("an extension where none belongs");
    const type = this.signed(1);
    return new Extension(type, this.binary(length));
  }
}

function plain(big) {
  const number = Number(big);
  return Number.isSafeInteger(number) ? number : big;
}

// Encoding, of what has to be hashed again: arrays, texts, bytes.

export function encode(value) {
  const parts = [];
  write(value, parts);
  return join(parts);
}

function write(value, parts) {
  if (Array.isArray(value)) {
    parts.push(head(value.length, [0x90, 15], null, 0xdc, 0xdd));
    for (const item of value) write(item, parts);
  } else if (value instanceof Uint8Array) {
    parts.push(head(value.length, null, 0xc4, 0xc5, 0xc6), value);
  } else {
    const bytes = new TextEncoder().encode(value);
    parts.push(head(bytes.length, [0xa0, 31], 0xd9, 0xda, 0xdb), bytes);
  }
}

function head(length, fixed, one, two, four) {
  if (fixed && length <= fixed[1]) return Uint8Array.of(fixed[0] | length);
  if (one !== null && length < 256) return Uint8Array.of(one, length);
  if (length < 65536) return Uint8Array.of(two, length >> 8, length & 255);
  return Uint8Array.of(four, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255);
}
