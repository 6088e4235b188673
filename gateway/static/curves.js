// Whether the curves on the page are those of the signed readings: every point, band, excursion and figure.

import { said, textOf } from "./texts.js";
import { READINGS } from "./verifier/known.js";
import { instants } from "./verifier/lines.js";
import { decimal } from "./verifier/told.js";

const [LEFT, TOP, BOTTOM, WIDE, HIGH] = [44, 14, 162, 308, 148];
const DAY_MS = 86400000;
const HOUR_MS = 3600000;
const CARRYING = /^(vehicle|unit|site):/;

/** Series with at least two readings: { name, device, metric, thing, facts, points: [time, value | null], low, high, excursions }. */
export function curvesOf({ verified, known, rows }) {
  const found = new Map();
  const band = bandOf(verified, known, rows);
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
      if (!found.has(name)) found.set(name, { name, device, metric, thing, facts, points: [], excursions: [], ...judged(band, thing, metric, facts) });
      const curve = found.get(name);
      const plausible = (value) => value !== null && facts.minimum <= value && value <= facts.maximum;
      for (const [place, value] of values.entries()) curve.points.push([times[place], plausible(value) ? value : null]);
      if (curve.low !== null) curve.excursions.push(...excursionsOf(record, metric, known));
    }
  }
  for (const curve of found.values()) finish(curve);
  return [...found.values()].filter((curve) => curve.values.length > 1);
}

function finish(curve) {
  curve.points.sort((one, two) => one[0] - two[0]);
  curve.values = curve.points.map(([, value]) => value).filter((value) => value !== null);
  const byStart = new Map();
  for (const one of curve.excursions.sort((one, two) => one.last - two.last)) byStart.set(String(one.first), one);
  curve.excursions = [...byStart.values()];
}

/** The band of the product that the journey is about; null without one. */
function bandOf(verified, known, rows) {
  const subject = `product:${verified.claim[2].slice("lot:".length).split("/")[0]}`;
  const row = known.row("product", verified.sections.get(subject)?.row ?? rows.get(subject));
  const band = row?.band;
  return band ? Object.fromEntries(known.words.band.map((name, place) => [name, band[place]])) : null;
}

/** The band in a curve's scale, where it is about this metric in this unit and the device travels with goods. */
function judged(band, thing, metric, facts) {
  const none = { low: null, high: null };
  if (!band || !CARRYING.test(thing) || band.metric !== metric || band.unit !== facts.unit) return none;
  const shift = band.exponent - facts.exponent;
  return shift < 0 ? none : { low: band.minimum * 10 ** shift, high: band.maximum * 10 ** shift };
}

function excursionsOf(record, metric, known) {
  const found = record.details.filter(([event, lot, named]) => event === "excursion" && named === metric && !known.isBeside(lot));
  return found.map(([, , , first, last, peak]) => ({ first, last, peak }));
}

/** Each figure is a curve of the journey, and no curve is missing. */
export function compareCurves(context) {
  const { page, curves, differ } = context;
  const left = new Map(curves.map((curve) => [curve.name, curve]));
  for (const figure of page.querySelectorAll("figure.chart")) {
    const curve = left.get(figure.dataset.series);
    left.delete(figure.dataset.series);
    const plot = (figure.dataset.plot ?? "").split(" ").map(Number);
    if (!curve || plot.length !== 4 || !(plot[1] > plot[0] && plot[3] > plot[2])) differ(figure, "a curve without readings");
    else if (!isDrawn(figure, curve, plot) || !isBanded(figure, curve, plot) || !isTold(context, figure, curve)) differ(figure, "a curve that the readings do not make");
  }
  for (const name of left.keys()) differ(page.querySelector("#cold-h"), `a curve left out: ${name}`);
}

/** Every drawn point is a reading; neither the lowest nor the highest is missing; the axis bears the right figures. */
function isDrawn(figure, curve, [startMs, endMs, bottom, top]) {
  const points = curve.points.filter(([, value]) => value !== null);
  const drawn = [...(figure.querySelector("path.curve")?.getAttribute("d") ?? "").matchAll(/[ML]([\d.]+) ([\d.]+)/g)];
  const [perX, perY] = [(endMs - startMs) / WIDE, (top - bottom) / HIGH];
  const put = drawn.map(([, x, y]) => [startMs + (Number(x) - LEFT) * perX, bottom + (BOTTOM - Number(y)) * perY]);
  const near = (one, two) => Math.abs(one[0] - two[0]) <= perX && Math.abs(one[1] - two[1]) <= perY;
  const isReading = (point) => {
    for (let at = after(points, point[0] - perX); at < points.length && points[at][0] <= point[0] + perX; at++) if (near(points[at], point)) return true;
    return false;
  };
  const extremes = [Math.min(...curve.values), Math.max(...curve.values)];
  const reached = extremes.every((value) => put.some((point) => Math.abs(point[1] - value) <= perY));
  const whole = Math.abs(Number(curve.points[0][0]) - startMs) <= perX && Math.abs(Number(curve.points.at(-1)[0]) - endMs) <= perX;
  return drawn.length > 0 && reached && whole && put.every(isReading) && ticks(figure, bottom, top, curve.facts.exponent);
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
function ticks(figure, bottom, top, exponent) {
  return [...figure.querySelectorAll("text[data-y]")].every((tick) => {
    const value = bottom + ((BOTTOM - (Number(tick.getAttribute("y")) - 4)) / HIGH) * (top - bottom);
    return Math.abs(Number(textOf(tick)) / 10 ** exponent - value) <= (top - bottom) / 100;
  });
}

/** The safe band lies where it must, and each excursion is marked. */
function isBanded(figure, curve, [, , bottom, top]) {
  const band = figure.querySelector("rect.band");
  if (figure.querySelectorAll("rect.burst").length !== curve.excursions.length) return false;
  if (curve.low === null || !band) return curve.low === null && !band;
  const y = (value) => BOTTOM - (HIGH * (value - bottom)) / (top - bottom);
  const [from, height] = ["y", "height"].map((name) => Number(band.getAttribute(name)));
  return Math.abs(from - y(curve.high)) < 0.3 && Math.abs(from + height - y(curve.low)) < 0.3;
}

/** What stands over the curve and in its table. */
function isTold({ known, clock, i, words, says }, figure, curve) {
  const shown = (value) => decimal(value, curve.facts.exponent) + known.unit(curve.facts.unit);
  const [low, high] = [Math.min(...curve.values), Math.max(...curve.values)].map(shown);
  const chart = said(words, "chart", i, { metric: known.metric(curve.metric)[i], low, high, count: curve.values.length });
  const band = curve.low === null ? said(words, "no_band", i) : said(words, "band", i, { low: shown(curve.low), high: shown(curve.high) });
  const out = curve.excursions.map(({ first, last, peak }) => said(words, "excursion", i, { first: clock.instant(first), last: clock.instant(last, first), peak: shown(peak) }));
  const lines = curve.low === null || out.length ? out : [said(words, "no_excursion", i)];
  const expected = [`${chart}；${band}`, ...lines];
  const texts = [...figure.querySelectorAll("figcaption span")];
  const title = says(figure.querySelector("figcaption strong"), `${known.name(curve.thing)[i]} · ${known.metric(curve.metric)[i]}`);
  const cells = [...figure.querySelectorAll("tbody tr")].map((row) => [...row.children].map(textOf).join(" "));
  const told = texts.length === expected.length && texts.every((text, at) => says(text, expected[at]));
  return title && told && says(figure.querySelector("svg title"), chart) && cells.join("\n") === spans(curve, clock, shown).join("\n");
}

/** By day, or by hour where it is all about one: when, lowest, highest. */
function spans(curve, clock, shown) {
  const byDay = curve.points.at(-1)[0] - curve.points[0][0] > DAY_MS;
  const found = [];
  for (const [timeMs, value] of curve.points) {
    const number = clock.number(timeMs, byDay ? DAY_MS : HOUR_MS);
    if (found.at(-1)?.number !== number) {
      found.push({ number, label: byDay ? clock.day(timeMs) : `${clock.hour(timeMs).slice(0, 2)}:00`, values: [] });
    }
    if (value !== null) found.at(-1).values.push(value);
  }
  return found.filter(({ values }) => values.length).map(({ label, values }) => `${label} ${shown(Math.min(...values))} ${shown(Math.max(...values))}`);
}
