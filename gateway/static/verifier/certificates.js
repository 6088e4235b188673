// The genesis file, checkpoints and who signed them (docs/PROOF.md §5, §6).

import { ascii, digest, equal, fromBase64, fromHex, hex, sha256 } from "./bytes.js";
import { check, Fault } from "./fault.js";
import { encode } from "./msgpack.js";
import { verify } from "./signatures.js";

const NOTE_MAX = 65536;
const VALIDATORS_MAX = 64;
const COSIGNED_MAX = 512;
const HASH = "([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)";
const NUMBER = "([1-9][0-9]{0,17})";
const TIME = "([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z)";
const CHECKPOINT = new RegExp(
  `^(linxin/[a-z0-9.-]+/[0-9a-f]{16})\n${NUMBER}\n${HASH}\nheight ${NUMBER}\ntime ${TIME}\nstate ${HASH}\nprevious ${HASH}\nvalidators ${HASH}\n`,
);
const COSIGNATURES = /^\n(?:— [!-~]+ [A-Za-z0-9+/]{101}[AQgw]==\n)*$/;
const COSIGNATURE = /— ([!-~]+) ([A-Za-z0-9+/]{101}[AQgw]==)\n/g;

/** What is trusted: the bytes of the genesis file. */
export async function readGenesis(bytes) {
  const chainId = await sha256(bytes);
  try {
    const content = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const validators = new Map(
      content.validators.map((one) => [`linxin/${content.name}/${one.id}`, fromHex(one.public_key)]),
    );
    if (content.format !== "linxin-genesis/1" || !validators.size || validators.size !== content.validators.length) throw 0;
    return { content, chainId, validators, origin: `linxin/${content.name}/${hex(chainId).slice(0, 16)}` };
  } catch {
    throw new Fault("chain", "genesis", "not a genesis file");
  }
}

/** A certified checkpoint: its lines, and which of `validators` (name -> key) signed them. */
export async function readCheckpoint(note, origin, validators, where) {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(note);
  const found = note.length <= NOTE_MAX ? CHECKPOINT.exec(text) : null;
  check(found, "certificate", where, "not a checkpoint");
  check(found[1] === origin, "chain", where, `it is of ${found[1]}, not of ${origin}`);
  const timeMs = Date.parse(found[5]);
  const isTime = !Number.isNaN(timeMs) && new Date(timeMs).toISOString() === found[5] && !found[5].startsWith("0000");
  check(isTime, "certificate", where, "no such time");
  const signed = text.slice(found[0].length);
  check(COSIGNATURES.test(signed), "certificate", where, "malformed signatures");
  const signers = [];
  for (const [, name, blob] of signed.matchAll(COSIGNATURE)) {
    const key = validators.get(name);
    const sorted = !signers.length || name > signers.at(-1);
    check(key && sorted, "certificate", where, `${name} is no validator, or stands twice`);
    check(await isCosignedOnce(name, key, blob, found[0]), "certificate", where, `the signature of ${name} does not verify`);
    signers.push(name);
  }
  const needed = quorum(validators.size);
  check(signers.length >= needed, "certificate", where, `${signers.length} of ${validators.size} validators signed, ${needed} must`);
  const [root, state, previous, next] = [found[3], found[6], found[7], found[8]].map(fromBase64);
  return { size: BigInt(found[2]), height: BigInt(found[4]), time: found[5], timeMs, root, state, previous, next, signers };
}

export const quorum = (n) => Math.floor((n + Math.floor((n - 1) / 3) + 2) / 2);

// A page's proofs mostly end in one certificate: each signature under it is verified once.
const cosigned = new Map();

function isCosignedOnce(name, key, blob, text) {
  const signed = `${hex(key)} ${blob} ${name} ${text}`;
  if (!cosigned.has(signed)) {
    if (cosigned.size >= COSIGNED_MAX) cosigned.clear();
    cosigned.set(signed, isCosigned(name, key, fromBase64(blob), text));
  }
  return cosigned.get(signed);
}

async function isCosigned(name, key, data, text) {
  const id = (await sha256(ascii(name + "\n"), Uint8Array.of(4), key)).subarray(0, 4);
  const time = new DataView(data.buffer).getBigUint64(4);
  const message = ascii(`cosignature/v1\ntime ${time}\n${text}`);
  return equal(id, data.subarray(0, 4)) && verify(1, key, data.subarray(12), message);
}

/** The validators that a checkpoint hands over to: `listed` as [[name, key], ...]. */
export async function nextSet(checkpoint, listed, current, where) {
  const following = new Map(listed);
  const sorted = listed.every(([name], place) => place === 0 || before(listed[place - 1][0], name));
  const good = sorted && listed.length > 0 && listed.length <= VALIDATORS_MAX;
  const named = good && equal(await digest("validators", encode(listed)), checkpoint.next);
  check(named && !same(following, current), "certificate", where, "not the new validators that the checkpoint names");
  return following;
}

/** Order by code points, as everywhere in the ledger; JavaScript compares UTF-16 units. */
export function before(one, two) {
  const [first, second] = [Array.from(one), Array.from(two)];
  for (let place = 0; place < Math.min(first.length, second.length); place++) {
    const [a, b] = [first[place].codePointAt(0), second[place].codePointAt(0)];
    if (a !== b) return a < b;
  }
  return first.length < second.length;
}

function same(one, two) {
  return one.size === two.size && [...one].every(([name, key]) => two.has(name) && equal(two.get(name), key));
}
