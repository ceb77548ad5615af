import { mustBe } from "../errors.js";
import { checkBoolean, checkKeys, checkObject } from "../validate.js";

/** How a file is written. */
export interface WriteOptions {
  /** Replace what has this name. Default false: that is an error. */
  readonly overwrite?: boolean;
}

/** Returns the checked write options. */
export function checkWriteOptions(options: unknown, known: readonly string[]): Required<WriteOptions> {
  const fields = checkObject("options", options);
  checkKeys("options", fields, known);
  return { overwrite: checkBoolean("options.overwrite", fields["overwrite"] ?? false) };
}

/** Bytes that a shape of elements of so many bits takes, or null when that is no whole number up to 2^53 - 1. */
export function shapeBytes(shape: readonly number[], bitsPerElement: number): number | null {
  if (shape.includes(0)) return 0;
  let bits = bitsPerElement;
  // Each factor is at least 1, so the product never comes back below a limit it has passed.
  for (const size of shape) {
    bits *= size;
    if (bits > Number.MAX_SAFE_INTEGER) break;
  }
  const bytes = bits / 8;
  return bits <= Number.MAX_SAFE_INTEGER && Number.isInteger(bytes) ? bytes : null;
}

/** Returns checked metadata: a plain object of strings. */
export function checkMetadata(path: string, value: unknown): Readonly<Record<string, string>> {
  const fields = checkObject(path, value);
  for (const [key, text] of Object.entries(fields)) {
    if (typeof text !== "string") throw new TypeError(mustBe(`${path}.${key}`, "a string", text));
  }
  // Boundary: the loop above has shown that every field is a string.
  return fields as Readonly<Record<string, string>>;
}
