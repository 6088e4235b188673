// The journey in lines, and a day of readings in one: client/journey/timeline.py and readings.py in a browser.

import { deviceOf, READINGS } from "./known.js";
import { asSigned, maySayOrganic } from "./promises.js";
import { Sentences } from "./sentences.js";
import { decimal, keyOf } from "./told.js";

const PACKING = "trace.pack_unit";

/** Lines as { leaves, says: [zh, en], who: [zh, en], flags, aside, fromMs, untilMs, tag }, in the order of a page. */
export function lines(verified, known, clock) {
  const sentences = new Sentences(known, clock);
  const groups = new Map();
  for (const record of verified.records) {
    if (record.kind === 2 || record.code !== 0) continue;
    const key = alike(record, known, clock);
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  const organic = maySayOrganic(verified, known);
  const found = [...groups.values()].map((group) => {
    const told = line(group, known, clock, sentences);
    return { ...told, says: asSigned(told.says, known, organic) };
  });
  return found.sort((one, two) => Number(one.untilMs) - Number(two.untilMs) || Number(one.recordedMs) - Number(two.recordedMs));
}

function alike(record, known, clock) {
  const fields = known.fields(record);
  if (record.action[0] === READINGS) return `${deviceOf(record)} ${clock.day(fields.start_ms)}`;
  if (record.action[0] === PACKING) return `${keyOf(Object.values({ ...fields, unit: "" }))} ${record.key}`;
  return record.name;
}

function line(group, known, clock, sentences) {
  const first = group[0];
  const tag = first.action[0];
  const shared = {
    tag,
    leaves: group.map((record) => record.name),
    recordedMs: group.reduce((latest, record) => (record.timeMs > latest ? record.timeMs : latest), first.timeMs),
    flags: sentences.flags(group),
    aside: known.isAside(first),
  };
  if (tag === READINGS) {
    const device = deviceOf(first);
    const day = new Day(device, group.map((record) => known.fields(record)));
    return { ...shared, who: known.name(device), says: day.tell(known), fromMs: day.startMs, untilMs: day.endMs };
  }
  const fields = known.fields(first);
  const timeMs = fields.event_ms ?? first.timeMs;
  const merged = group.length > 1 ? { unit: group.map((record) => known.fields(record).unit), each: true } : {};
  const who = known.who(first);
  const says = sentences.tell(first, merged);
  return { ...shared, who: who ? known.name(who) : known.signer(first), says, fromMs: timeMs, untilMs: timeMs };
}

/** When the readings of a record were taken. */
export function instants(fields) {
  if (fields.offsets_ms?.length) return fields.offsets_ms.map((offset) => fields.start_ms + offset);
  return fields.columns[0][1].map((_, place) => fields.start_ms + place * fields.interval_ms);
}

class Day {
  constructor(device, listed) {
    this.device = device;
    this.count = 0;
    this.startMs = Infinity;
    this.endMs = 0;
    this.columns = new Map();
    for (const fields of listed.sort((one, two) => one.start_ms - two.start_ms)) {
      const times = instants(fields);
      this.startMs = Math.min(this.startMs, fields.start_ms);
      this.endMs = Math.max(this.endMs, times.at(-1));
      this.count += times.length;
      for (const [metric, values] of fields.columns) {
        this.columns.set(metric, [...(this.columns.get(metric) ?? []), ...values]);
      }
    }
  }

  tell(known) {
    const spans = [...this.columns.keys()].filter((metric) => !["latitude", "longitude"].includes(metric));
    const told = [...spans.map((metric) => this.span(known, metric)), this.way()].filter(Boolean);
    const name = known.name(this.device);
    return [
      `${name[0]}：` + [...told.map(([zh]) => zh), `${this.count} 次`].join("，"),
      `${name[1]}: ` + [...told.map(([, en]) => en), `${this.count} readings`].join(", "),
    ];
  }

  span(known, metric) {
    const [zh, en] = known.metric(metric);
    const facts = known.metrics.get(`${this.device.slice("device:".length)} ${metric}`);
    if (!facts) return [`${zh}（刻度不在证明内）`, `${en} (scale not in the proof)`];
    const found = this.columns.get(metric).filter((value) => value !== null && facts.minimum <= value && value <= facts.maximum);
    if (!found.length) return null;
    const [least, most] = [Math.min(...found), Math.max(...found)];
    const sum = found.reduce((total, value) => total + value, 0);
    const mean = Math.floor((2 * sum + found.length) / (2 * found.length));
    const [low, high, middle] = [least, most, mean].map((value) => shown(value, facts.exponent));
    const unit = known.unit(facts.unit);
    if (low === high) return [`${zh} ${low}${unit}`, `${en} ${low}${unit}`];
    const span = least >= 0 ? `${low}–${high}${unit}` : `${low} … ${high}${unit}`;
    return [`${zh} ${span}（均 ${middle}）`, `${en} ${span} (mean ${middle})`];
  }

  way() {
    const [norths, easts] = ["latitude", "longitude"].map((metric) => this.columns.get(metric) ?? []);
    const places = norths
      .slice(0, easts.length)
      .map((north, at) => [north, easts[at]])
      .filter(([north, east]) => north !== null && east !== null)
      .map(([north, east]) => [north * 1e-7, east * 1e-7]);
    if (!places.length) return null;
    const km = places.slice(1).reduce((total, place, at) => total + distanceKm(places[at], place), 0);
    if (km < 1) return [`位置 ${position(places[0])}`, `at ${position(places[0])}`];
    const way = `${position(places[0])} → ${position(places.at(-1))}`;
    return [`行程 ${way}，约 ${km.toFixed(0)} 公里`, `from ${way}, about ${km.toFixed(0)} km`];
  }
}

/** A reading to two decimals at most, rounded half up. */
function shown(value, exponent) {
  const coarser = 10 ** Math.max(0, -2 - exponent);
  return decimal(Math.floor((2 * value + coarser) / (2 * coarser)), Math.max(exponent, -2), true);
}

function position([north, east]) {
  return `${Math.abs(north).toFixed(3)}°${north >= 0 ? "N" : "S"} ${Math.abs(east).toFixed(3)}°${east >= 0 ? "E" : "W"}`;
}

export function distanceKm(one, two) {
  const [north1, east1, north2, east2] = [...one, ...two].map((degrees) => (degrees * Math.PI) / 180);
  const across = Math.sqrt(Math.cos(north1) * Math.cos(north2)) * Math.sin((east2 - east1) / 2);
  return 2 * 6371 * Math.asin(Math.min(1, Math.hypot(Math.sin((north2 - north1) / 2), across)));
}
