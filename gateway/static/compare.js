// Whether the page says what the records say. Every line, name, figure and curve that stands for a record is told again from
// the proof and compared, so that a true proof cannot be shown under a false page.

import { compareCurves, curvesOf } from "./curves.js";
import { comparePapers } from "./papers.js";
import { said, squeeze, textOf } from "./texts.js";
import { brief, head } from "./verifier/facts.js";
import { Known, READINGS } from "./verifier/known.js";
import { lines } from "./verifier/lines.js";
import { asSigned, claimsOrganic, isOrganic, maySayOrganic } from "./verifier/promises.js";
import { Clock } from "./verifier/told.js";
import { compareWay } from "./way.js";

const STANDING = /^(trace\.(register_(product|site|plot|vehicle)|issue_certificate)|registry\.(register_organisation|register_device|calibrate_device))$/;
const LATE_MS = 86400000;

/** Problems as { element, reason }; and how many records stand on the page, of how many proven. */
export function compare(page, verified, rows, words, language) {
  const clock = new Clock();
  const known = new Known(verified, rows, words);
  const told = lines(verified, known, clock);
  const problems = [];
  const differ = (element, reason) => problems.push({ element, reason: language === "en" ? reason : inChinese(reason) });
  const proven = new Set();
  const says = (element, text) => Boolean(element) && proven.add(element) && textOf(element) === squeeze(text);
  const numbered = new Map(verified.records.map((record, place) => [String(place), record]));
  const context = { page, verified, known, clock, told, numbered, i: language === "en" ? 1 : 0, words, differ, says, rows: new Map(rows) };
  const organic = maySayOrganic(verified, known);
  context.asSigned = (text) => asSigned([text, text], known, organic)[context.i];
  context.curves = curvesOf(context);
  context.head = head(verified, known);
  const shown = compareLines(context);
  compareHead(context);
  compareBrief(context);
  compareWay(context);
  comparePapers(context);
  compareCurves(context);
  compareTheRest(context, proven);
  return { problems, shown, told, known };
}

const CHINESE = {
  "a line that no record stands behind, or that stands twice": "没有签名记录支持这一行，或它出现了两次",
  "a line out of order": "这一行的次序或日期不对",
  "left out": "页面漏掉了",
  "the record says": "签名记录写的是",
  "the records say": "签名记录写的是",
  "it was at": "记录的时间是",
  "what is wrong with it": "记录中的异常是",
  "it is": "记录中的商品是",
  "it has been recalled": "它已被召回",
  "it has not been recalled": "它没有被召回",
  growers: "记录中的种植者是",
  places: "记录中的产地是",
  "since harvest": "按记录，距采收",
  "badges that the records do not bear out": "标牌与签名记录不符",
  "facts left out or added": "有事实被漏掉或添上",
  "hand-overs left out or added": "有交接被漏掉或添上",
  "a way that the records do not make": "路线图与签名的坐标和名称不符",
  "a file that no record names": "没有记录提到这份文件",
  "tests left out or added": "有检测被漏掉或添上",
  "not what the laboratory signed": "与实验室签名的结果不符",
  "listings left out or added": "有评价档案被漏掉或添上",
  "the archive counts": "信任档案的计数是",
  "a curve without readings": "这条曲线没有读数支持",
  "a curve that the readings do not make": "曲线与签名的读数不符",
  "a curve left out": "页面漏掉了一条曲线",
  "certificates left out or added": "有证书被漏掉或添上",
  "the certificate says": "证书的记录写的是",
  "no certificate of conformity stands": "没有有效的承诺达标合格证支持这一部分",
  "the certificate of conformity says": "承诺达标合格证的记录写的是",
  "it is called organic and no certificate covers it": "页面写有“有机”，但没有覆盖本批次的有效证书",
  "who issued a certificate is not proven": "证书颁发机构的资格没有给出证明",
  "a picture that nobody signed": "有一张没有签名的图片",
  "it was signed by": "签名者应为",
};

/** A reason in Chinese; what follows a colon, or a time, stays as it is. */
function inChinese(reason) {
  const known = Object.keys(CHINESE).filter((words) => reason.startsWith(words)).sort((one, two) => two.length - one.length)[0];
  return known ? `${CHINESE[known]}${reason.slice(known.length).replace(/^: /, "：")}` : reason;
}

/** Each proven line once, in order, in the very words; returns the number of records shown. */
function compareLines(context) {
  const { page, clock, told, numbered, i, differ } = context;
  const expected = new Map(told.map((line) => [line.leaves.join(" "), line]));
  const order = new Map(told.map((line, place) => [line.leaves.join(" "), place]));
  let shown = 0;
  for (const list of page.querySelectorAll("ol.life")) {
    const day = list.previousElementSibling?.matches(".day") ? textOf(list.previousElementSibling).slice(0, 10) : "";
    let last = -1;
    for (const element of list.querySelectorAll("li")) {
      const leaves = (element.dataset.records ?? "").split(" ").map((number) => numbered.get(number)?.name).join(" ");
      const line = expected.get(leaves);
      if (!line) {
        differ(element, "a line that no record stands behind, or that stands twice");
        continue;
      }
      expected.delete(leaves);
      shown += line.leaves.length;
      const standing = STANDING.test(line.tag);
      const place = order.get(leaves);
      if (!standing && (place < last || clock.day(line.untilMs) !== day)) differ(element, "a line out of order");
      last = place;
      compareLine(context, element, line, standing);
    }
  }
  for (const line of expected.values()) differ(null, `left out: ${line.says[i]}`);
  return shown;
}

function compareLine({ clock, i, words, differ, says }, element, line, standing) {
  const [from, until] = [clock.hour(line.fromMs), clock.hour(line.untilMs)];
  const when = standing ? "" : from === until ? from : `${from}–${until}`;
  const flags = [...element.querySelectorAll(".flag")];
  const good = flags.length === line.flags.length && flags.every((flag, at) => says(flag, line.flags[at].says[i]));
  if (!says(element.querySelector(".says"), line.says[i])) differ(element, `the record says: ${line.says[i]}`);
  else if (textOf(element.querySelector(".when")) !== when) differ(element, `it was at ${when}`);
  else if (!says(element.querySelector(".by"), byLine(line, standing, clock, i, words))) differ(element, `it was signed by: ${line.who[i]}`);
  else if (!good) differ(element, `what is wrong with it: ${line.flags.map((flag) => flag.says[i]).join("; ")}`);
}

/** Who signed; whether it is about other goods, or was recorded a day later or more. */
function byLine(line, standing, clock, i, words) {
  const late = !standing && Number(line.recordedMs) - Number(line.untilMs) > LATE_MS;
  return [
    line.tag === READINGS ? "" : said(words, "signed_by", i, { who: line.who[i] }),
    line.aside ? said(words, "aside", i) : "",
    late ? said(words, "recorded_late", i, { day: clock.day(line.recordedMs) }) : "",
  ].filter(Boolean).join(" · ");
}

/** The large letters and the badges. */
function compareHead({ page, verified, asSigned, head: facts, curves, i, words, differ, says }) {
  const hero = page.querySelector(".hero");
  const of = (name) => page.querySelector(`[data-fact=${name}]`);
  if (!says(of("goods"), facts.goods[i])) differ(hero, `it is ${facts.goods[i]}`);
  if (!says(page.querySelector(".eyebrow"), `${said(words, "lot", i)} ${facts.number}`)) differ(hero, `it is ${facts.number}`);
  const title = `${facts.goods[i]} · ${said(words, "lot", i)} ${facts.number} · ${said(words, "brand", i)}`;
  if (squeeze(page.ownerDocument.title) !== squeeze(title)) differ(hero, `it is ${title}`);
  if (Boolean(of("state")) !== facts.recalled) differ(hero, facts.recalled ? "it has been recalled" : "it has not been recalled");
  if (facts.recalled && facts.recall && !says(of("recall"), facts.recall[i])) differ(hero, `the records say: ${facts.recall[i]}`);
  for (const name of ["growers", "places", "varieties"]) {
    const names = facts[name].map((one) => squeeze(Array.isArray(one) ? one[i] : asSigned(one)));
    const shown = textOf(of(name)).split("、").filter(Boolean);
    const parts = names.flatMap((one) => one.split("、"));
    if (equalSets(new Set(shown), new Set(parts))) says(of(name), textOf(of(name)));
    else differ(hero, `${name}: ${names.join()}`);
  }
  const hours = facts.harvestMs === null ? null : Math.max(0, Math.floor((verified.checkpoint.timeMs - Number(facts.harvestMs)) / 3600000));
  const clockText = hours === null ? "" : `${hours < 100 ? hours : Math.floor(hours / 24)} ${said(words, hours < 100 ? "hours" : "days", i)}${said(words, "since_harvest", i)}`;
  if (textOf(page.querySelector(".clock")) !== squeeze(clockText)) differ(hero, `since harvest: ${clockText}`);
  compareBadges(page, facts, curves, i, words, differ, says, Boolean(page.querySelector("#promise dl")));
}

function compareBadges(page, facts, curves, i, words, differ, says, promised) {
  const judged = curves.filter((curve) => curve.low !== null);
  const cold = judged.some((curve) => curve.excursions.length) ? "cold_bad" : judged.length ? "cold_ok" : "cold_none";
  const tested = { good: "tested_ok", bad: "tested_bad", none: "tested_none" }[facts.tested];
  const names = [tested, cold, ...(promised ? ["promise"] : [])].map((name) => said(words, name, i));
  const expected = [...names, ...facts.kinds.map((kind) => said(words, "certificate", i, { kind: kind[i] }))];
  const badges = [...page.querySelectorAll(".badges li")];
  const good = badges.length === expected.length && badges.every((badge, at) => says(badge, expected[at]));
  if (!good) differ(page.querySelector(".badges"), "badges that the records do not bear out");
}

function equalSets(one, two) {
  return one.size === two.size && [...one].every((item) => two.has(item));
}

function compareBrief({ page, verified, known, clock, told, i, differ, says }) {
  const expected = brief(verified, known, clock, told) ?? [];
  const shown = [...page.querySelectorAll("[data-brief]")];
  if (shown.length !== expected.length) differ(page.querySelector(".facts"), "facts left out or added");
  for (const [place, element] of shown.entries()) {
    const text = expected[place]?.[1][i];
    if (text !== undefined && !says(element, text)) differ(element.parentElement, `the records say: ${text}`);
  }
}

/** 有机 stands only under a certificate that covers the goods, wherever it stands; and nothing is told by pictures. */
function compareTheRest({ page, verified, known, differ }, proven) {
  const { body } = page.ownerDocument;
  for (const picture of page.querySelectorAll("img, picture, video, audio, object, embed, iframe, image, canvas, input")) differ(picture.parentElement, "a picture that nobody signed");
  if (isOrganic(verified, known, verified.claim[2].slice("lot:".length))) return;
  const fault = "it is called organic and no certificate covers it";
  const text = textBeside(body, proven);
  const labels = [...body.querySelectorAll("[aria-label], [alt], [title]")].map((one) => ["aria-label", "alt", "title"].map((name) => one.getAttribute(name) ?? "").join(" "));
  if (claimsOrganic(text.replace(/\s/g, "")) || labels.some(claimsOrganic)) differ(page.querySelector(".hero"), fault);
}

/** The text of an element but for what was found to be told by records. */
function textBeside(element, proven) {
  let text = "";
  for (let node = element.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === Node.TEXT_NODE) text += node.data;
    else if (node.nodeType === Node.ELEMENT_NODE && !proven.has(node)) text += textBeside(node, proven);
  }
  return text;
}
