import { mustBe } from "./errors.js";

/** The largest count of latent cells, frames or pixels in an axis. */
export const MAX_SIZE = 2 ** 31 - 1;

/** Returns a plain object's fields for reading, or throws a TypeError. */
export function checkObject(path: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw new TypeError(mustBe(path, "an object", value));
  }
  // Boundary: every field is checked by the caller.
  return value as Record<string, unknown>;
}

/** Throws a TypeError when the object holds a key that is not in `known`: a misspelt option is never ignored. */
export function checkKeys(path: string, value: object, known: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw new TypeError(`${path}.${key} is not known; ${path} takes ${known.join(", ")}`);
  }
}

/** An inclusive range of whole numbers, with their unit. */
export interface IntegerRange {
  readonly min: number;
  readonly max?: number;
  readonly unit?: string;
}

/** Returns a whole number in range. Throws a TypeError when it is none, a RangeError when it is out of range. */
export function checkInteger(path: string, value: unknown, range: IntegerRange): number {
  const { min, max = MAX_SIZE, unit } = range;
  const condition = `a whole number from ${min} to ${max}${unit === undefined ? "" : ` (${unit})`}`;
  if (typeof value !== "number" || !Number.isInteger(value)) throw new TypeError(mustBe(path, condition, value));
  if (value < min || value > max) throw new RangeError(mustBe(path, condition, value));
  return value;
}

/** Returns a boolean or throws a TypeError. */
export function checkBoolean(path: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw new TypeError(mustBe(path, "true or false", value));
  return value;
}

/** Returns one of `known` or throws a TypeError. */
export function checkOneOf<T extends string>(path: string, value: unknown, known: readonly T[]): T {
  const found = known.find((name) => name === value);
  if (found === undefined) throw new TypeError(mustBe(path, `one of ${known.join(", ")}`, value));
  return found;
}

/** Returns a function, or throws a TypeError. */
export function checkFunction<T>(path: string, value: T): T {
  if (typeof value !== "function") throw new TypeError(mustBe(path, "a function", value));
  return value;
}

/** Returns the two ends of a range of values, or throws. */
export function checkRange(path: string, range: readonly [number, number]): readonly [number, number] {
  const condition = "two finite numbers [low, high] with low < high, apart in float32 too";
  const isPair = Array.isArray(range) && range.length === 2 && range.every((value) => typeof value === "number");
  if (!isPair) throw new TypeError(mustBe(path, condition, range));
  const [low, high] = range;
  // What the arithmetic uses: an infinity among them would make NaN of numbers.
  const [least, most, factor] = [Math.fround(low), Math.fround(high), Math.fround(255 / (high - low))];
  if (!([least, most, factor].every(Number.isFinite) && least < most)) {
    throw new RangeError(mustBe(path, condition, range));
  }
  return [low, high];
}
