// Records in the words of the modules: client/journey/sentences.py and readings.py in a browser.

import { hex } from "./bytes.js";
import { deviceOf, READINGS } from "./known.js";
import { isInt } from "./shapes.js";
import { decimal, fill, keyOf } from "./told.js";

const REFERENCES = {
  device: "device", product: "product", site: "site", plot: "plot", planting: "planting", vehicle: "vehicle",
  certificate: "certificate", organisation: "organisation", receiver: "organisation", shipper: "organisation",
  holder: "organisation", origin: "site", destination: "site",
};
const both = (text) => [text, text];
const isEmpty = (value) => !value || (value.length === 0 && typeof value === "object") || value === 0n;

export class Sentences {
  constructor(known, clock) {
    this.known = known;
    this.clock = clock;
  }

  /** A record in a sentence, in both languages; `merged` replaces fields. */
  tell(record, merged = {}) {
    const tag = record.action[0];
    const fields = { ...this.widened(tag, this.known.fields(record)), ...merged };
    const words = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, this.value(name, value, fields)]));
    const action = this.known.words.actions[tag];
    if (!action) {
      const shown = Object.entries(words).filter(([, value]) => value).map(([name, value]) => `${name}=${value[1]}`).join(", ");
      return [`${tag}：${shown}`, `${tag}: ${shown}`];
    }
    if (!action.sentence) {
      const [zh, en] = this.known.name([...record.subjects.keys()][0] ?? "");
      return [`${action.title[0]}：${zh}`, `${action.title[1]}: ${en}`];
    }
    return [0, 1].map((language) => fill(action.sentence[language], pick(words, language)));
  }

  widened(tag, fields) {
    if (tag === "trace.harvest") {
      const lot = `${fields.product}/${fields.number}`;
      return { ...fields, lot, goods: this.known.goods.get(`lot:${lot}`) };
    }
    if (tag === "trace.receive" || tag === "trace.refuse_shipment") {
      const { shipper, units, lots } = this.known.shipments.get(fields.shipment) ?? {};
      return { shipper, units, lots, ...fields };
    }
    return fields;
  }

  value(name, value, fields) {
    if (isEmpty(value)) return null;
    if (value === true) return ["", ""];
    if (name === "goods") return value;
    if (name === "unit") return this.known.units(typeof value === "string" ? [value] : value, 6);
    if (name === "units") return this.known.units(value);
    if (Array.isArray(value)) {
      const parts = value.map((one) => this.item(name, one));
      return [parts.map(([zh]) => zh).join("、"), parts.map(([, en]) => en).join(", ")];
    }
    if (value instanceof Uint8Array) return both(hex(value));
    if (isInt(value)) return this.number(name, value, fields);
    if (["target", "thing", "container"].includes(name)) return this.known.name(value);
    if (name === "lot") return this.known.name(`lot:${value}`);
    if (Object.hasOwn(REFERENCES, name)) {
      const subject = `${REFERENCES[name]}:${value}`;
      return name === "destination" && !this.known.names.has(subject) ? null : this.known.name(subject);
    }
    return this.known.choice(String(value));
  }

  number(name, value, fields) {
    if (name === "quantity" && "lot" in fields) return this.known.amount(fields.lot, value);
    if (name === "valid_from_ms" || name === "valid_to_ms") return both(this.clock.day(value));
    if (name.endsWith("_ms")) return both(this.clock.instant(value));
    return both(name === "loss" ? `${decimal(value, -6)} kg` : String(value));
  }

  item(name, item) {
    if (name === "results" && Array.isArray(item) && item.length === 7) {
      const [analyte, , value, scale, unit, limit, passed] = item;
      let [zh, en] = this.known.choice(passed ? "pass" : "fail");
      if (isInt(limit)) [zh, en] = [`限值 ${decimal(limit, scale)}，${zh}`, `limit ${decimal(limit, scale)}, ${en}`];
      const measured = `${analyte} ${decimal(value, scale)} ${unit}`;
      return [`${measured}（${zh}）`, `${measured} (${en})`];
    }
    if (name === "outputs" && Array.isArray(item) && item.length === 3) {
      const lot = `${item[0]}/${item[1]}`;
      const [key, amount] = [this.known.lot(lot), this.known.amount(lot, item[2])];
      return [`${key[0]} ${amount[0]}`, `${key[1]} ${amount[1]}`];
    }
    if (Array.isArray(item) && item.length === 2) {
      const [key, amount] = [this.known.name(`lot:${item[0]}`), this.known.amount(item[0], item[1])];
      return [`${key[0]} ${amount[0]}`, `${key[1]} ${amount[1]}`];
    }
    return name === "lots" && typeof item === "string" ? this.known.name(`lot:${item}`) : this.known.choice(String(item));
  }

  /** What the rules found when they accepted the records of one line, each finding once. */
  flags(group) {
    const found = new Map();
    for (const record of [...group].sort((one, two) => Number(one.height) - Number(two.height))) {
      for (const event of record.details) {
        const key = keyOf(event[0] === "excursion" ? event.slice(0, 3) : event);
        found.set(key, [record, event]);
      }
    }
    const flags = [];
    for (const [record, [event, ...fields]] of found.values()) {
      const known = this.known.words.events[event];
      if (!known || known.about === "fact") continue;
      const words = Object.fromEntries(this.eventWords(event, fields, record).map((word, place) => [place, word]));
      const beside = this.known.isAside(record) || this.known.isBeside(fields[0]);
      const says = [0, 1].map((language) => fill(known.says[language], pick(words, language)));
      flags.push({ serious: known.about === "goods" && !beside, says });
    }
    return [...flags, ...this.doubts(group)];
  }

  doubts(group) {
    const found = new Map();
    for (const record of group) {
      if (record.action[0] !== READINGS) continue;
      const device = deviceOf(record);
      const { sequence } = this.known.fields(record);
      for (const [first, last] of this.known.doubtful.get(device) ?? []) {
        if (first <= sequence && sequence <= last) found.set(`${first} ${last}`, [first, last, device]);
      }
    }
    return [...found.values()].map(([first, last, device]) => {
      const [zh, en] = this.known.name(device);
      return {
        serious: true,
        says: [`${zh}的第 ${first} 至 ${last} 号读数记录被声明有误`, `records ${first} to ${last} of ${en} were declared wrong`],
      };
    });
  }

  eventWords(event, fields, record) {
    const beside = this.known.fields(record).start_ms ?? null;
    const metric = (name) => this.known.metric(name);
    const instant = (timeMs) => both(this.clock.instant(timeMs));
    if (event === "excursion" && fields.length === 7) {
      const [lot, name, first, last, peak, exponent, outside] = fields;
      const minutes = Math.ceil(Number(outside) / 60000);
      const times = [first, last].map((timeMs) => both(this.clock.instant(timeMs, beside)));
      const reading = this.reading(record, name, peak, exponent);
      return [this.known.name(lot), metric(name), ...times, reading, both(String(exponent)), [`${minutes} 分钟`, `${minutes} min`]];
    }
    if (event === "outlier" && fields.length >= 4) {
      const [name, count, worst, exponent] = fields;
      return [metric(name), both(String(count)), this.reading(record, name, worst, exponent)];
    }
    if (event === "time_gap" && fields.length === 2) return fields.map(instant);
    if (event === "not_judged" && fields.length === 2) {
      return [this.known.name(fields[0]), both(this.clock.instant(fields[1], beside))];
    }
    if (event === "safety_interval" && fields.length === 3) return [this.known.name(fields[0]), both(fields[1]), instant(fields[2])];
    if (event === "shortage" && fields.length === 2) {
      return [this.known.name(fields[0]), this.known.amount(fields[0].replace(/^lot:/, ""), fields[1])];
    }
    return fields.map((field) => this.plain(field));
  }

  reading(record, metric, value, exponent) {
    const facts = this.known.metrics.get(`${deviceOf(record).slice("device:".length)} ${metric}`);
    return both(decimal(value, exponent) + (facts ? this.known.unit(facts.unit) : ""));
  }

  plain(field) {
    if (typeof field !== "string") return both(field instanceof Uint8Array ? hex(field) : String(field));
    return this.known.words.metrics[field] ?? (field.includes(":") ? this.known.name(field) : this.known.choice(field));
  }
}

function pick(words, language) {
  return Object.fromEntries(Object.entries(words).map(([name, value]) => [name, value ? value[language] : null]));
}
