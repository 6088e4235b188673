// The stand-alone verifier: a proof file or a link to one, against a genesis file from somebody the reader trusts.

import { pinnedOf } from "./pin.js";
import { hex, sha256 } from "./verifier/bytes.js";
import { Fault, KINDS } from "./verifier/fault.js";
import { Known } from "./verifier/known.js";
import { lines } from "./verifier/lines.js";
import { verifyProof } from "./verifier/proof.js";
import { Clock } from "./verifier/told.js";

const SIZE_MAX = 64 * 1024 * 1024;
const STALE_MS = 600000;
const element = (name) => document.querySelector(name);
const clock = new Clock();

function set(state, title, more = "", checks = []) {
  element("#trust").dataset.state = state;
  element("#verdict").textContent = title;
  element("#verdict-more").textContent = more;
  element("#verdict-more").hidden = !more;
  element("#checks").hidden = !checks.length;
  element("#checks").replaceChildren(...checks.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
}

async function chosen(name) {
  const file = element(name).files[0];
  if (!file) return null;
  if (file.size > SIZE_MAX) throw new Error("超出上限 larger than 64 MiB");
  return new Uint8Array(await file.arrayBuffer());
}

async function fetched(link) {
  const answer = await fetch(new URL(link, location.href), { referrerPolicy: "no-referrer", credentials: "omit" });
  if (!answer.ok) throw new Error(`${link}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function run() {
  set("busy", "正在核对…… Checking…");
  element("#content").hidden = true;
  try {
    const link = element("#link").value.trim();
    const proof = (await chosen("#proof")) ?? (link ? await fetched(link) : null);
    const genesis = (await chosen("#genesis")) ?? pinnedOf();
    if (!proof || !genesis) return set("unable", "请选择证明文件和创世文件 Choose a proof file and a genesis file");
    await tell(await verifyProof(proof, genesis), genesis);
  } catch (error) {
    if (!(error instanceof Fault)) return set("unable", "没有结论 No verdict", String(error.message));
    set("bad", `无效 INVALID：${KINDS[error.kind].join(" / ")}`, "", [`${error.reason}（${error.where}）`]);
  }
}

async function tell(verified, genesis) {
  const { claim, checkpoint, signers, validators, records, sections } = verified;
  const time = clock.instant(checkpoint.timeMs);
  const whole = claim[0] === "journey" ? "，无一遗漏 nothing left out" : "";
  const age = Date.now() - checkpoint.timeMs > STALE_MS ? "old" : "good";
  set(age, `有效 VALID：${records.length} 条记录 records${whole}`, `截至 as of ${time}（UTC+8）`, [
    `内容 claim: ${claim.slice(0, 3).map((part) => (part instanceof Uint8Array ? hex(part) : part)).join(" ")}`,
    `${signers.length}/${validators.size} 验证者签名 validators signed: ${signers.map((name) => name.split("/").at(-1)).join(", ")}`,
    `高度 height ${checkpoint.height}，${sections.size} 份日志 journals`,
    `链 chain ${hex(await sha256(genesis))}`,
  ]);
  await list(verified);
}

/** The records in sentences, where the vocabulary lies beside this page; else their names. */
async function list(verified) {
  const words = await fetch(new URL("words.json", import.meta.url)).then((answer) => (answer.ok ? answer.json() : null), () => null);
  const told = words
    ? lines(verified, new Known(verified, [], words), clock).map((line) => [clock.instant(line.untilMs), line.says[0], line.says[1]])
    : verified.records.map((record) => [clock.instant(record.timeMs), record.action[0], ""]);
  element("#lines").replaceChildren(...told.map(([when, zh, en]) => {
    const item = Object.assign(document.createElement("li"), { className: "entry" });
    const texts = [["when", when], ["says", zh], ["by", en]];
    item.append(...texts.map(([className, textContent]) => Object.assign(document.createElement("p"), { className, textContent })));
    return item;
  }));
  element("#content").hidden = !told.length;
}

const pinned = pinnedOf();
if (pinned) {
  element("#pinned").hidden = false;
  element("#pinned").textContent = `不选则用本机固定的创世文件 without one: the genesis file pinned on this device, ${hex(await sha256(pinned)).slice(0, 16)}`;
}
element("#form").addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
if (location.hash.length > 1) {
  element("#link").value = new URL(decodeURI(location.hash.slice(1)), location.href).href;
  if (pinned) await run();
}
