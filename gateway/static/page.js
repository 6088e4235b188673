// The page checks itself: what it says is compared with what the verified records say, and the verdict shown. The scripts come
// from the service worker once one is installed.

import { answered, askedCode, height, here } from "./asking.js";
import { compare } from "./compare.js";
import { checkForward } from "./pin.js";
import { evidenceOf, show, showTampered } from "./show.js";
import { verifying } from "./thread.js";
import { hex } from "./verifier/bytes.js";
import { Fault, Unable } from "./verifier/fault.js";
import { split } from "./verifier/shapes.js";

const page = document.querySelector("main");
const language = document.documentElement.lang === "en" ? "en" : "zh";

async function verifyPage() {
  const { verified, rows, words, ...given } = await answered;
  requireAsked(verified);
  checkForward(hex(verified.genesis.chainId), verified.checkpoint, given.offline);
  return { ...given, verified, compared: compare(page, verified, rows, words, language) };
}

/** Whether the ledger went on between the page and its proofs; then it is loaded again, once. */
function isOutrun({ verified }) {
  if (String(verified.checkpoint.height) === height || sessionStorage.getItem(here)) return false;
  sessionStorage.setItem(here, "1");
  return true;
}

/** A server that is asked about one batch may answer with a perfect proof about another. */
function requireAsked(verified) {
  const code = askedCode();
  const [kind, claimed, about] = verified.claim;
  const good = kind === "journey" && claimed === code && split(about)[0] === "lot";
  if (!good) throw new Fault("claim", "$.claim", `it is about ${about ?? claimed}, not about ${code}`);
}

async function tamper(found) {
  const changed = Uint8Array.from(found.bundle);
  const victim = found.verified.records[Math.floor(found.verified.records.length / 2)].raw;
  changed[victim.byteOffset + Math.floor(victim.length / 2)] ^= 1;
  try {
    await verifying(changed, found.pinned.bytes);
    throw new Error("a changed byte was not noticed");
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    showTampered(error, language);
  }
}

function addActions(found) {
  const button = document.querySelector("#tamper");
  button.hidden = false;
  button.addEventListener("click", async () => {
    const pressed = button.getAttribute("aria-pressed") === "true";
    button.setAttribute("aria-pressed", String(!pressed));
    button.textContent = { zh: pressed ? "试试篡改" : "还原", en: pressed ? "Try to tamper" : "Put it back" }[language];
    if (pressed) show(found, language);
    else await tamper(found);
  });
  evidenceOf(page, found, language);
}

function addConveniences() {
  const [share, print] = ["#share", "#print"].map((name) => document.querySelector(name));
  print.hidden = false;
  print.addEventListener("click", () => window.print());
  share.hidden = !navigator.share;
  share.addEventListener("click", () => navigator.share({ title: document.title, url: location.href }).catch(() => null));
}

async function main() {
  addConveniences();
  show({ busy: true }, language);
  try {
    const found = await verifyPage();
    if (found.compared.problems.length && isOutrun(found)) return location.reload();
    show(found, language);
    setTimeout(() => addActions(found));
  } catch (error) {
    show(error instanceof Fault ? { fault: error } : { unable: error instanceof Unable ? error : new Unable(String(error.message)) }, language);
  }
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js").catch(() => null);
}

await main();
