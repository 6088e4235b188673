// What is promised of a lot, as far as its verified journey bears it out: client/journey/promises.py and the certificate of
// conformity of client/batch/papers.py in a browser.

import { hex } from "./bytes.js";

const ORGANIC = "organic";
const CLAIM = /有机|有機|organic */gi;

/** Whether a text says 有机. */
export const claimsOrganic = (text) => text.search(CLAIM) >= 0;

/** A name in both languages without that word. */
export const withoutClaim = (name) => name.map((text) => text.replace(CLAIM, "").trim() || "—");

/** A certificate's certified row by field names; null where there is none, or of a form that is not known. */
export function certificateRow(verified, known, subject) {
  const section = verified.sections.get(subject);
  return section ? known.row("certificate", section.row) : null;
}

/** The certificates (keys) under which a lot (by key) may be called what certificates of a kind say; [] if not. */
export function covering(verified, known, lot, kind) {
  const births = birthsOf(verified);
  const [todo, found] = [[lot], new Map()];
  while (todo.length) {
    const name = todo.pop();
    const birth = births.get(name);
    const own = birth ? ownOf(verified, known, birth, name, kind) : null;
    const sources = birth ? inputsOf(known, birth) : [];
    if (own === null && (kind === ORGANIC || !sources.length)) return [];
    found.set(name, own);
    if (own === null || kind === ORGANIC) todo.push(...sources.filter((source) => !found.has(source)).reverse());
  }
  return [...new Set([...found.values()].filter((certificate) => certificate !== null))];
}

/** All certificates (keys) of the journey that count for a lot (by key), by key. */
export function certified(verified, known, lot) {
  const kinds = new Set(certificateSubjects(verified).map((subject) => certificateRow(verified, known, subject)?.kind));
  return [...new Set([...kinds].filter(Boolean).flatMap((kind) => covering(verified, known, lot, kind)))].sort();
}

export const certificateSubjects = (verified) => [...verified.sections.keys()].filter((name) => name.startsWith("certificate:")).sort();

export const isOrganic = (verified, known, lot) => covering(verified, known, lot, ORGANIC).length > 0;

/** Whether what a proof tells may say 有机 without more: not the journey of a lot that no certificate covers. */
export function maySayOrganic(verified, known) {
  const subject = verified.claim[0] === "journey" ? verified.claim[2] : "";
  return !subject.startsWith("lot:") || isOrganic(verified, known, subject.slice("lot:".length));
}

/** A signer's words, in both languages, as they may be shown: 有机 in them is marked as theirs where nothing covers the goods. */
export function asSigned([zh, en], known, organic) {
  if (organic || ![zh, en].some(claimsOrganic)) return [zh, en];
  const [said, translated] = known.words.uncovered;
  return [`${zh}（${said}）`, `${en} (${translated})`];
}

/** What a lot (subject) is called, as far as it may be; and whether its registered name claims more. */
export function goodsOf(verified, known, subject) {
  const name = known.goods.get(subject) ?? known.name(subject);
  const overclaimed = name.some(claimsOrganic) && !isOrganic(verified, known, subject.slice("lot:".length));
  return { name: overclaimed ? withoutClaim(name) : name, overclaimed };
}

const births = new WeakMap();

/** By lot (key) the record by which it came into being. */
function birthsOf(verified) {
  if (!births.has(verified)) births.set(verified, findBirths(verified));
  return births.get(verified);
}

function findBirths(verified) {
  const births = new Map();
  for (const record of verified.records) {
    if (record.code !== 0) continue;
    for (const [subject, naming] of record.subjects) {
      if (naming.role === "output") births.set(subject.slice(subject.indexOf(":") + 1), record);
    }
  }
  return births;
}

const inputsOf = (known, birth) => (known.fields(birth).inputs ?? []).map(([lot]) => lot);

/** The first certificate of a kind that a lot's birth cites, and that counts for what it made; null if none does. */
function ownOf(verified, known, birth, lot, kind) {
  const named = [...birth.subjects.keys()];
  const maker = named.find((subject) => subject.startsWith("organisation:"));
  const covered = new Set([...named.filter((subject) => /^(planting|plot):/.test(subject)), maker, `product:${lot.split("/")[0]}`]);
  const fields = known.fields(birth);
  for (const certificate of fields.certificates ?? []) {
    const row = certificateRow(verified, known, `certificate:${certificate}`);
    if (!row || row.kind !== kind || (row.state ?? "valid") !== "valid" || !row.scope.some((one) => covered.has(one))) continue;
    const isInspector = (known.roles.get(`organisation:${row.issuer}`) ?? []).includes("inspector");
    if (isInspector && row.valid_from_ms <= fields.event_ms && fields.event_ms < row.valid_to_ms) return certificate;
  }
  return null;
}

/** The record of the certificate of conformity of a lot (by key) that stands; null where none does. */
export function promised(verified, known, lot) {
  const row = lotRow(verified, known, lot);
  if (!row || Number(row.flags ?? 0) & known.words.faults) return null;
  const accepted = verified.records.filter((record) => record.code === 0);
  const of = (tag) => accepted.filter((record) => record.action[0] === tag);
  const wrong = new Set(of("trace.declare_error").map((record) => hex(known.fields(record).record)));
  return of("trace.issue_conformity").filter((record) => known.fields(record).lot === lot && !wrong.has(record.id)).at(-1) ?? null;
}

/** What the page says of that certificate: { rows: [[label], [says]], replaced: [[name], code], record }; null without one. */
export function conformityOf(verified, known, clock) {
  const lot = verified.claim[2].slice("lot:".length);
  const record = promised(verified, known, lot);
  if (!record) return null;
  const [fields, row] = [known.fields(record), lotRow(verified, known, lot)];
  const tests = fields.inspections.map(hex).map((id) => verified.records.find((one) => one.code === 0 && one.id === id && one.action[0] === "trace.inspect")).filter(Boolean);
  const by = (i) => tests.map((test) => `${known.signer(test)[i]} ${clock.day(known.fields(test).event_ms)}`).join(i ? "; " : "；");
  const [promise, basis] = [known.choice(fields.promise), known.choice(fields.basis)];
  const rows = [
    [["我承诺", "We promise"], [promise[0].replace(/^承诺/, ""), promise[1]]],
    [["承诺依据", "Basis"], tests.length ? [`${basis[0]}（${by(0)}）`, `${basis[1]} (${by(1)})`] : basis],
    [["产品名称", "Product"], goodsOf(verified, known, verified.claim[2]).name],
    [["数量（重量）", "Quantity"], known.amount(lot, row.produced)],
    [["产地", "Origin"], [fields.place, fields.place]],
    [["生产者", "Issued by"], known.signer(record)],
    [["开具日期", "Date"], [clock.day(fields.event_ms), clock.day(fields.event_ms)]],
    [["编号", "Number"], [`${row.number} / ${row.code}`, `${row.number} / ${row.code}`]],
  ];
  if (fields.contact !== null) rows.push([["联系方式", "Contact"], ["存于可删除的保密库", "kept in the erasable vault"]]);
  const replaced = fields.lots.map((source) => [known.name(`lot:${source}`), lotRow(verified, known, source)?.code ?? ""]);
  return { rows, replaced, record };
}

function lotRow(verified, known, lot) {
  return known.row("lot", verified.sections.get(`lot:${lot}`)?.row);
}
