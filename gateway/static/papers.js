// Whether tests, certificates, the certificate of conformity and the trust archive stand on the page as they are proven.

import { said, squeeze, textOf } from "./texts.js";
import { certificateRow, certificateSubjects, certified, conformityOf } from "./verifier/promises.js";
import { decimal } from "./verifier/told.js";

/** All of it. */
export function comparePapers(context) {
  compareFiles(context);
  compareTests(context);
  compareCertificates(context);
  compareConformity(context);
  compareListings(context);
}

/** Every file shown is one that a record names. */
function compareFiles({ page, head: { files }, differ }) {
  for (const link of page.querySelectorAll("a.file")) {
    const there = files.has(new URL(link.href).pathname.replace("/file/", ""));
    if (!there || new URL(link.href).origin !== location.origin) differ(link, "a file that no record names");
  }
}

/** Results of tests line by line, and verdicts. */
function compareTests({ page, verified, known, clock, asSigned, numbered, i, words, differ, says }) {
  const tests = verified.records.filter((record) => record.code === 0 && record.action[0] === "trace.inspect" && !known.isAside(record));
  const shown = [...page.querySelectorAll("article[data-record]")];
  const distinct = new Set(shown.map((element) => element.dataset.record));
  if (shown.length !== tests.length || distinct.size !== shown.length) differ(page.querySelector("#papers-h"), "tests left out or added");
  for (const element of shown) {
    const record = numbered.get(element.dataset.record);
    if (record?.action[0] !== "trace.inspect") {
      differ(element, "not what the laboratory signed");
      continue;
    }
    const fields = known.fields(record);
    const results = (fields.results ?? []).map(([analyte, method, value, scale, unit, limit, passed]) =>
      squeeze(`${analyte}${method} ${decimal(value, scale)} ${unit} ${limit === null ? "—" : `${decimal(limit, scale)} ${unit}`} ${said(words, passed ? "passed" : "failed", i)}`));
    const lines = [...element.querySelectorAll("tbody tr")];
    const by = said(words, "by_on", i, { by: known.signer(record)[i], day: clock.day(fields.event_ms) });
    const good = lines.length === results.length
      && lines.every((line, at) => [...line.children].map(textOf).join(" ") === results[at] && [...line.children].every((cell) => says(cell, textOf(cell))))
      && says(element.querySelector(".badge"), known.choice(fields.verdict)[i])
      && says(element.querySelector("strong"), known.name(fields.target)[i])
      && says(element.querySelector("p.quiet"), by + (fields.remark ? ` · ${asSigned(fields.remark)}` : ""));
    if (!good) differ(element, "not what the laboratory signed");
  }
}

/** Each certificate with how it stands towards these goods; who issued it is proven to be allowed to. */
function compareCertificates({ page, verified, known, clock, rows, i, words, differ, says }) {
  const lot = verified.claim[2].slice("lot:".length);
  const subjects = certificateSubjects(verified).filter((subject) => certificateRow(verified, known, subject));
  const shown = [...page.querySelectorAll("article[data-certificate]")];
  if (String(shown.map((one) => one.dataset.certificate)) !== String(subjects)) differ(page.querySelector("#papers-h"), "certificates left out or added");
  const counting = new Set(certified(verified, known, lot));
  for (const element of shown) {
    const row = subjects.includes(element.dataset.certificate) ? certificateRow(verified, known, element.dataset.certificate) : null;
    if (!row) continue;
    if (!rows.has(`organisation:${row.issuer}`)) differ(element, "who issued a certificate is not proven");
    const covers = counting.has(element.dataset.certificate.slice("certificate:".length));
    const standing = covers ? (verified.checkpoint.timeMs < row.valid_to_ms ? "valid" : "expired") : (row.state ?? "valid") === "valid" ? "uncovered" : "revoked";
    const plain = row.kind === "organic" && !covers;
    const [issuer, holder] = [row.issuer, row.holder].map((one) => known.name(`organisation:${one}`)[i]);
    const [start, end] = [row.valid_from_ms, row.valid_to_ms].map((time) => clock.day(time));
    const expected = [
      ["strong", plain ? said(words, "certificate_plain", i) : said(words, "certificate", i, { kind: known.choice(row.kind)[i] })],
      [".badge", said(words, standing, i, { day: clock.day(row.revoked_ms ?? 0) })],
      ["header + p", row.number],
      ["p.quiet", `${said(words, "issued_by", i, { issuer, holder })} · ${said(words, "valid_until", i, { start, end })}`],
    ];
    const wrong = expected.find(([selector, text]) => !says(element.querySelector(selector), text));
    if (wrong) differ(element, `the certificate says: ${wrong[1]}`);
  }
}

/** 承诺达标合格证: each line, the lots whose certificates it replaces, the record. */
function compareConformity({ page, verified, known, clock, numbered, i, words, differ, says }) {
  const section = page.querySelector("#promise");
  const found = conformityOf(verified, known, clock);
  const pairs = [...(section?.querySelectorAll("dl > div") ?? [])];
  if (!found || !section) {
    const none = section && !pairs.length && says(section.querySelector("p"), said(words, "promise_none", i));
    if (found || !none) differ(section ?? page.querySelector(".hero"), found ? "left out: 承诺达标合格证" : "no certificate of conformity stands");
    return;
  }
  const { rows, replaced, record } = found;
  const expected = rows.map(([label, text]) => [label[i], text[i]]);
  if (replaced.length) expected.push([said(words, "promise_replaces", i), replaced.map(([name]) => name[i]).join(said(words, "promise_and", i))]);
  expected.push([said(words, "promise_record", i), record.id]);
  const links = [...section.querySelectorAll("a:not(.mono)")].map((link) => new URL(link.href).pathname);
  const lead = replaced.filter(([, code]) => code).map(([, code]) => `/b/${code}`);
  const wrong = expected.find(([label, text], at) => !says(pairs[at]?.querySelector("dt"), label) || !says(pairs[at].querySelector("dd"), text));
  const good = !wrong && pairs.length === expected.length && String(links) === String(lead) && numbered.get(section.querySelector("dl").dataset.record) === record;
  if (!good) differ(section, `the certificate of conformity says: ${(wrong ?? expected[0]).join(" ")}`);
}

/** Counts of the trust archive: of the lot, of its product in communities that got it, of its product everywhere. */
function compareListings({ page, verified, known, rows, i, words, differ, says }) {
  const lot = verified.claim[2].slice("lot:".length);
  const product = lot.split("/")[0];
  const shown = [...page.querySelectorAll("article[data-listing]")];
  const keys = shown.map((one) => one.dataset.listing);
  const inside = keys.slice(1, -1);
  const proven = [...rows.keys()].filter((name) => name.startsWith("listing:")).map((name) => name.slice("listing:".length));
  const good = keys[0] === `lot/${lot}` && keys.at(-1) === `${product}@` && String([...new Set(inside)].sort()) === String(inside)
    && inside.every((key) => key.startsWith(`${product}@`) && key.length > product.length + 1) && String(keys) === String(proven);
  if (!good) differ(page.querySelector("#archive-h"), "listings left out or added");
  for (const element of shown) {
    const key = element.dataset.listing;
    const expected = rows.has(`listing:${key}`) ? [title(key, known, i, words), ...listed(known.row("listing", rows.get(`listing:${key}`) ?? []), known, i, words)] : [];
    const texts = [...element.querySelectorAll("h3, p")];
    const same = expected.length > 0 && texts.length === expected.length && texts.every((text, at) => says(text, expected[at]));
    if (!same) differ(element, `the archive counts: ${expected.slice(1).join("; ") || "—"}`);
  }
}

function title(key, known, i, words) {
  if (key.startsWith("lot/")) return said(words, "listing_lot", i);
  const community = key.slice(key.indexOf("@") + 1);
  return community ? said(words, "listing_community", i, { community: known.name(`organisation:${community}`)[i] }) : said(words, "listing_product", i);
}

/** A listing's row in the page's words. */
function listed(row, known, i, words) {
  const ratings = row.ratings ?? [0, 0, 0, 0, 0];
  const of = (name) => Number(row[name] ?? 0);
  const total = ratings.reduce((sum, count, place) => sum + (place + 1) * count, 0);
  const tenths = of("reviews") ? Math.floor((20 * total + of("reviews")) / (2 * of("reviews"))) : 0;
  const counts = { score: `${Math.floor(tenths / 10)}.${tenths % 10}`, endorsements: of("endorsements") - of("withdrawn") };
  for (const name of ["reviews", "photos", "returning", "visits", "hidden", "erased", "excursions"]) counts[name] = of(name);
  const [one, two, three, four, five] = ratings;
  const ends = (row.claims ?? []).map(([name, count]) => `${known.choice(name)[i]} ${count}`).join(" · ");
  return [
    said(words, counts.reviews ? "archive_score" : "archive_none", i, counts),
    counts.reviews ? said(words, "archive_stars", i, { one, two, three, four, five }) : "",
    counts.photos + counts.returning + counts.visits + counts.endorsements ? said(words, "archive_more", i, counts) : "",
    counts.hidden + counts.erased + counts.excursions ? said(words, "archive_kept", i, counts) : "",
    said(words, ends ? "claims" : "claims_none", i, { ends }),
  ].filter(Boolean);
}
