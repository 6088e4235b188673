// A batch in brief: client/journey/headline.py in a browser, and what the badges of a page must say.

import { hex } from "./bytes.js";
import { asSigned, certificateRow, certificateSubjects, certified, goodsOf, maySayOrganic } from "./promises.js";

/** [[label zh, label en], [says zh, says en]] in the order of a page; null where the row has another form. */
export function brief(verified, known, clock, told) {
  const subject = verified.claim[2];
  const row = known.row("lot", verified.sections.get(subject)?.row);
  if (!row) return null;
  const facts = [];
  const add = (zh, en, says) => facts.push([[zh, en], says]);
  const [zh, en] = known.name(subject);
  const { name: called, overclaimed } = goodsOf(verified, known, subject);
  const goods = known.goods.has(subject) ? called : null;
  add("商品", "goods", goods ? [`${goods[0]} · ${zh}`, `${goods[1]} · ${en}`] : [zh, en]);
  add("溯源码", "trace code", [row.code, row.code]);
  if (row.state === "recalled") add("状态", "state", ["已召回，请勿食用", "RECALLED, do not eat"]);
  const [records, organic] = [accepted(verified, known), maySayOrganic(verified, known)];
  const each = (tag, label, words) => {
    const found = records.filter((record) => record.action[0] === tag);
    if (found.length) add(...label, listed(found.map((record) => words(known.fields(record), record))));
  };
  each("trace.start_planting", ["种植", "grown"], (fields) => {
    const [name, english] = known.name(`planting:${fields.planting}`);
    const day = clock.day(fields.event_ms);
    const [variety, named] = asSigned([fields.variety, fields.variety], known, organic);
    return [`${name}（${variety}），${day} 种下`, `${english} (${named}), planted ${day}`];
  });
  each("trace.harvest", ["采收", "harvested"], (fields) => {
    const [amount, english] = known.amount(`${fields.product}/${fields.number}`, fields.quantity);
    return [`${clock.day(fields.event_ms)} ${amount}`, `${clock.day(fields.event_ms)} ${english}`];
  });
  each("trace.inspect", ["检测", "tested"], (fields, record) => {
    const [verdict, by, day] = [known.choice(fields.verdict), known.signer(record), clock.day(fields.event_ms)];
    return [`${verdict[0]}（${day}，${by[0]}）`, `${verdict[1]} (${day}, ${by[1]})`];
  });
  const certificates = certified(verified, known, subject.slice("lot:".length));
  if (certificates.length) add("证书", "certified", listed(certificates.map((name) => known.name(`certificate:${name}`))));
  if (row.planting === null) {
    const [made, by, day] = [known.amount(subject.slice(4), row.produced), known.name(`organisation:${row.producer}`), clock.day(row.commissioned_ms)];
    add("包装", "packed", [`${day} ${made[0]}，${by[0]}`, `${day} ${made[1]}, ${by[1]}`]);
  }
  add("经手", "hands", hands(records, known, row.producer));
  if (overclaimed) add("注意", "attention", known.words.overclaimed);
  for (const line of told) {
    for (const flag of line.flags) if (flag.serious) add("注意", "attention", flag.says);
  }
  return facts;
}

/** What stands in large letters, and which files records name. */
export function head(verified, known) {
  const subject = verified.claim[2];
  const row = known.row("lot", verified.sections.get(subject)?.row) ?? {};
  const records = accepted(verified, known);
  const of = (tag) => records.filter((record) => record.action[0] === tag);
  const [harvests, plantings] = [of("trace.harvest"), of("trace.start_planting")];
  const growers = distinct(harvests.map((record) => known.signer(record)));
  const verdicts = of("trace.inspect").map((record) => known.fields(record).verdict);
  const counting = certified(verified, known, subject.slice("lot:".length));
  const recalls = verified.records.filter((record) => record.code === 0 && record.action[0] === "trace.recall" && !known.isAside(record));
  const recall = recalls.length ? known.fields(recalls.at(-1)) : null;
  return {
    goods: goodsOf(verified, known, subject).name,
    number: row.number,
    growers: growers.length ? growers : [known.name(`organisation:${row.producer}`)],
    places: distinct(plantings.map((record) => known.name(`plot:${known.fields(record).plot}`))),
    varieties: [...new Set(plantings.map((record) => known.fields(record).variety))],
    recalled: row.state === "recalled",
    recall: recall ? [recall.reason_zh, recall.reason_en] : null,
    tested: verdicts.includes("fail") ? "bad" : verdicts.length ? "good" : "none",
    harvestMs: harvests.map((record) => known.fields(record).event_ms).sort((one, two) => one - two)[0] ?? null,
    kinds: distinct(counting.map((name) => certificateRow(verified, known, `certificate:${name}`)).map((one) => known.choice(one.kind))),
    files: new Set([...of("trace.inspect").map((record) => known.fields(record).report), ...files(verified, known)].filter(Boolean).map(hex)),
  };
}

function accepted(verified, known) {
  const records = verified.records.filter((record) => record.code === 0 && !known.isAside(record));
  const when = (record) => Number(known.fields(record).event_ms ?? record.timeMs);
  return records.sort((one, two) => when(one) - when(two));
}

const files = (verified, known) => certificateSubjects(verified).map((name) => certificateRow(verified, known, name)?.file);

function hands(records, known, producer) {
  const received = records.filter((record) => record.action[0] === "trace.receive");
  const first = received.length ? known.shipments.get(known.fields(received[0]).shipment) : null;
  const names = [known.name(`organisation:${first?.shipper || producer}`), ...received.map((record) => known.signer(record))];
  const changes = names.filter((name, at) => at === 0 || String(names[at - 1]) !== String(name));
  return [changes.map(([zh]) => zh).join(" → "), changes.map(([, en]) => en).join(" → ")];
}

const listed = (parts) => [parts.map(([zh]) => zh).join("；"), parts.map(([, en]) => en).join("; ")];
const distinct = (names) => [...new Map(names.map((name) => [String(name), name])).values()];
