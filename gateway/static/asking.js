// What the page is checked with, asked for and verified while the rest of the page is still on its way.

import { pinnedGenesis } from "./pin.js";
import { verifying } from "./thread.js";
import { Fault } from "./verifier/fault.js";

export const here = decodeURI(location.pathname);
export const height = document.documentElement.dataset.height;

/** What the address asks for: it, and nothing on the page, says which batch this must be. */
export function askedCode() {
  const typed = here.replace(/^\/b\//, "").toUpperCase().replace(/[- ]/g, "");
  return typed.replaceAll("I", "1").replaceAll("L", "1").replaceAll("O", "0").replaceAll("U", "V");
}

async function bytesOf(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Fault("completeness", path, `the server does not give it (${answer.status})`);
  const offline = answer.headers.get("x-linxin-kept") !== null;
  return { bytes: new Uint8Array(await answer.arrayBuffer()), offline };
}

async function ask() {
  const labelled = new URLSearchParams(location.search).get("g") ?? "";
  const fetched = Promise.all([
    bytesOf(`/b/${askedCode()}/bundle?at=${height}`),
    fetch("/static/words.json").then((answer) => answer.json()),
  ]);
  fetched.catch(() => null); // it is waited for below, unless the genesis file is at fault
  const pinned = await pinnedGenesis(labelled);
  const [bundle, words] = await fetched;
  const { verified, rows } = await verifying(bundle.bytes, pinned.bytes);
  return { pinned, bundle: bundle.bytes, offline: bundle.offline, verified, rows, words };
}

/** { pinned, bundle, offline, verified, rows, words }; fails with `Fault`, or `Unable` without a verdict. */
export const answered = ask();
answered.catch(() => null); // the page waits for it once all of it is there
