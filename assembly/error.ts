import { AXIS_NONE, ERROR_BYTES } from "./layout";

/** Address of the record of the last error. */
export const errorPtr: usize = memory.data(ERROR_BYTES, 8);

/** Writes the error record and returns -code, so that a check is one line: `return fail(...)`. */
export function fail(code: i32, axis: i32, got: i64, limit: i64): i32 {
  store<i32>(errorPtr, code, 0);
  store<i32>(errorPtr, axis, 4);
  store<i64>(errorPtr, got, 8);
  store<i64>(errorPtr, limit, 16);
  return -code;
}

/** As fail, for what belongs to no axis. */
export function failAnywhere(code: i32, got: i64, limit: i64): i32 {
  return fail(code, AXIS_NONE, got, limit);
}
