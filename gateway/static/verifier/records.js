// Leaves of the log and the bodies in them (docs/PROOF.md §7, §8).

import { ascii, digest, equal, hex, join } from "./bytes.js";
import { check, Fault } from "./fault.js";
import { decode } from "./msgpack.js";
import { fits, isBytes, isInt, isText, orNull } from "./shapes.js";
import { verify } from "./signatures.js";
import { leafHash } from "./trees.js";

const LEAF_MAX = 65535;
const ROLES = new Set(["self", "input", "output", "container", "place", "device", "certificate", "other"]);
const SIGNED = ascii("linxin/v1/transaction-signature\0");

const isList = (value) => Array.isArray(value);
const LEAF = [isInt, isBytes, isBytes, [isInt, isInt, isInt, isList], [isList]];
const BODY = [isBytes, isInt, isBytes, isBytes, isInt, isList, orNull(isBytes)];

function unpack(raw, shape, kind, where) {
  let value;
  try {
    value = decode(raw);
  } catch (error) {
    throw new Fault(kind, where, error.message);
  }
  check(fits(value, shape), kind, where, "not what the format has here");
  return value;
}

/** One record: who signed what, what came of it, which journals it stands in. */
export async function readLeaf(raw, chainId, where) {
  check(raw.length <= LEAF_MAX, "limits", where, `${raw.length} bytes`);
  const [kind, body, signature, [height, timeMs, code, details], listed] = unpack(raw, LEAF, "leaf", where);
  const subjects = new Map();
  for (const one of listed) {
    const named = (one.length === 2 || (one.length === 4 && one.slice(2).every(orNull(isInt)))) && isText(one[0]);
    check(named && ROLES.has(one[1]), "leaf", where, "malformed subjects");
    subjects.set(one[0], { role: one[1], from: one[2] ?? null, to: one[3] ?? null });
  }
  const good = subjects.size === listed.length && (code === 0 || !listed.length);
  check(good, "leaf", where, "a subject stands twice, or a refused record in a journal");
  const record = { kind, height, timeMs, code, details, subjects, hash: await leafHash(raw), raw };
  record.name = hex(record.hash);
  if (kind === 0) return { ...record, ...(await readBody(body, signature, chainId, where)) };
  check((kind === 1 || kind === 2) && signature.length === 0, "leaf", where, "unknown kind");
  record.action = kind === 1 ? unpack(body, isList, "leaf", where) : ["ledger.block"];
  check(isText(record.action[0]), "leaf", where, "an action without a name");
  return record;
}

async function readBody(body, signature, chainId, where) {
  const [chain, algorithm, key, nonce, , action, commitment] = unpack(body, BODY, "leaf", where);
  check(equal(chain, chainId), "chain", where, "signed for another chain");
  check(nonce.length === 16 && (commitment === null || commitment.length === 32), "leaf", where, "malformed body");
  const name = hex(key);
  check(await verify(algorithm, key, signature, join([SIGNED, body])), "signature", where, `not by the key ${name}`);
  check(isText(action[0]), "leaf", where, "an action without a name");
  return { action, key: name, algorithm, commitment, id: hex(await digest("transaction-id", body)) };
}
