// What a page is checked with: the proof of its journey, and the rows of what the journey names beside it.

import { Fault } from "./verifier/fault.js";
import { decode } from "./verifier/msgpack.js";
import { verifyProof } from "./verifier/proof.js";
import { fits, isBytes } from "./verifier/shapes.js";

const NAMED = /^(registry|trace|archive)\/(organisation|device|product|site|plot|vehicle|listing)\/(.+)$/;
const AHEAD_MAX = 1000000n;

/** Proof files of rows, and at last that of the journey, against the bytes of the genesis file:
 *  { verified, rows: [[subject, row | null], ...] }. Throws as `verifyProof`. */
export async function verifyBundle(packed, genesis) {
  const files = unpack(packed);
  const verified = await verifyProof(files.pop(), genesis);
  return { verified, rows: await verifyRows(files, genesis, verified.checkpoint) };
}

function unpack(packed) {
  let files;
  try {
    files = decode(packed);
  } catch (error) {
    throw new Fault("encoding", "bundle", error.message);
  }
  if (!fits(files, [isBytes]) || !files.length) throw new Fault("encoding", "bundle", "not a list of proof files");
  return files;
}

/** Each is proven by a file of its own. */
async function verifyRows(files, genesis, checkpoint) {
  const rows = [];
  for (const proven of await Promise.all(files.map((file) => verifyProof(file, genesis)))) {
    const [kind, key, value] = proven.claim;
    const found = NAMED.exec(key);
    if (kind !== "value" || !found || (value === null && found[2] !== "listing")) throw new Fault("claim", "rows", "not the row of a thing with a name");
    if (proven.checkpoint.height > checkpoint.height + AHEAD_MAX) throw new Fault("claim", "rows", "of another time");
    rows.push([`${found[2]}:${found[3]}`, value === null ? null : decode(value)[0]]);
  }
  return rows;
}
