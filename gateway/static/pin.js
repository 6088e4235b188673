// What this device remembers of a network: its genesis file, from the first visit on, and the newest ledger it has seen.

import { fromBase64, hex, sha256 } from "./verifier/bytes.js";
import { Fault } from "./verifier/fault.js";

const GENESIS = "linxin.genesis";
const SEEN = "linxin.seen";
const SLACK_MS = 20000; // nodes behind each other by moments are no lie

/** { bytes, first }: the genesis file as pinned; `first` when it was pinned just now. Throws `Fault` where a label or an
 *  earlier visit names another one. */
export async function pinnedGenesis(labelled) {
  const kept = read(GENESIS);
  const bytes = kept ? fromBase64(kept) : new Uint8Array(await (await fetch("/genesis.json", { cache: "no-cache" })).arrayBuffer());
  const chain = hex(await sha256(bytes));
  if (labelled && !chain.startsWith(labelled.toLowerCase())) throw new Fault("chain", "genesis", "not the network that the label names");
  if (!kept) write(GENESIS, btoa(String.fromCharCode(...bytes)));
  return { bytes, first: !kept, labelled: Boolean(labelled) };
}

/** The genesis file that is pinned here; null when none is. */
export function pinnedOf() {
  const kept = read(GENESIS);
  return kept ? fromBase64(kept) : null;
}

/** Throws `Fault` when a server shows an older ledger than this device has seen already; remembers the newest. */
export function checkForward(chain, checkpoint, offline) {
  const seen = JSON.parse(read(SEEN) ?? "{}");
  const known = seen[chain];
  if (known && !offline && checkpoint.timeMs < known.timeMs - SLACK_MS && checkpoint.height < BigInt(known.height)) {
    throw new Fault("fresh", "$.note", `height ${checkpoint.height}, but ${known.height} was seen on this device`);
  }
  if (!known || checkpoint.height > BigInt(known.height)) {
    seen[chain] = { height: String(checkpoint.height), timeMs: checkpoint.timeMs };
    write(SEEN, JSON.stringify(seen));
  }
}

// Private windows may keep nothing: then each visit is a first one.
function read(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function write(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    return;
  }
}
