// What a journey needs (docs/PROOF.md §9.4). Bounds are [from, to] in block time; null is open.

import { check } from "./fault.js";

const FOLLOWED_FROM = new Set(["self", "output"]);
const FOLLOWED = new Set(["input", "container", "place", "device", "certificate"]);

export const contains = ([from, to], timeMs) => (from === null || from <= timeMs) && (to === null || timeMs <= to);

const hull = (one, two) => [
  one[0] === null || two[0] === null ? null : one[0] < two[0] ? one[0] : two[0],
  one[1] === null || two[1] === null ? null : one[1] > two[1] ? one[1] : two[1],
];

const same = (one, two) => one[0] == two[0] && one[1] == two[1]; // loosely: 5 and 5n are one time

/** Bounds needed of each subject, the asked one first. */
export function closure(subject, sections) {
  const needed = new Map([[subject, [null, null]]]);
  let grown = [subject];
  while (grown.length) {
    const known = new Map(needed);
    for (const name of grown) {
      check(sections.has(name), "completeness", "$.sections", `the records of ${name} are missing`);
      for (const [other, bounds] of edges(name, sections.get(name).run, known.get(name))) {
        needed.set(other, needed.has(other) ? hull(needed.get(other), bounds) : bounds);
      }
    }
    grown = [...needed.keys()].filter((name) => !known.has(name) || !same(known.get(name), needed.get(name)));
  }
  return needed;
}

/** What records within the bounds say it was made of, carried in, grown on, measured or certified by. */
function edges(subject, run, bounds) {
  const ends = new Map();
  for (const record of run) {
    if (!contains(bounds, record.timeMs) || !FOLLOWED_FROM.has(record.subjects.get(subject).role)) continue;
    for (const [other, naming] of record.subjects) {
      if (other === subject || !FOLLOWED.has(naming.role)) continue;
      const edge = `${naming.role} ${naming.from} ${other}`;
      const known = ends.get(edge) ?? { other, from: naming.from, to: null };
      if (naming.to !== null && (known.to === null || naming.to > known.to)) known.to = naming.to;
      ends.set(edge, known);
    }
  }
  return [...ends.values()].map(({ other, from, to }) => [other, [from, to]]);
}
