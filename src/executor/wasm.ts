import { ExecutorError } from "../errors.js";
import { blendWasm } from "../generated/blend_wasm.js";
import { decodeHex } from "../hex.js";
import type { Dtype } from "../tensor.js";
import { windowBytes } from "./accumulator.js";
import type {
  AccumulateJob,
  Kernel,
  KernelFactory,
  NormaliseCounts,
  NormaliseJob,
  TouchedPart,
  WindowShape,
} from "./types.js";

/** The exported functions of blend.wasm. */
interface BlendFunctions {
  readonly memory: WebAssembly.Memory;
  readonly FLOAT32: WebAssembly.Global;
  readonly FLOAT16: WebAssembly.Global;
  readonly BFLOAT16: WebAssembly.Global;
  heap_base(): number;
  configure(out: number, weight: number, frames: number, height: number, width: number): void;
  place_tile(rowMasks: number, columnMasks: number, rows: number, columns: number, y: number, x: number): void;
  add_weights(slot: number, frameMask: number): void;
  add_plane(plane: number, slot: number, frameMask: number, pixels: number, stride: number, dtype: number): void;
  finish_plane(plane: number, slot: number, target: number, dtype: number): number;
  finish_rgb24(plane: number, slot: number, target: number, low: number, factor: number): number;
  clear_weights(slot: number): number;
}

const PAGE_BYTES = 65536;
const MEMORY_LIMIT_BYTES = 2 ** 32;
/** Rows are finished four pixels at a time, so that up to this much is written past a frame (bytes). */
const SLACK_BYTES = 64;
/** How long the event loop is held before others get a turn (ms). A plane more, and what else its turn does, come on top. */
const TURN_MS = 5;

/** Compiles blend.wasm and returns what makes a kernel on it. */
export function createWasmKernelFactory(): KernelFactory {
  const module = new WebAssembly.Module(decodeHex(blendWasm));
  return async (shape) => new WasmKernel(module, shape);
}

// Memory of an instance: | statics | out | weight | masks of a tile's rows and columns | staging: a plane in, or a
// frame out |. Offsets are below 2^32; in i32 parameters they wrap, and WebAssembly reads them as unsigned.
class WasmKernel implements Kernel {
  readonly #shape: WindowShape;
  readonly #masksPtr: number;
  readonly #stagingPtr: number;
  #functions: BlendFunctions | undefined;
  /** Of the last turn that this gave: jobs may follow one another in one turn. */
  #turnStart = performance.now();

  constructor(module: WebAssembly.Module, shape: WindowShape) {
    // Boundary: the module is ours, built with this package.
    const functions = new WebAssembly.Instance(module, {}).exports as unknown as BlendFunctions;
    const { batch, channels, frames, height, width } = shape;
    const outPtr = functions.heap_base();
    const weightPtr = outPtr + batch * channels * frames * height * width * 4;
    this.#masksPtr = outPtr + windowBytes(shape);
    this.#stagingPtr = align(this.#masksPtr + (height + width) * 4 + SLACK_BYTES);
    this.#shape = shape;
    this.#functions = functions;
    this.#reserve(height * width * 4);
    functions.configure(outPtr, weightPtr, frames, height, width);
  }

  /** Grows memory so that staging holds `bytes`. */
  #reserve(bytes: number): void {
    const { memory } = this.#live();
    const end = this.#stagingPtr + bytes + SLACK_BYTES;
    const missing = Math.ceil((end - memory.buffer.byteLength) / PAGE_BYTES);
    if (missing <= 0) return;
    const ways = "use the cpu executor, smaller temporal tiles or fewer pixels";
    if (end > MEMORY_LIMIT_BYTES) {
      throw new ExecutorError(
        `the wasm executor holds at most ${MEMORY_LIMIT_BYTES} bytes, this needs ${end}; ${ways}`,
      );
    }
    try {
      memory.grow(missing);
    } catch (cause) {
      throw new ExecutorError(`no memory for a window of ${end} bytes; ${ways}`, { cause });
    }
  }

  #live(): BlendFunctions {
    if (this.#functions === undefined) throw new ExecutorError("the kernel is closed");
    return this.#functions;
  }

  async accumulate({ pixels, frames, height, width }: AccumulateJob): Promise<void> {
    const blend = this.#live();
    const [batch = 0, channels = 0, tileFrames = 0, tileHeight = 0, tileWidth = 0] = pixels.shape;
    const { buffer, byteOffset, BYTES_PER_ELEMENT: elementBytes } = pixels.data;
    const stride = tileWidth * elementBytes;
    const dtype = dtypeNumber(blend, pixels.dtype);
    this.#reserve(height.mask.length * stride);
    this.#placeTile(height, width);
    for (let i = 0; i < frames.mask.length; i++) {
      const mask = frames.mask[i] ?? 0;
      if (mask === 0) continue;
      const slot = (frames.start + i) % this.#shape.frames;
      blend.add_weights(slot, mask);
      for (let plane = 0; plane < batch * channels; plane++) {
        const row = (plane * tileFrames + frames.offset + i) * tileHeight + height.offset;
        const rows = new Uint8Array(buffer, byteOffset + row * stride, height.mask.length * stride);
        new Uint8Array(blend.memory.buffer).set(rows, this.#stagingPtr);
        blend.add_plane(plane, slot, mask, this.#stagingPtr + width.offset * elementBytes, stride, dtype);
        await this.#giveTurn();
      }
    }
  }

  #placeTile(height: TouchedPart, width: TouchedPart): void {
    const blend = this.#live();
    const columnsPtr = this.#masksPtr + height.mask.length * 4;
    new Float32Array(blend.memory.buffer, this.#masksPtr, height.mask.length).set(height.mask);
    new Float32Array(blend.memory.buffer, columnsPtr, width.mask.length).set(width.mask);
    const [rows, columns] = [height.mask.length, width.mask.length];
    blend.place_tile(this.#masksPtr, columnsPtr, rows, columns, height.start, width.start);
  }

  async normalise(job: NormaliseJob): Promise<NormaliseCounts> {
    const counts = { nanCount: 0, uncoveredCount: 0 };
    this.#reserve(this.#shape.height * this.#shape.width * 4);
    for (let i = 0; i < job.count; i++) {
      const slot = (job.start + i) % this.#shape.frames;
      counts.nanCount += await this.#finishFrame(job, slot, job.targetStart + i);
      counts.uncoveredCount += this.#live().clear_weights(slot);
    }
    return counts;
  }

  /** Finishes all planes of one frame into the target. Returns the number of NaN. */
  async #finishFrame(job: NormaliseJob, slot: number, targetFrame: number): Promise<number> {
    const { batch, channels } = this.#shape;
    const blend = this.#live();
    let nanCount = 0;
    for (let plane = 0; plane < batch * channels; plane++) {
      if (job.format === "rgb24") {
        const [sample, channel] = [Math.floor(plane / 3), plane % 3];
        nanCount += blend.finish_rgb24(plane, slot, this.#stagingPtr + channel, job.low, job.factor);
        if (channel === 2) this.#copyOut(job, sample * job.targetFrames + targetFrame, 3);
      } else {
        nanCount += blend.finish_plane(plane, slot, this.#stagingPtr, dtypeNumber(blend, job.format));
        this.#copyOut(job, plane * job.targetFrames + targetFrame, 1);
      }
      await this.#giveTurn();
    }
    return nanCount;
  }

  /** Copies a finished frame from staging to its place in the target. */
  #copyOut({ target }: NormaliseJob, targetPlane: number, valuesPerPixel: number): void {
    const values = this.#shape.height * this.#shape.width * valuesPerPixel;
    const bytes = values * target.BYTES_PER_ELEMENT;
    const finished = new Uint8Array(this.#live().memory.buffer, this.#stagingPtr, bytes);
    new Uint8Array(target.buffer, target.byteOffset + targetPlane * bytes, bytes).set(finished);
  }

  /** Lets the event loop run when it has been held long enough. */
  async #giveTurn(): Promise<void> {
    if (performance.now() - this.#turnStart < TURN_MS) return;
    await nextTurn();
    this.#turnStart = performance.now();
  }

  close(): void {
    // The instance goes, and its memory with it.
    this.#functions = undefined;
  }
}

/** Resolves in a coming turn of the event loop; unlike a timer, without a delay of its own. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** The number by which blend.wasm knows an element type. */
function dtypeNumber(blend: BlendFunctions, dtype: Dtype): number {
  const global = { float32: blend.FLOAT32, float16: blend.FLOAT16, bfloat16: blend.BFLOAT16 }[dtype];
  return Number(global.value);
}

function align(pointer: number): number {
  return Math.ceil(pointer / 16) * 16;
}
