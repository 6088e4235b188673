// Whether the way on the page is the recorded one: hand-overs in their order, and a schematic out of the positions that
// devices and registers signed, drawn again as gateway/pages/sketch.py draws it.

import { said } from "./texts.js";
import { READINGS } from "./verifier/known.js";
import { distanceKm, instants } from "./verifier/lines.js";

const [WIDTH, HEIGHT, MARGIN, FOOT] = [360, 260, 46, 20];
const DEGREE = 1e7;
const RADIAN = Math.PI / 180;
const KM = 1 / (6371 * RADIAN);
const SCALES_KM = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];
const [BAR_MAX, POINTS_MAX, NEAR, APART] = [110, 200, 12, 18];
const SLIP = 0.15; // figures are written to a tenth

export function compareWay(context) {
  compareLegs(context);
  compareMap(context);
}

/** Hand-overs: who to whom, over which way, when, and how it ended. */
function compareLegs({ page, verified, known, clock, asSigned, differ, says, i, words }) {
  const accepted = verified.records.filter((record) => record.code === 0 && !known.isAside(record));
  const answers = new Map(accepted.filter((record) => /^trace\.(receive|refuse_shipment)$/.test(record.action[0])).map((record) => [known.fields(record).shipment, record]));
  const when = (record) => Number(known.fields(record).event_ms);
  const shipped = accepted.filter((record) => record.action[0] === "trace.ship").sort((one, two) => when(one) - when(two));
  const shown = [...page.querySelectorAll(".legs li")];
  const none = !shipped.length && shown.length === 1 && says(shown[0], said(words, "no_handovers", i));
  if (shown.length !== shipped.length && !none) differ(page.querySelector(".legs"), "hand-overs left out or added");
  for (const [place, element] of shown.slice(0, shipped.length).entries()) {
    const ship = shipped[place];
    const expected = leg(known, clock, ship, answers.get(known.fields(ship).shipment), asSigned, i, words);
    const texts = [...element.querySelectorAll("p")];
    const good = texts.length === expected.length && texts.every((text, at) => says(text, expected[at]));
    if (!good) differ(element, expected.filter(Boolean).join(", "));
  }
}

function leg(known, clock, ship, answer, asSigned, i, words) {
  const [fields, back] = [known.fields(ship), answer ? known.fields(answer) : {}];
  const name = (kind, key) => (key ? known.name(`${kind}:${key}`)[i] : "");
  const way = fields.origin || fields.destination ? `${name("site", fields.origin)} → ${name("site", fields.destination)}` : "";
  const by = fields.vehicle ? ` · ${said(words, "by_vehicle", i, { vehicle: name("vehicle", fields.vehicle) })}` : "";
  const ended = !answer ? "not_received" : answer.action[0] === "trace.receive" ? "received" : "refused";
  const time = answer ? clock.instant(back.event_ms, fields.event_ms) : "";
  const remark = back.remark || back.reason;
  const when = `${said(words, "handed_over", i, { time: clock.instant(fields.event_ms) })} · ${said(words, ended, i, { time })}`;
  return [
    `${known.signer(ship)[i]} → ${known.name(`organisation:${fields.receiver}`)[i]}`,
    `${way}${by}`,
    `${when}${remark ? ` · ${asSigned(remark)}` : ""}`,
  ];
}

/** The schematic: every stop with its name, every drawn position, when it set off and arrived, the scale. */
function compareMap(context) {
  const { page, differ } = context;
  const figures = [...page.querySelectorAll("figure.map")];
  const expected = sketch(trackOf(context), placesOf(context));
  const good = expected ? figures.length === 1 && isDrawn(context, figures[0], expected) : !figures.length;
  if (!good) differ(figures[0] ?? page.querySelector(".legs"), "a way that the records do not make");
}

/** Where devices say they were, in order of time: [time, north, east] in degrees. */
function trackOf({ verified, known }) {
  const found = [];
  for (const record of verified.records) {
    if (record.action[0] !== READINGS || record.code !== 0 || known.isAside(record)) continue;
    const fields = known.fields(record);
    const columns = new Map(fields.columns);
    const [norths, easts] = ["latitude", "longitude"].map((metric) => columns.get(metric) ?? []);
    for (const [place, timeMs] of instants(fields).entries()) {
      const [north, east] = [norths[place] ?? null, easts[place] ?? null];
      if (north !== null && east !== null) found.push([timeMs, north / DEGREE, east / DEGREE]);
    }
  }
  return found.sort((one, two) => one[0] - two[0] || one[1] - two[1] || one[2] - two[2]);
}

/** Plots and sites that the journey holds or names, with a public position: [name, north, east]. */
function placesOf({ verified, known, rows, i }) {
  const named = new Set(verified.records.flatMap((record) => [...record.subjects.keys()]));
  const beside = [...rows.keys()].filter((subject) => named.has(subject));
  const subjects = [...new Set([...verified.sections.keys(), ...beside])].filter((subject) => /^(plot|site):/.test(subject));
  const found = subjects.map((subject) => known.row(subject.slice(0, 4), verified.sections.get(subject)?.row ?? rows.get(subject)));
  return found.filter((row) => row && row.latitude !== null && row.longitude !== null)
    .map((row) => [i ? row.name_en : row.name_zh, row.latitude / DEGREE, row.longitude / DEGREE]);
}

/** What must be drawn; null where no two positions are public. */
function sketch(track, places) {
  const positions = [...track, ...places].map(([, north, east]) => [north, east]);
  if (new Set(positions.map(String)).size < 2) return null;
  const [norths, easts] = [positions.map(([north]) => north), positions.map(([, east]) => east)];
  const [south, north] = [Math.min(...norths), Math.max(...norths)];
  const shrink = Math.cos(((south + north) / 2) * RADIAN);
  const [west, east] = [Math.min(...easts) * shrink, Math.max(...easts) * shrink];
  const unit = Math.min((WIDTH - 2 * MARGIN) / Math.max(east - west, 1e-6), (HEIGHT - 2 * MARGIN - FOOT) / Math.max(north - south, 1e-6));
  const left = (WIDTH - unit * (east - west)) / 2;
  const top = (HEIGHT - FOOT - unit * (north - south)) / 2;
  const at = ([, n, e]) => [left + unit * (e * shrink - west), top + unit * (north - n)].map((number) => Number(number.toFixed(1)));
  const every = Math.max(1, Math.floor(track.length / POINTS_MAX));
  const fixes = [...track.filter((_, place) => place % every === 0), ...track.slice(-1)].map(at);
  const stops = stopsOf(places, at);
  const end = (fix) => {
    const [x, y] = at(fix);
    const isNamed = stops.some((stop) => Math.abs(stop.x - x) < NEAR && Math.abs(stop.y - y) < NEAR);
    return { x, y, timeMs: fix[0], labelX: Math.min(Math.max(x, 56), 304), labelY: y + (isNamed ? 44 : 24) };
  };
  const km = SCALES_KM.filter((scale) => scale * unit * KM <= BAR_MAX).at(-1) ?? SCALES_KM[0];
  return {
    points: [...new Map(fixes.map((point) => [String(point), point])).values()],
    stops,
    ends: track.length ? [end(track[0]), end(track.at(-1))] : [],
    bar: km * unit * KM,
    scale: km < 1 ? `${km * 1000} m` : `${km} km`,
    lengthKm: track.slice(1).reduce((total, fix, place) => total + distanceKm(track[place].slice(1), fix.slice(1)), 0),
  };
}

/** A dot for each position with the names of all that stand there, from the top down, labels clear of each other. */
function stopsOf(places, at) {
  const named = new Map();
  for (const place of places) {
    const [x, y] = at(place);
    if (!named.has(`${x} ${y}`)) named.set(`${x} ${y}`, { x, y, names: new Set() });
    named.get(`${x} ${y}`).names.add(place[0]);
  }
  const stops = [];
  for (const { x, y, names } of [...named.values()].sort((one, two) => one.y - two.y)) {
    let labelY = y + 25;
    while (stops.some((other) => Math.abs(labelY - other.labelY) < APART)) labelY += APART;
    const labelX = x < WIDTH / 3 ? Math.max(x - 20, 8) : x > (WIDTH * 2) / 3 ? Math.min(x + 20, WIDTH - 8) : x;
    stops.push({ x, y, labelX, labelY, name: [...names].join(" · ") });
  }
  return stops;
}

function isDrawn({ clock, i, words, says }, figure, { points, stops, ends, bar, scale, lengthKm }) {
  const svg = figure.querySelector("svg");
  if (!svg || figure.querySelectorAll("svg").length !== 1 || svg.getAttribute("viewBox") !== `0 0 ${WIDTH} ${HEIGHT}` || svg.querySelector("[transform], [style]")) return false;
  const of = (selector) => [...svg.querySelectorAll(selector)];
  const near = (element, ...expected) => expected.every(([name, value]) => Math.abs(Number(element.getAttribute(name)) - value) <= SLIP);
  const dot = ({ x, y }, element) => near(element, ["cx", x], ["cy", y]);
  const label = ({ labelX, labelY }, text, element) => near(element, ["x", labelX], ["y", labelY]) && says(element, text);
  const times = ends.map(({ timeMs }, place) => said(words, place ? "arrived" : "set_off", i, { time: clock.hour(timeMs) }));
  const [circles, rings] = [of("circle.stop"), of("circle.end")];
  const [names, moments] = [of("text.stop-name"), of("text.end-name")];
  const whole = of("*").length === 9 + 2 * stops.length + 2 * ends.length && of("path").length === 4
    && circles.length === stops.length && names.length === stops.length && rings.length === ends.length && moments.length === ends.length;
  return whole
    && stops.every((stop, place) => dot(stop, circles[place]) && label(stop, stop.name, names[place]))
    && ends.every((end, place) => dot(end, rings[place]) && label(end, times[place], moments[place]))
    && of("path.track, path.track-under").every((path) => isAlong(path, points)) && of("path.track").length === 1
    && isBar(svg, bar) && says(svg.querySelector(".bar text"), scale) && says(svg.querySelector(".north text"), "N")
    && says(svg.querySelector("title"), said(words, "map", i, { km: Math.round(lengthKm) }))
    && says(figure.querySelector("figcaption"), said(words, "map_note", i));
}

/** A line through these points, and no others. */
function isAlong(path, points) {
  const drawn = [...(path.getAttribute("d") ?? "").matchAll(/([ML])([-\d.]+) ([-\d.]+)/g)];
  return drawn.map(([part]) => part).join("") === path.getAttribute("d") && drawn.length === points.length
    && drawn.every(([, letter, x, y], place) => (letter === "M") === (place === 0)
      && Math.abs(Number(x) - points[place][0]) <= SLIP && Math.abs(Number(y) - points[place][1]) <= SLIP);
}

function isBar(svg, length) {
  const [, drawn] = /^M20 236v6h([\d.]+)v-6$/.exec(svg.querySelector(".bar path")?.getAttribute("d") ?? "") ?? [];
  return drawn !== undefined && Math.abs(Number(drawn) - length) <= SLIP;
}
