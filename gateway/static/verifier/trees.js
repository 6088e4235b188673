// The trees (docs/PROOF.md §3): RFC 9162 for log and journals, a 16-ary one for the state.

import { ascii, equal, hex, join, sha256 } from "./bytes.js";
import { check } from "./fault.js";

const LEAF = Uint8Array.of(0);
const INNER = Uint8Array.of(1);
const NODE = Uint8Array.of(2);
const VALUE = Uint8Array.of(3);
const LIMIT = 1n << 63n;

export const leafHash = (raw) => sha256(LEAF, raw);
const inner = (left, right) => sha256(INNER, left, right);

const ones = (size) => size.toString(2).replaceAll("0", "").length;
const bitLength = (size) => (size === 0n ? 0 : size.toString(2).length);

/** A tree kept as its peaks: the roots of its complete subtrees, largest first. `size` is a BigInt. */
export class Tree {
  constructor(size = 0n, peaks = new Uint8Array(0), where = "$") {
    const good = size >= 0n && size < LIMIT && peaks.length === 32 * ones(size);
    check(good, "journal", where, "size and peaks do not agree");
    this.size = size;
    this.peaks = [];
    for (let start = 0; start < peaks.length; start += 32) this.peaks.push(peaks.subarray(start, start + 32));
  }

  /** Add a leaf hash, or the root of a complete subtree of 2^level leaves where one belongs. */
  async append(hash, level = 0) {
    let carry = this.size >> BigInt(level);
    this.size += 1n << BigInt(level);
    for (; carry & 1n; carry >>= 1n) hash = await inner(this.peaks.pop(), hash);
    this.peaks.push(hash);
  }

  async root() {
    if (!this.peaks.length) return sha256(new Uint8Array(0));
    let right = this.peaks.at(-1);
    for (let place = this.peaks.length - 2; place >= 0; place--) right = await inner(this.peaks[place], right);
    return right;
  }
}

/** Root of the tree of `size` leaves of which `run` stands from `start` on; `proof`: the complete subtrees around it. */
export async function rangeRoot(start, run, size, proof, where) {
  const [first, whole] = [BigInt(start), BigInt(size)];
  const good = first >= 0n && run.length > 0 && first + BigInt(run.length) <= whole && whole < LIMIT;
  check(good && proof.every((hash) => hash.length === 32), "journal", where, `no ${run.length} leaves from ${start} on among ${size}`);
  const before = ones(first);
  check(proof.length >= before, "journal", where, "too few hashes");
  const tree = new Tree(first, join(proof.slice(0, before)), where);
  for (const hash of run) await tree.append(hash);
  for (const hash of proof.slice(before)) {
    // Each covers as much as fits before the end and begins where such a subtree can.
    const room = whole - tree.size > 1n ? whole - tree.size : 1n;
    await tree.append(hash, Math.min(bitLength(tree.size & -tree.size), bitLength(room)) - 1);
  }
  check(tree.size === whole, "journal", where, "too few or too many hashes");
  return tree.root();
}

/** Looks keys up in the state tree, taking each node of the file when it is first needed, in that order. */
export class State {
  /** All nodes are hashed at once: a browser's hash is a message to another thread and back. */
  static async of(root, nodes) {
    return new State(root, nodes, await Promise.all(nodes.map((node) => sha256(NODE, node))));
  }

  constructor(root, nodes, hashes) {
    this.root = root;
    this.nodes = nodes;
    this.hashes = hashes;
    this.known = new Map();
  }

  get used() {
    return this.known.size;
  }

  /** `value` is what stands under `key`; null: nothing does. */
  async checkValue(key, value, where) {
    const empty = new Uint8Array(0);
    const [hashed, expected] = await Promise.all([sha256(ascii(key)), value === null ? empty : sha256(VALUE, value)]);
    let entry = this.root;
    for (const digit of hex(hashed)) {
      const name = hex(entry);
      if (!this.known.has(name)) this.known.set(name, this.open(this.known.size, entry, key, where));
      entry = this.known.get(name)[parseInt(digit, 16)];
      if (entry.length !== 32) break;
    }
    const found = entry.length === 64 && equal(entry.subarray(0, 32), hashed) ? entry.subarray(32) : empty;
    check(entry.length !== 32 && equal(found, expected), "state", where, `not the certified value of ${key}`);
  }

  open(place, hash, key, where) {
    const node = this.nodes[place];
    const good = node && node.length >= 4 && equal(this.hashes[place], hash);
    check(good, "state", where, `not the next node on the way to ${key}`);
    const [present, single] = [(node[0] << 8) | node[1], (node[2] << 8) | node[3]];
    const entries = [];
    let start = 4;
    for (let slot = 0; slot < 16; slot++) {
      const size = 32 * (((present >> slot) & 1) + ((single >> slot) & 1));
      entries.push(node.subarray(start, start + size));
      start += size;
    }
    check(start === node.length, "state", where, "malformed node");
    return entries;
  }
}
