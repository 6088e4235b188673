// What a page is checked with: the proof of its journey, and the rows of what the journey names beside it.

import { Fault } from "./verifier/fault.js";
import { decode } from "./verifier/msgpack.js";
import { verifyProof } from "./verifier/proof.js";

export { verifyProof };

const NAMED = /^(registry|trace|archive)\/(organisation|device|product|site|plot|vehicle|listing)\/(.+)$/;
const AHEAD_MAX = 1000000n;

/** Both, against the bytes of the genesis file: { verified, rows: [[subject, row | null], ...] }. Throws as `verifyProof`. */
export async function verifyBundle(proof, packed, genesis) {
  const verified = await verifyProof(proof, genesis);
  return { verified, rows: await verifyRows(packed, genesis, verified.checkpoint) };
}

/** Each is proven by a file of its own. */
async function verifyRows(packed, genesis, checkpoint) {
  const rows = [];
  for (const proven of await Promise.all(decode(packed).map((file) => verifyProof(file, genesis)))) {
    const [kind, key, value] = proven.claim;
    const found = NAMED.exec(key);
    if (kind !== "value" || !found || (value === null && found[2] !== "listing")) throw new Fault("claim", "rows", "not the row of a thing with a name");
    if (proven.checkpoint.height > checkpoint.height + AHEAD_MAX) throw new Fault("claim", "rows", "of another time");
    rows.push([`${found[2]}:${found[3]}`, value === null ? null : decode(value)[0]]);
  }
  return rows;
}
