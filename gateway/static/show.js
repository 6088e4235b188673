// How a verdict looks: green, amber or red, with what it stands on.

import { KINDS } from "./verifier/fault.js";
import { Clock } from "./verifier/told.js";

const STALE_MS = 600000;
const WORDS = {
  zh: {
    busy: "正在你的设备上核对每一个签名……",
    good: (n, of, s, v) => `${n}/${of} 条记录，${s}/${v} 验证者签名，无一遗漏`,
    more: (time) => `截至 ${time}（UTC+8），由你的浏览器核对。`,
    old: (time) => `截至 ${time}（UTC+8）。此后的记录（例如召回）这里看不到。`,
    offline: (time) => `离线：显示的是保存在本机、截至 ${time}（UTC+8）的内容。此后的召回未知。`,
    bad: "不可信：",
    page: "页面内容与签名记录不符",
    unable: "此浏览器无法核对签名",
    unableMore: "请用较新的浏览器或 HTTPS 打开；也可下载证明文件，用别处的验证页核对。",
    tampered: "改了一个字节，立刻露馅",
    checks: (v, c, t) => [
      `${c.signatures} 个签名逐一有效，签名者的密钥写在记录里`,
      `检查点有 ${v.signers.length}/${v.validators.size} 个验证者签名，超过法定数`,
      `${v.sections.size} 份日志首尾相接：少一条都对不上`,
      `页面上 ${c.shown} 条记录的文字、时间、曲线与签名原文一致`,
      t,
    ],
    pinnedFirst: "创世文件今天第一次固定在本机",
    pinned: "创世文件是本机早先固定的那一份",
    labelled: "创世文件与标签上印的一致",
    proof: "凭据",
  },
  en: {
    busy: "Checking every signature on your device…",
    good: (n, of, s, v) => `${n} of ${of} records, signed by ${s} of ${v}, nothing left out`,
    more: (time) => `As of ${time} (UTC+8), checked by your own browser.`,
    old: (time) => `As of ${time} (UTC+8). What was recorded since, such as a recall, is not known here.`,
    offline: (time) => `Offline: kept on this device as of ${time} (UTC+8). Later recalls unknown.`,
    bad: "Not to be believed: ",
    page: "the page says something else than the signed records",
    unable: "This browser cannot check signatures",
    unableMore: "Open it in a newer browser or over HTTPS; or take the proof file to a verifier hosted elsewhere.",
    tampered: "One byte changed, found at once",
    checks: (v, c, t) => [
      `${c.signatures} signatures hold, each by the key in its record`,
      `${v.signers.length} of ${v.validators.size} validators signed the checkpoint: more than the quorum`,
      `${v.sections.size} journals are whole: one record less and they would not match`,
      `the words, times and curves of ${c.shown} records on this page are those that were signed`,
      t,
    ],
    pinnedFirst: "the genesis file was pinned on this device just now",
    pinned: "the genesis file is the one pinned on this device earlier",
    labelled: "the genesis file is the one the label names",
    proof: "What it stands on",
  },
};

const element = (name) => document.querySelector(name);

/** `found`: { busy } | { fault } | { unable } | what the page came to. */
export function show(found, language) {
  const words = WORDS[language];
  document.querySelectorAll("[data-proven]").forEach((one) => one.removeAttribute("data-proven"));
  document.querySelectorAll(".disproof").forEach((one) => one.remove());
  element("#first-visit").hidden = true;
  if (found.busy) return set("busy", words.busy, "");
  if (found.unable) return set("unable", words.unable, `${words.unableMore} (${found.unable.message})`);
  if (found.fault) return showFault(found.fault, language);
  const { verified, compared, pinned, offline } = found;
  mark(compared);
  if (compared.problems.length) {
    const reasons = [...new Set(compared.problems.map((one) => one.reason))].slice(0, 5);
    return set("bad", words.bad + words.page, "", reasons.map((reason) => [reason, "no"]));
  }
  const time = new Clock().instant(verified.checkpoint.timeMs);
  const stale = Date.now() - verified.checkpoint.timeMs > STALE_MS;
  const total = verified.records.filter((record) => record.kind !== 2 && record.code === 0).length;
  const title = words.good(compared.shown, total, verified.signers.length, verified.validators.size);
  const signatures = verified.records.filter((record) => record.kind === 0).length;
  const pin = pinned.labelled ? words.labelled : pinned.first ? words.pinnedFirst : words.pinned;
  const checks = words.checks(verified, { signatures, shown: compared.shown }, pin).map((text) => [text, ""]);
  element("#first-visit").hidden = !pinned.first;
  return set(offline || stale ? "old" : "good", title, offline ? words.offline(time) : stale ? words.old(time) : words.more(time), checks);
}

function showFault(fault, language, title = "") {
  const words = WORDS[language];
  const said = KINDS[fault.kind][language === "en" ? 1 : 0];
  set("bad", (title || words.bad) + (title ? `：${said}` : said), "", [[`${fault.reason}（${fault.where}）`, "no"]]);
}

export function showTampered(fault, language) {
  showFault(fault, language, WORDS[language].tampered);
}

function set(state, title, more, checks = []) {
  const trust = element("#trust");
  trust.dataset.state = state;
  element("#verdict").textContent = title;
  element("#verdict-more").textContent = more;
  element("#verdict-more").hidden = !more;
  const list = element("#checks");
  element("#checked").hidden = !checks.length;
  element("#checked").open = state === "bad";
  list.replaceChildren(...checks.map(([text, kind]) => Object.assign(document.createElement("li"), { textContent: text, className: kind })));
}

/** Each line is marked as proven, or as what it is. */
function mark({ problems }) {
  const wrong = new Map(problems.filter((one) => one.element).map((one) => [one.element, one.reason]));
  for (const line of document.querySelectorAll("ol.life > li")) line.dataset.proven = wrong.has(line) ? "no" : "yes";
  for (const [where, reason] of wrong) {
    if (where.dataset.proven !== "no") where.dataset.proven = "no";
    const note = Object.assign(document.createElement("p"), { textContent: `✗ ${reason}`, className: "disproof" });
    where.append(note);
  }
}

/** Under each line what it stands on: the record's fields as signed, the key, the block. Made when it is opened. */
export function evidenceOf(page, { verified, compared }, language) {
  for (const line of page.querySelectorAll("ol.life > li[data-proven]")) {
    const details = document.createElement("details");
    details.className = "stands-on";
    details.append(Object.assign(document.createElement("summary"), { textContent: WORDS[language].proof }));
    details.addEventListener("toggle", () => {
      if (details.children.length > 1) return;
      for (const number of line.dataset.records.split(" ")) {
        if (verified.records[number]) details.append(Object.assign(document.createElement("pre"), { textContent: dump(verified.records[number], compared.known) }));
      }
    }, { once: true });
    (line.lastElementChild ?? line).append(details);
  }
}

function dump(record, known) {
  const fields = Object.entries(known.fields(record)).map(([name, value]) => `  ${name}: ${plain(value)}`);
  const facts = [record.action[0], ...fields, `key ${record.key ?? "—"}`, `id ${record.id ?? "—"}`, `leaf ${record.name}`, `height ${record.height}`];
  return facts.join("\n");
}

function plain(value) {
  const text = JSON.stringify(value, (_, one) => (typeof one === "bigint" ? String(one) : one instanceof Uint8Array ? [...one].map((byte) => byte.toString(16).padStart(2, "0")).join("") : one));
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
