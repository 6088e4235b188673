// What decoded values must be, and the two parts of a subject.

export const isInt = (value) => typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
export const isBytes = (value) => value instanceof Uint8Array;
export const isText = (value) => typeof value === "string";

/** Shapes: a predicate; [shape] = array of it; [shape, shape, ...] with two or more = these places. */
export function fits(value, shape) {
  if (typeof shape === "function") return shape(value);
  if (!Array.isArray(value)) return false;
  if (shape.length === 1) return value.every((item) => fits(item, shape[0]));
  return value.length === shape.length && value.every((item, place) => fits(item, shape[place]));
}

export const orNull = (shape) => (value) => value === null || fits(value, shape);

/** A subject's kind and key. */
export function split(subject) {
  const place = subject.indexOf(":");
  return place < 0 ? [subject, ""] : [subject.slice(0, place), subject.slice(place + 1)];
}
