// Numbers, times and templates as pages write them: the same as client/journey/text.py, in China's time.

const ZONE_MS = 8 * 3600 * 1000;
const CALENDAR_MS_MAX = 253402300799999;

/** An integer times 10^exponent in decimal digits, exactly; without trailing zeros unless `fixed`. */
export function decimal(value, exponent, fixed = false) {
  const whole = BigInt(value);
  if (exponent >= 0) return String(whole * 10n ** BigInt(exponent));
  const digits = String(whole < 0n ? -whole : whole).padStart(1 - exponent, "0");
  const fraction = fixed ? digits.slice(exponent) : digits.slice(exponent).replace(/0+$/, "");
  return (whole < 0n ? "-" : "") + digits.slice(0, exponent) + (fraction ? "." + fraction : "");
}

export class Clock {
  iso(timeMs) {
    const number = Number(timeMs);
    const there = number >= -62135596800000 && number <= CALENDAR_MS_MAX - ZONE_MS;
    return new Date((there ? number : 0) + ZONE_MS).toISOString();
  }
  /** How many lengths of time have passed in China since 1970: what is of one day, or one hour, has one number. */
  number(timeMs, lengthMs) { return Math.floor((Number(timeMs) + ZONE_MS) / lengthMs); }
  day(timeMs) { return this.iso(timeMs).slice(0, 10); }
  hour(timeMs) { return this.iso(timeMs).slice(11, 16); }
  instant(timeMs, beside = null) {
    const same = beside !== null && this.day(timeMs) === this.day(beside);
    return same ? this.hour(timeMs) : `${this.day(timeMs)} ${this.hour(timeMs)}`;
  }
}

/** A sentence with its places filled; parts in square brackets go where a place in them has no words. */
export function fill(template, words) {
  const there = (part) => [...part.matchAll(/\{(\w+)\}/g)].every(([, place]) => words[place] != null);
  return template
    .replace(/\[([^[\]]*)\]/g, (_, part) => (there(part) ? part : ""))
    .replace(/\{(\w+)\}/g, (_, place) => words[place] ?? "—")
    .trim();
}

/** A list of values as one text, so that equal ones are one key. */
export function keyOf(value) {
  if (Array.isArray(value)) return `[${value.map(keyOf).join()}]`;
  if (value instanceof Uint8Array) return `x${[...value].join()}`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
