// Whether the page says what the records say. Every line, name, figure and curve that stands for a record is told again from
// the proof and compared, so that a true proof cannot be shown under a false page.

import { brief, head } from "./verifier/facts.js";
import { Known, READINGS } from "./verifier/known.js";
import { instants, lines } from "./verifier/lines.js";
import { Clock, decimal } from "./verifier/told.js";

const STANDING = /^(trace\.(register_(product|site|plot|vehicle)|issue_certificate)|registry\.(register_organisation|register_device|calibrate_device))$/;

/** Problems as { element, reason }; and how many records stand on the page, of how many proven. */
export function compare(page, verified, rows, words, language) {
  const clock = new Clock();
  const known = new Known(verified, rows, words);
  const told = lines(verified, known, clock);
  const problems = [];
  const differ = (element, reason) => problems.push({ element, reason: language === "en" ? reason : inChinese(reason) });
  const context = { page, verified, known, clock, told, i: language === "en" ? 1 : 0, words, differ };
  const shown = compareLines(context);
  compareHead(context);
  compareBrief(context);
  compareLegs(context);
  comparePapers(context);
  compareCurves(context);
  compareListings({ ...context, rows: new Map(rows) });
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
  "no such hand-over": "没有这样的交接",
  "a file that no record names": "没有记录提到这份文件",
  "tests left out or added": "有检测被漏掉或添上",
  "not what the laboratory signed": "与实验室签名的结果不符",
  "listings left out or added": "有评价档案被漏掉或添上",
  "the archive counts": "信任档案的计数是",
  "a curve without readings": "这条曲线没有读数支持",
  "a curve that the readings do not make": "曲线与签名的读数不符",
  "a curve left out": "页面漏掉了一条曲线",
};

/** A reason in Chinese; what follows a colon, or a time, stays as it is. */
function inChinese(reason) {
  const known = Object.keys(CHINESE).filter((words) => reason.startsWith(words)).sort((one, two) => two.length - one.length)[0];
  return known ? `${CHINESE[known]}${reason.slice(known.length).replace(/^: /, "：")}` : reason;
}

const textOf = (element) => (element?.textContent ?? "").replace(/\s+/g, " ").trim();
const squeeze = (text) => text.replace(/\s+/g, " ").trim();
const said = (words, name, i, values = {}) => words.page[name][i].replace(/\{(\w+)\}/g, (_, key) => values[key]);

/** Each proven line once, in order, in the very words; returns the number of records shown. */
function compareLines({ page, clock, told, i, words, differ }) {
  const expected = new Map(told.map((line) => [line.leaves.join(" "), line]));
  const order = new Map(told.map((line, place) => [line.leaves.join(" "), place]));
  let shown = 0;
  for (const list of page.querySelectorAll("ol.life")) {
    const day = list.previousElementSibling?.matches(".day") ? textOf(list.previousElementSibling).slice(0, 10) : "";
    let last = -1;
    for (const element of list.querySelectorAll("li")) {
      const line = expected.get(element.dataset.leaves ?? "");
      if (!line) {
        differ(element, "a line that no record stands behind, or that stands twice");
        continue;
      }
      expected.delete(element.dataset.leaves);
      shown += line.leaves.length;
      const standing = STANDING.test(line.tag);
      const place = order.get(element.dataset.leaves);
      if (!standing && (place < last || clock.day(line.untilMs) !== day)) differ(element, "a line out of order");
      last = place;
      compareLine(element, line, clock, i, words, standing, differ);
    }
  }
  for (const line of expected.values()) differ(null, `left out: ${line.says[i]}`);
  return shown;
}

function compareLine(element, line, clock, i, words, standing, differ) {
  const [from, until] = [clock.hour(line.fromMs), clock.hour(line.untilMs)];
  const when = standing ? "" : from === until ? from : `${from}–${until}`;
  const by = line.tag === READINGS ? "" : said(words, "signed_by", i, { who: line.who[i] });
  const flags = [...element.querySelectorAll(".flag")].map(textOf);
  const expected = line.flags.map((flag) => squeeze(flag.says[i]));
  if (textOf(element.querySelector(".says")) !== squeeze(line.says[i])) differ(element, `the record says: ${line.says[i]}`);
  else if (textOf(element.querySelector(".when")) !== when) differ(element, `it was at ${when}`);
  else if (!textOf(element.querySelector(".by")).startsWith(squeeze(by))) differ(element, by);
  else if (flags.join("\n") !== expected.join("\n")) differ(element, `what is wrong with it: ${expected.join("; ")}`);
}

/** The large letters and the badges. */
function compareHead({ page, verified, known, told, i, words, differ }) {
  const facts = head(verified, known);
  const hero = page.querySelector(".hero");
  if (textOf(page.querySelector("[data-fact=goods]")) !== squeeze(facts.goods[i])) differ(hero, `it is ${facts.goods[i]}`);
  const state = page.querySelector("[data-fact=state]");
  if (Boolean(state) !== facts.recalled) differ(hero, facts.recalled ? "it has been recalled" : "it has not been recalled");
  const names = (list) => new Set(list.map((one) => squeeze(one[i])));
  const listed = (name) => new Set(textOf(page.querySelector(`[data-fact=${name}]`)).split("、").filter(Boolean));
  for (const name of ["growers", "places"]) if (!equalSets(listed(name), names(facts[name]))) differ(hero, `${name}: ${[...names(facts[name])].join()}`);
  const hours = facts.harvestMs === null ? null : Math.max(0, Math.floor((verified.checkpoint.timeMs - Number(facts.harvestMs)) / 3600000));
  const clockText = hours === null ? "" : `${hours < 100 ? hours : Math.floor(hours / 24)} ${said(words, hours < 100 ? "hours" : "days", i)}`;
  if (!textOf(page.querySelector(".clock")).startsWith(clockText)) differ(hero, `since harvest: ${clockText}`);
  const out = told.some((line) => line.flags.some((flag) => flag.serious) && line.tag === READINGS);
  const badges = [...page.querySelectorAll(".badges li")].map(textOf);
  const tested = { good: "tested_ok", bad: "tested_bad", none: "tested_none" }[facts.tested];
  const cold = out ? ["cold_bad"] : ["cold_ok", "cold_none"];
  const expected = [said(words, tested, i), badges[1], ...facts.certificates.map((kind) => said(words, "certificate", i, { kind: kind[i] }))];
  const good = badges.join("\n") === expected.join("\n") && cold.some((name) => badges[1] === said(words, name, i));
  if (!good) differ(page.querySelector(".badges"), "badges that the records do not bear out");
}

function equalSets(one, two) {
  return one.size === two.size && [...one].every((item) => two.has(item));
}

function compareBrief({ page, verified, known, clock, told, i, differ }) {
  const expected = brief(verified, known, clock, told) ?? [];
  const shown = [...page.querySelectorAll("[data-brief]")];
  if (shown.length !== expected.length) differ(page.querySelector(".facts"), "facts left out or added");
  for (const [place, element] of shown.entries()) {
    const says = expected[place]?.[1][i];
    if (says !== undefined && textOf(element) !== squeeze(says)) differ(element.parentElement, `the records say: ${says}`);
  }
}

/** Hand-overs: who to whom, and when. */
function compareLegs({ page, verified, known, clock, differ, i }) {
  const records = new Map(verified.records.map((record) => [record.name, record]));
  const shipped = verified.records.filter((record) => record.code === 0 && record.action[0] === "trace.ship" && !known.isAside(record));
  const shown = [...page.querySelectorAll(".legs li[data-leaves]")];
  if (shown.length !== shipped.length) differ(page.querySelector(".legs"), "hand-overs left out or added");
  for (const element of shown) {
    const [ship, answer] = element.dataset.leaves.split(" ").map((name) => records.get(name));
    if (ship?.action[0] !== "trace.ship") {
      differ(element, "no such hand-over");
      continue;
    }
    const fields = known.fields(ship);
    const parties = `${known.signer(ship)[i]} → ${known.name(`organisation:${fields.receiver}`)[i]}`;
    const times = [clock.instant(fields.event_ms), ...(answer ? [clock.instant(known.fields(answer).event_ms, fields.event_ms)] : [])];
    const text = textOf(element);
    const good = textOf(element.querySelector(".leg")) === squeeze(parties) && times.every((time) => text.includes(time));
    if (!good) differ(element, `${parties}, ${times.join(", ")}`);
  }
}

/** Results of tests line by line, verdicts, and that every file shown is one that a record names. */
function comparePapers({ page, verified, known, i, words, differ }) {
  const records = new Map(verified.records.map((record) => [record.name, record]));
  const { files } = head(verified, known);
  for (const link of page.querySelectorAll("a.file")) {
    if (!files.has(new URL(link.href).pathname.replace("/file/", ""))) differ(link, "a file that no record names");
  }
  const tests = verified.records.filter((record) => record.code === 0 && record.action[0] === "trace.inspect" && !known.isAside(record));
  const shown = [...page.querySelectorAll("article[data-leaf]")];
  if (shown.length !== tests.length) differ(page.querySelector("#papers-h"), "tests left out or added");
  for (const element of shown) {
    const fields = records.has(element.dataset.leaf) ? known.fields(records.get(element.dataset.leaf)) : {};
    const results = (fields.results ?? []).map(([analyte, method, value, scale, unit, limit, passed]) =>
      squeeze(`${analyte}${method} ${decimal(value, scale)} ${unit} ${limit === null ? "—" : `${decimal(limit, scale)} ${unit}`} ${said(words, passed ? "passed" : "failed", i)}`));
    const rows = [...element.querySelectorAll("tbody tr")].map((row) => [...row.children].map(textOf).join(" "));
    const verdict = textOf(element.querySelector(".badge"));
    const good = rows.join("\n") === results.join("\n") && verdict === known.choice(fields.verdict)[i];
    if (!good) differ(element, "not what the laboratory signed");
  }
}

/** Counts of the trust archive: those of the certified rows of this lot's listing and of its product's. */
function compareListings({ page, verified, known, rows, i, words, differ }) {
  const lot = verified.claim[2].slice("lot:".length);
  const expected = [`lot/${lot}`, `${lot.split("/")[0]}@`];
  const shown = [...page.querySelectorAll("article[data-listing]")];
  if (String(shown.map((one) => one.dataset.listing)) !== String(expected)) differ(page.querySelector("#archive-h"), "listings left out or added");
  for (const element of shown) {
    const name = `listing:${element.dataset.listing}`;
    const says = rows.has(name) ? listed(known.row("listing", rows.get(name) ?? []), known, i, words) : "nothing that is proven";
    const text = [...element.querySelectorAll("p")].map(textOf).join("\n");
    if (text !== says) differ(element, `the archive counts: ${says}`);
  }
}

/** A listing's row in the page's words. */
function listed(row, known, i, words) {
  const ratings = row.ratings ?? [];
  const of = (name) => Number(row[name] ?? 0);
  const stars = ratings.reduce((sum, count, place) => sum + (place + 1) * count, 0);
  const tenths = of("reviews") ? Math.floor((20 * stars + of("reviews")) / (2 * of("reviews"))) : 0;
  const score = `${Math.floor(tenths / 10)}.${tenths % 10}`;
  const counts = { score, endorsements: of("endorsements") - of("withdrawn") };
  for (const name of ["reviews", "photos", "returning", "visits", "hidden", "erased", "excursions"]) counts[name] = of(name);
  const ends = (row.claims ?? []).map(([name, count]) => `${known.choice(name)[i]} ${count}`).join(" · ");
  return [
    said(words, counts.reviews ? "archive_score" : "archive_none", i, counts),
    counts.photos + counts.returning + counts.visits + counts.endorsements ? said(words, "archive_more", i, counts) : "",
    counts.hidden + counts.erased + counts.excursions ? said(words, "archive_kept", i, counts) : "",
    said(words, ends ? "claims" : "claims_none", i, { ends }),
  ].filter(Boolean).map(squeeze).join("\n");
}

/** Curves: every drawn point is a reading, and neither the lowest nor the highest reading is missing. */
function compareCurves({ page, verified, known, differ }) {
  const series = readings(verified, known);
  for (const figure of page.querySelectorAll("figure.chart")) {
    const [name, plot] = [figure.dataset.series, (figure.dataset.plot ?? "").split(" ").map(Number)];
    const points = series.get(name);
    series.delete(name);
    const drawn = [...(figure.querySelector("path.curve")?.getAttribute("d") ?? "").matchAll(/[ML]([\d.]+) ([\d.]+)/g)];
    const [startMs, endMs, bottom, top] = plot;
    if (!points || plot.length !== 4 || !drawn.length || !(endMs > startMs && top > bottom)) {
      differ(figure, "a curve without readings");
      continue;
    }
    const [perX, perY] = [(endMs - startMs) / 308, (top - bottom) / 148];
    const put = drawn.map(([, x, y]) => [startMs + (Number(x) - 44) * perX, bottom + (162 - Number(y)) * perY]);
    const near = (one, two) => Math.abs(one[0] - two[0]) <= perX && Math.abs(one[1] - two[1]) <= perY;
    const isReading = (point) => points.slice(after(points, point[0] - perX)).some((reading, at, rest) => near(reading, point) && at < rest.length);
    const values = points.map(([, value]) => value);
    const extremes = [Math.min(...values), Math.max(...values)];
    const reached = extremes.every((value) => put.some((point) => Math.abs(point[1] - value) <= perY));
    const whole = Math.abs(points[0][0] - startMs) <= perX && Math.abs(points.at(-1)[0] - endMs) <= perX;
    if (!reached || !whole || !put.every(isReading) || !ticks(figure, plot, known, name)) differ(figure, "a curve that the readings do not make");
  }
  for (const [name, points] of series) if (points.length > 1) differ(page.querySelector("#cold-h"), `a curve left out: ${name}`);
}

/** Where the readings from a time on begin. */
function after(points, timeMs) {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether the figures along the axis stand where they belong. */
function ticks(figure, [, , bottom, top], known, name) {
  const [device, metric] = name.split(" ");
  const { exponent } = known.metrics.get(`${device.slice("device:".length)} ${metric}`);
  return [...figure.querySelectorAll("text[data-y]")].every((tick) => {
    const value = bottom + ((162 - (Number(tick.getAttribute("y")) - 4)) / 148) * (top - bottom);
    return Math.abs(Number(textOf(tick)) / 10 ** exponent - value) <= (top - bottom) / 100;
  });
}

/** Plausible readings by "device metric thing", in order of time. */
function readings(verified, known) {
  const found = new Map();
  for (const record of verified.records) {
    if (record.action[0] !== READINGS || record.code !== 0) continue;
    const fields = known.fields(record);
    const device = [...record.subjects.keys()].find((subject) => subject.startsWith("device:")) ?? "";
    const thing = [...record.subjects.keys()].find((subject) => /^(plot|vehicle|unit|site):/.test(subject)) ?? device;
    const times = instants(fields);
    for (const [metric, values] of fields.columns) {
      const facts = known.metrics.get(`${device.slice("device:".length)} ${metric}`);
      if (!facts || metric === "latitude" || metric === "longitude") continue;
      const name = `${device} ${metric} ${thing}`;
      const points = values.map((value, place) => [times[place], value]).filter(([, value]) => value !== null && facts.minimum <= value && value <= facts.maximum);
      found.set(name, [...(found.get(name) ?? []), ...points]);
    }
  }
  for (const points of found.values()) points.sort((one, two) => one[0] - two[0]);
  return found;
}
