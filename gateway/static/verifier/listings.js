// Listings of the trust archive (docs/PROOF.md §9.5): which rows their records made, and their counts counted again.

import { check } from "./fault.js";
import { fits, isInt, isText } from "./shapes.js";

const MADE = { "archive.review": "review", "archive.visit": "visit", "archive.endorse": "endorsement" };
const PLACES = {
  review_hidden: 6, review_restored: 6, words_erased: 7, visit_confirmed: 8, endorsed: 9, endorsement_withdrawn: 10,
  excursion_counted: 11,
};
const isFlag = (value) => value === 0 || value === 1;
const within = (low, high) => (value) => isInt(value) && value >= low && value <= high;
const REVIEWED = [within(1, 5), within(0, 10), isFlag, isText, isFlag, isFlag];

/** The state key of the row that a record made, under its own id; "" where it made none. */
export function madeKey({ kind, action, id }) {
  return kind === 0 && Object.hasOwn(MADE, action[0]) ? `archive/${MADE[action[0]]}/${id}` : "";
}

/** The run is entries [start, end); if they are the whole journal, the certified counts are a recount of them. */
export function checkListing([, listing, start, end], { run, start: found, size, row }) {
  const asClaimed = BigInt(start) === found && BigInt(end) === found + BigInt(run.length);
  check(asClaimed, "claim", "$.claim", `not the entries from ${start} up to ${end}`);
  if (BigInt(run.length) !== size) return;
  check(same(row, recount(listing, run)), "completeness", "$.claim", "the certified counts are not those of the journal");
}

const same = (one, two) => (Array.isArray(one) && Array.isArray(two)
  ? one.length === two.length && one.every((item, place) => same(item, two[place])) : one === two);

function recount(listing, run) {
  const counts = new Array(12).fill(0);
  counts[1] = new Array(5).fill(0);
  counts[2] = new Array(11).fill(0);
  const [tags, claims] = [new Map(), new Map()];
  const more = (tally, name) => tally.set(name, (tally.get(name) ?? 0) + 1);
  const ofProduct = !listing.startsWith("lot/") && !listing.startsWith("farm/");
  for (const event of run.flatMap((record) => record.details)) {
    check(Array.isArray(event) && isText(event[0]), "leaf", "$.leaves", "an event without a name");
    const [name, ...fields] = event;
    if (name === "reviewed") {
      check(fits(fields, REVIEWED), "leaf", "$.leaves", "a review that cannot be counted");
      const [rating, recommend, photos, said, first, again] = fields;
      counts[0] += 1;
      counts[1][rating - 1] += 1;
      counts[2][recommend] += 1;
      counts[3] += photos;
      if (ofProduct) [counts[4], counts[5]] = [counts[4] + first, counts[5] + again];
      for (const tag of said ? said.split(",") : []) more(tags, tag);
    } else if (name === "claim_counted") {
      check(fields.length === 1 && isText(fields[0]), "leaf", "$.leaves", "a claim that cannot be counted");
      more(claims, fields[0]);
    } else if (Object.hasOwn(PLACES, name)) {
      counts[PLACES[name]] += name === "review_restored" ? -1 : 1;
    }
  }
  return [...counts, ...[tags, claims].map((tally) => [...tally].sort(([one], [two]) => (one < two ? -1 : 1)))];
}
