import { ExecutorError } from "../errors.js";
import type { OutputFormat } from "./types.js";

/** The exported functions of blend.wasm; assembly/blend.ts tells what each does. */
interface BlendFunctions {
  readonly memory: WebAssembly.Memory;
  readonly FLOAT32: WebAssembly.Global;
  readonly FLOAT16: WebAssembly.Global;
  readonly BFLOAT16: WebAssembly.Global;
  readonly RGB24: WebAssembly.Global;
  heap_base(): number;
  readonly FRESH: WebAssembly.Global;
  readonly FINAL: WebAssembly.Global;
  set_window(planes: number, weights: number, format: number): void;
  set_tile(dtype: number, mask: number, low: number, factor: number): void;
  set_steps(pixelPlane: number, pixelRow: number, finishedPlane: number, finishedRow: number): void;
  set_rows(pixels: number, finished: number, rowMask: number, count: number): void;
  add_columns(begin: number, end: number, sums: number, touch: number): number;
  clear_weights(count: number): void;
  add_weights(mask: number, rowMask: number, count: number): void;
  count_uncovered(count: number): number;
}

const PAGE_BYTES = 65536;
const MEMORY_LIMIT_BYTES = 2 ** 32;
/** Rows are worked four values at a time: less than this is read and written behind one (bytes). */
const SLACK_BYTES = 64;

/** An instance of blend.wasm. Its memory goes with it. */
export class BlendInstance {
  readonly functions: BlendFunctions;
  /** What add_columns takes for columns that no earlier tile touches, and for those that no later one does. */
  readonly fresh: number;
  readonly final: number;

  constructor(module: WebAssembly.Module) {
    // Boundary: the module is ours, built with this package. V8 finds functions faster in a plain object.
    this.functions = { ...new WebAssembly.Instance(module, {}).exports } as unknown as BlendFunctions;
    this.fresh = Number(this.functions.FRESH.value);
    this.final = Number(this.functions.FINAL.value);
  }

  /** Its memory, until the next `reserve`. */
  get buffer(): ArrayBuffer {
    return this.functions.memory.buffer;
  }

  /**
   * Grows memory up to an offset.
   * @throws ExecutorError when there is no room.
   */
  reserve(end: number): void {
    const missing = Math.ceil((end - this.buffer.byteLength) / PAGE_BYTES);
    if (missing <= 0) return;
    const ways = "use the cpu executor, smaller temporal tiles or fewer pixels";
    if (end > MEMORY_LIMIT_BYTES) {
      throw new ExecutorError(
        `the wasm executor holds at most ${MEMORY_LIMIT_BYTES} bytes, this needs ${end}; ${ways}`,
      );
    }
    try {
      this.functions.memory.grow(missing);
    } catch (cause) {
      throw new ExecutorError(`no memory for a window of ${end} bytes; ${ways}`, { cause });
    }
  }

  /** The number by which the module knows a format. */
  numberOf(format: OutputFormat): number {
    const { FLOAT32: float32, FLOAT16: float16, BFLOAT16: bfloat16, RGB24: rgb24 } = this.functions;
    return Number({ float32, float16, bfloat16, rgb24 }[format].value);
  }
}

/**
 * Gives instances to kernels, each to one at a time. Of those that come back the last is kept until the collector wants
 * its memory: pages written before cost less than fresh ones. What lies in them is whatever was left there.
 */
export class BlendInstances {
  readonly #module: WebAssembly.Module;
  #kept: WeakRef<BlendInstance> | undefined;

  constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  take(): BlendInstance {
    const kept = this.#kept?.deref();
    this.#kept = undefined;
    return kept ?? new BlendInstance(this.#module);
  }

  /** Takes one back whose kernel is closed. */
  giveBack(instance: BlendInstance): void {
    this.#kept = new WeakRef(instance);
  }
}

/** Where the next thing lies behind rows that end at an offset. */
export function placeBehind(end: number): number {
  return Math.ceil((end + SLACK_BYTES) / 64) * 64;
}
