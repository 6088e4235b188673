// What a proof and the genesis file tell of names, scales, measures and signers: client/journey/known.py in a browser.

import { hex } from "./bytes.js";
import { split } from "./shapes.js";
import { decimal } from "./told.js";

export const READINGS = "trace.record_readings";
const NAMED = ["organisation", "device", "product", "site", "plot", "vehicle"];
const SOMEBODY = ["未知签名者", "an unknown signer"];
const LEDGER = ["账本", "the ledger"];

export const isGoods = (subject) => subject.startsWith("lot:") || subject.startsWith("unit:");

/** The subject that a record is about: the first that is itself or comes out of it; readings are about their device. */
export function deviceOf(record) {
  return [...record.subjects.keys()].find((subject) => subject.startsWith("device:")) ?? "";
}

export class Known {
  /** `rows`: [[subject, row], ...] proven beside the journey; `words`: the vocabulary. */
  constructor(verified, rows, words) {
    this.words = words;
    this.told = new Map();
    this.names = new Map();
    this.metrics = new Map();
    this.goods = new Map();
    this.measures = new Map();
    this.unitKinds = new Map();
    this.shipments = new Map();
    this.signers = new Map();
    this.doubtful = new Map();
    this.roles = new Map();
    const asked = verified.claim[0] === "journey" ? verified.claim[2] : "";
    this.within = isGoods(asked) ? new Set(verified.sections.keys()) : null;
    for (const [subject, row] of rows) this.learnRow(subject, row, false);
    for (const [subject, section] of verified.sections) this.learnRow(subject, section.row, true);
    for (const record of verified.records) this.learnRecord(record);
    for (const one of verified.genesis.content.organisations) {
      this.names.set(`organisation:${one.id}`, [one.name_zh, one.name_en]);
      if (!this.roles.has(`organisation:${one.id}`)) this.roles.set(`organisation:${one.id}`, one.roles);
      for (const key of one.keys) this.signers.set(key.public_key.toLowerCase(), `organisation:${one.id}`);
    }
  }

  /** A row by the names of its fields; null for a form that this vocabulary does not know. */
  row(kind, row) {
    const names = this.words.rows[kind];
    if (!names || !Array.isArray(row) || row.length > names.length) return null;
    return Object.fromEntries(names.map((name, place) => [name, row[place]]));
  }

  learnRow(subject, raw, proven) {
    const [kind, key] = split(subject);
    const row = NAMED.includes(kind) ? this.row(kind, raw) : null;
    if (!row || typeof row.name_zh !== "string") return;
    this.names.set(subject, [row.name_zh, row.name_en]);
    if (kind === "organisation") this.roles.set(subject, row.roles);
    if (kind !== "device") return;
    for (const metric of row.metrics) {
      const facts = Object.fromEntries(this.words.metric.map((name, place) => [name, metric[place]]));
      this.metrics.set(`${key} ${facts.name}`, facts);
    }
    if (!proven) return;
    for (const public_key of row.keys) this.signers.set(hex(public_key), subject);
    this.doubtful.set(subject, row.doubtful ?? []);
  }

  learnRecord(record) {
    if (record.code !== 0) return;
    const fields = this.fields(record);
    for (const [event, ...said] of record.details) {
      if (event === "commissioned" && said.length === 6) {
        this.measures.set(said[0], said[3]);
        this.goods.set(said[0], [said[4], said[5]]);
      }
    }
    const tag = record.action[0];
    if (tag === "trace.pack_unit") this.unitKinds.set(fields.unit, fields.kind);
    else if (tag === "trace.ship") this.shipments.set(fields.shipment, { ...fields, shipper: firstOrganisation(record) });
    else if (tag === "trace.issue_certificate") {
      const [zh, en] = this.choice(fields.kind);
      this.names.set(`certificate:${fields.certificate}`, [`${zh}证书 ${fields.number}`, `${en} certificate ${fields.number}`]);
    } else if (tag === "trace.start_planting") {
      const [zh, en] = this.name(`plot:${fields.plot}`);
      this.names.set(this.about(record), [`${zh}的${fields.crop}`, `${fields.crop} in ${en}`]);
    } else if ("name_zh" in fields && "name_en" in fields) this.names.set(this.about(record), [fields.name_zh, fields.name_en]);
    if (tag.startsWith("trace.") && tag !== "trace.declare_error" && record.key) {
      const organisation = firstOrganisation(record);
      if (organisation && !this.signers.has(record.key)) this.signers.set(record.key, `organisation:${organisation}`);
    }
  }

  /** An action's values by field name; by position where the action is not known. */
  fields(record) {
    if (!this.told.has(record)) this.told.set(record, this.named(record));
    return this.told.get(record);
  }

  named({ action }) {
    const names = this.words.actions[action[0]]?.fields ?? action.slice(1).map((_, place) => String(place + 1));
    const pairs = names.map((name, place) => [name, action[place + 1]]);
    return Object.fromEntries(pairs.slice(0, action.length - 1));
  }

  about(record) {
    const roles = record.action[0] === READINGS ? ["device"] : ["self", "output"];
    const chosen = [...record.subjects].find(([, naming]) => roles.includes(naming.role));
    return chosen?.[0] ?? [...record.subjects.keys()][0] ?? "";
  }

  isBeside(subject) {
    return this.within !== null && typeof subject === "string" && isGoods(subject) && !this.within.has(subject);
  }

  isAside(record) {
    const goods = [...record.subjects.keys()].filter(isGoods);
    return goods.length > 0 && record.action[0] !== READINGS && goods.every((subject) => this.isBeside(subject));
  }

  who(record) { return (record.key && this.signers.get(record.key)) || ""; }

  signer(record) {
    const who = this.who(record);
    return who ? this.name(who) : record.key ? SOMEBODY : LEDGER;
  }

  name(subject) {
    if (this.names.has(subject)) return this.names.get(subject);
    const [kind, key] = split(subject);
    if (kind === "unit") return this.units([key]);
    const [zh, en] = this.words.subjects[kind] ?? [kind, kind];
    const short = key.slice(key.lastIndexOf("/") + 1);
    return [`${zh} ${short}`, `${en} ${short}`];
  }

  lot(lot) {
    const [zh, en] = this.name(`lot:${lot}`);
    const goods = this.goods.get(`lot:${lot}`);
    return goods ? [`${zh}「${goods[0]}」`, `${en} (${goods[1]})`] : [zh, en];
  }

  amount(lot, quantity) {
    const number = decimal(quantity, -6);
    const measure = this.measures.get(`lot:${lot}`);
    if (measure === undefined) return [number, number];
    const [zh, en] = this.choice(measure);
    return [`${number} ${zh}`, `${number} ${en}`];
  }

  units(keys, listedMax = 1) {
    const kinds = new Set(keys.map((key) => this.unitKinds.get(key) ?? ""));
    const one = kinds.size === 1 ? [...kinds][0] : "";
    const [zh, en] = one ? this.choice(one) : this.words.subjects.unit;
    const ends = keys.map((key) => (key.length <= 12 ? key : `…${key.slice(-4)}`));
    if (keys.length === 1) return [`${zh} ${ends[0]}`, `${en} ${ends[0]}`];
    const plural = en + (en.endsWith("x") ? "es" : "s");
    if (keys.length > listedMax) return [`${keys.length} ${zh}`, `${keys.length} ${plural}`];
    return [`${keys.length} ${zh}（${ends.join("、")}）`, `${keys.length} ${plural} (${ends.join(", ")})`];
  }

  choice(value) { return this.words.values[value] ?? [value, value]; }
  metric(name) { return this.words.metrics[name] ?? [name, name]; }

  unit(code) {
    const unit = this.words.units[code] ?? code;
    return "°%".includes(unit[0]) ? unit : ` ${unit}`;
  }
}

function firstOrganisation(record) {
  const found = [...record.subjects.keys()].find((subject) => subject.startsWith("organisation:"));
  return found ? found.slice("organisation:".length) : "";
}
