// A proof file against the bytes of the genesis file (docs/PROOF.md §9). Every part must hold and be needed.

import { equal } from "./bytes.js";
import { before, nextSet, readCheckpoint, readGenesis } from "./certificates.js";
import { closure, contains } from "./closure.js";
import { check, Fault, Unable } from "./fault.js";
import { decode, encode } from "./msgpack.js";
import { readLeaf } from "./records.js";
import { fits, isBytes, isInt, isText, orNull, split } from "./shapes.js";
import { rangeRoot, State, Tree } from "./trees.js";

const SIZE_MAX = 64 * 1024 * 1024;
const AT_ONCE = 64;
const LIMITS = [[2, 1024], [5, 200000], [6, 200000], [7, 4096]];
const PAIRS = (value) => Array.isArray(value) && value.every((one) => fits(one, [isText, isBytes]));
const VALUES = (value) => Array.isArray(value) && value.every((one) => fits(one, [isText, orNull(isBytes)]));
const CHANGES = (value) => Array.isArray(value) && value.every((one) => fits(one, [isBytes, PAIRS]));
const SECTION = [isText, isBytes, isInt, [isInt], [isBytes]];
const PROOF = [isText, isBytes, CHANGES, Array.isArray, VALUES, [isBytes], [isBytes], (value) => fits(value, [SECTION])];
const CLAIMS = {
  value: [isText, isText, orNull(isBytes)],
  leaf: [isText, isInt, [isBytes]],
  journal: [isText, isText, orNull(isInt), orNull(isInt)],
  journey: [isText, isText, isText],
  listing: [isText, isText, isInt, isInt],
};
const HOMES = {
  organisation: "registry", member: "registry", device: "registry", product: "trace", site: "trace", plot: "trace",
  planting: "trace", lot: "trace", unit: "trace", vehicle: "trace", certificate: "trace", campaign: "groupbuy",
  order: "groupbuy", listing: "archive",
};

/** Check a proof file; what it proves, as of when, signed by whom. Throws `Fault`, or `Unable` without a verdict. */
export async function verifyProof(data, genesisBytes) {
  const genesis = await readGenesis(genesisBytes);
  check(data.length <= SIZE_MAX, "limits", "$", `${data.length} bytes`);
  try {
    return await verifyFile(read(data), genesis);
  } catch (error) {
    if (error instanceof Fault || error instanceof Unable) throw error;
    throw new Fault("encoding", "$", String(error.message ?? error));
  }
}

/** The file, if it is written the one way it can be, within the limits. */
function read(data) {
  let proof;
  try {
    proof = decode(data, true);
  } catch (error) {
    throw new Fault("encoding", "$", error.message);
  }
  check(fits(proof, PROOF) && proof[0] === "linxin-proof/1", "encoding", "$", "not what the format has here");
  const kind = isText(proof[3][0]) && Object.hasOwn(CLAIMS, proof[3][0]) ? CLAIMS[proof[3][0]] : null;
  check(kind && fits(proof[3], kind), "encoding", "$.claim", "unknown claim");
  for (const [part, limit] of LIMITS) check(proof[part].length <= limit, "limits", "$", "too many parts");
  return proof;
}

async function verifyFile(proof, genesis) {
  const [, note, changes, claim, , nodes, raws] = proof;
  const { checkpoint, validators } = await followSets(note, changes, genesis);
  const records = await readLeaves(raws, genesis.chainId, checkpoint);
  const state = await State.of(checkpoint.state, nodes);
  const sections = claim[0] === "leaf" ? await checkLeaf(proof, checkpoint, records) : await checkState(proof, state, records);
  check(state.used === nodes.length, "state", "$.nodes", `node ${state.used} is not used`);
  return { claim, checkpoint, signers: checkpoint.signers, validators, genesis, sections, records: told(sections, records) };
}

/** All leaves, checked side by side: the browser verifies signatures in threads of its own. The first fault is told. */
async function readLeaves(raws, chainId, checkpoint) {
  const records = [];
  for (let start = 0; start < raws.length; start += AT_ONCE) {
    const some = raws.slice(start, start + AT_ONCE);
    const read = await Promise.allSettled(some.map((raw, place) => readLeaf(raw, chainId, `$.leaves[${start + place}]`)));
    for (const { value, reason } of read) {
      if (reason) throw reason;
      const timely = value.height <= checkpoint.height && value.timeMs <= checkpoint.timeMs;
      check(timely, "leaf", `$.leaves[${records.length}]`, "a record later than the checkpoint");
      records.push(value);
    }
  }
  return records;
}

/** All distinct records within the sections, in order of time; of a leaf proof its one. */
function told(sections, records) {
  const inside = new Map();
  for (const section of sections.values()) {
    for (const record of section.records) inside.set(record.name, record);
  }
  const found = sections.size ? [...inside.values()] : records;
  return found.sort((one, two) => Number(BigInt(one.height) - BigInt(two.height)));
}

/** Follow the changes of validators from genesis to the set that must have signed the note. */
async function followSets(note, changes, genesis) {
  let [validators, height] = [genesis.validators, 0n];
  for (const [place, [changed, listed]] of changes.entries()) {
    const where = `$.set_changes[${place}]`;
    const change = await readCheckpoint(changed, genesis.origin, validators, where);
    check(change.height > height, "certificate", where, "set changes are not in order");
    validators = await nextSet(change, listed, validators, where);
    height = change.height;
  }
  const checkpoint = await readCheckpoint(note, genesis.origin, validators, "$.note");
  check(checkpoint.height > height, "certificate", "$.note", "not later than the set change before it");
  return { checkpoint, validators };
}

/** The one leaf of the file stands at the claimed place of the certified log. */
async function checkLeaf([, , , claim, values, nodes, , sections], checkpoint, records) {
  const alone = records.length === 1 && !values.length && !nodes.length && !sections.length;
  check(alone, "claim", "$", "parts that do not belong to the claim");
  const root = await rangeRoot(claim[1], [records[0].hash], checkpoint.size, claim[2], "$.claim");
  check(equal(root, checkpoint.root), "journal", "$.claim", `not leaf ${claim[1]} of the log`);
  return new Map();
}

/** A value, a journal or a journey under the certified state; nothing missing, nothing to spare. */
async function checkState([, , , claim, values, , , listed], state, records) {
  checkPool(listed, records);
  const kind = claim[0];
  const [code, named] = kind === "journey" ? [claim[1], claim[2]] : ["", claim[1]];
  const listings = kind === "listing" ? await import("./listings.js") : null; // no page of a batch needs them
  const subject = listings ? `listing:${named}` : named;
  checkClaimed(code, subject, values, listings ? records.map(listings.madeKey).filter(Boolean) : []);
  checkNames(kind, subject, listed.map(([name]) => name));
  for (const [key, value] of kind === "value" ? [[claim[1], claim[2]]] : values) await state.checkValue(key, value, "$.claim");
  const sections = await readSections(listed, records, state);
  listings?.checkListing(claim, sections.get(subject));
  const needed = neededOf(claim, subject, sections);
  for (const [place, [name, section]] of [...sections].entries()) {
    const where = `$.sections[${place}]`;
    check(needed.has(name), "completeness", where, `${name} does not belong to this journey`);
    if (!listings) checkComplete(section, needed.get(name), where);
    section.bounds = needed.get(name);
    section.records = section.run.filter((record) => contains(section.bounds, record.timeMs));
  }
  return sections;
}

/** The values are those that the claim calls for: what a code stands for, or the rows of what a listing's entries made. */
function checkClaimed(code, subject, values, made) {
  const expected = code ? [[`trace/code/${code}`, encode(subject)]] : made.map((key) => [key, null]);
  const asClaimed = values.length === expected.length && values.every(([key, value], place) => (
    key === expected[place][0] && (!code || (value && equal(value, expected[place][1])))
  ));
  check(asClaimed, "claim", "$.values", `not the values that belong to ${subject}`);
}

/** Every leaf is distinct, used by a section, and stands in the order of first use. */
function checkPool(listed, records) {
  const used = [...new Set(listed.flatMap(([, , , places]) => places))];
  const inOrder = used.length === records.length && used.every((place, at) => place === at);
  const distinct = new Set(records.map((record) => record.name)).size === records.length;
  check(inOrder && distinct, "encoding", "$.leaves", "unused, repeated or out of order");
}

function checkNames(kind, subject, names) {
  let good = kind === "value" ? names.length === 0 : names[0] === subject;
  if (kind === "journal" || kind === "listing") good = good && names.length === 1;
  if (kind === "journey") {
    good = good && names.slice(1).every((name, at) => name !== subject && (at === 0 || before(names[at], name)));
  }
  check(good, "claim", "$.sections", "not the sections of this claim in their order");
}

/** The sections by subject: their rows are looked up one after the other, as the nodes lie; their journals are checked
 *  side by side. The first fault is told. */
async function readSections(listed, records, state) {
  let before = Promise.resolve();
  const reading = listed.map((section, place) => {
    const where = `$.sections[${place}]`;
    const certified = before.then(() => checkRow(section, state, where));
    before = certified.catch(() => null);
    return certified.then(() => readSection(section, records, where));
  });
  const sections = new Map();
  for (const { value, reason } of await Promise.allSettled(reading)) {
    if (reason) throw reason;
    sections.set(value.subject, value);
  }
  return sections;
}

/** The row of the section's subject is the certified one. */
async function checkRow([subject, value], state, where) {
  const [kind, key] = split(subject);
  check(Object.hasOwn(HOMES, kind) && key, "claim", where, `no subject: ${subject}`);
  await state.checkValue(`${HOMES[kind]}/${kind}/${key}`, value, where);
}

/** A run of one subject's journal. */
async function readSection([subject, value, start, places, hashes], records, where) {
  let head;
  try {
    head = decode(value);
  } catch (error) {
    throw new Fault("journal", where, error.message);
  }
  check(fits(head, [() => true, isInt, isBytes]), "journal", where, "not a row with its journal");
  const run = places.map((place) => records[place]);
  check(run.length > 0, "journal", where, "no records");
  const size = BigInt(head[1]);
  const root = await new Tree(size, head[2], where).root();
  const found = await rangeRoot(start, run.map((record) => record.hash), size, hashes, where);
  check(equal(root, found), "journal", where, "not a part of this journal");
  check(run.every((record) => record.subjects.has(subject)), "journal", where, "a record of something else");
  const forward = run.every((record, at) => at === 0 || (run[at - 1].height <= record.height && run[at - 1].timeMs <= record.timeMs));
  check(forward, "journal", where, "time runs backwards");
  return { subject, row: head[0], size, start: BigInt(start), run };
}

/** The bounds that each section must have. */
function neededOf(claim, subject, sections) {
  if (claim[0] === "journey") return closure(subject, sections);
  if (claim[0] === "listing") return new Map([[subject, [null, null]]]);
  if (claim[0] !== "journal") return new Map();
  const { run } = sections.get(subject);
  const [from, to] = [claim[2], claim[3]];
  const widest = (from === null || from === run[0].timeMs + 1) && (to === null || to === run.at(-1).timeMs - 1);
  check(widest, "completeness", "$.claim", "not the bounds that the neighbours prove");
  return new Map([[subject, [from, to]]]);
}

/** The run is all records within the bounds, and one neighbour on each side where the journal goes on. */
function checkComplete(section, bounds, where) {
  const { run, start, size } = section;
  const early = run.filter((record) => bounds[0] !== null && record.timeMs < bounds[0]).length;
  const inside = run.filter((record) => contains(bounds, record.timeMs)).length;
  const late = run.length - early - inside;
  const reaches = (early > 0 || start === 0n) && (late > 0 || start + BigInt(run.length) === size);
  check(early <= 1 && late <= 1 && reaches, "completeness", where, `not exactly the records of ${section.subject} that are needed`);
}
