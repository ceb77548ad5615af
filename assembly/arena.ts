import { failAnywhere } from "./error";
import { ERROR_MEMORY, ERROR_RESULT_SIZE, MAX_RESULT_BYTES } from "./layout";

// Memory: | static records | result ... |. There is one result, and each call writes it anew from here.
const PAGE_BITS: usize = 16;

/** Address of the result of the last call. */
// @ts-ignore: __heap_base is a compiler constant
export const resultPtr: usize = (__heap_base + 15) & ~(<usize>15);

/** Makes room for a result. Returns 0, or the negative code of an error. */
export function reserve(bytes: i64): i32 {
  if (bytes > MAX_RESULT_BYTES) return failAnywhere(ERROR_RESULT_SIZE, bytes, MAX_RESULT_BYTES);
  const end = resultPtr + <usize>bytes;
  const pages = <i32>((end + 0xffff) >> PAGE_BITS);
  const missing = pages - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) return failAnywhere(ERROR_MEMORY, bytes, MAX_RESULT_BYTES);
  return 0;
}
