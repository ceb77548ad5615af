import { decodeBase64 } from "../base64.js";
import { ExecutorError } from "../errors.js";
import { blendWasm } from "../generated/blend_wasm.js";
import type {
  AccumulateJob,
  Kernel,
  KernelFactory,
  NormaliseCounts,
  NormaliseJob,
  OutputFormat,
  TileAxis,
  WindowShape,
} from "./types.js";

/** The exported functions of blend.wasm. */
interface BlendFunctions {
  readonly memory: WebAssembly.Memory;
  readonly FLOAT32: WebAssembly.Global;
  readonly FLOAT16: WebAssembly.Global;
  readonly BFLOAT16: WebAssembly.Global;
  readonly RGB24: WebAssembly.Global;
  heap_base(): number;
  axis_records(): number;
  window_record(): number;
  tile_record(): number;
  block_record(): number;
  begin_tile(): void;
  add_rows(frame: number, firstRow: number, count: number): number;
  uncovered(): number;
}

const PAGE_BYTES = 65536;
const MEMORY_LIMIT_BYTES = 2 ** 32;
/** Rows are worked four values at a time: up to this much is read and written behind one (bytes). */
const SLACK_BYTES = 64;
/** Pixels of one plane that are brought in at once (bytes): all planes of a block stay in the second cache. */
const BLOCK_BYTES = 131072;
/** Distance of the records of the axes (bytes). */
const AXIS_RECORD_BYTES = 32;
const CONTRIBUTOR_BYTES = 36;
/** How long the event loop is held at most before others get a turn (ms). */
const TURN_MS = 4;

/** Compiles blend.wasm and returns what makes a kernel on it. */
export function createWasmKernelFactory(): KernelFactory {
  const module = new WebAssembly.Module(decodeBase64(blendWasm));
  return async (shape, format) => new WasmKernel(module, shape, format);
}

/** Rows of one frame of a tile, counted from the first that it touches. */
interface RowBlock {
  readonly frame: number;
  readonly firstRow: number;
  readonly rows: number;
}

/** Values of a finished pixel that lie side by side, and bytes of each. */
interface ValueLayout {
  readonly perPixel: number;
  readonly bytes: number;
}

// Memory of an instance: | statics | sums | zeros | weights, bytes of three channels | tile: masks, contributors |
// block: pixels in, finished values out |. Offsets are below 2^32; in i32 fields they wrap, and WebAssembly reads them
// as unsigned.
class WasmKernel implements Kernel {
  readonly #shape: WindowShape;
  readonly #layout: ValueLayout;
  readonly #tilePtr: number;
  #blockPtr = 0;
  #functions: BlendFunctions | undefined;
  #turnStart = 0;
  /** What was met in frames that are not handed out yet. */
  readonly #counts = new Map<number, NormaliseCounts>();

  constructor(module: WebAssembly.Module, shape: WindowShape, format: OutputFormat) {
    // Boundary: the module is ours, built with this package.
    const functions = new WebAssembly.Instance(module, {}).exports as unknown as BlendFunctions;
    const { batch, channels, frames, height, width } = shape;
    this.#shape = shape;
    this.#layout =
      format === "rgb24" ? { perPixel: 3, bytes: 1 } : { perPixel: 1, bytes: format === "float32" ? 4 : 2 };
    this.#functions = functions;
    const sumsPtr = functions.heap_base();
    const zerosPtr = sumsPtr + batch * channels * frames * height * width * 4 + SLACK_BYTES;
    const weightsPtr = align(zerosPtr + width * 4 + SLACK_BYTES);
    this.#tilePtr = align(weightsPtr + width * 4 + 3 * (width + 32) + 2 * SLACK_BYTES);
    this.#reserve(this.#tilePtr);
    const fields = [batch * channels, frames, height, width, sumsPtr, zerosPtr, weightsPtr];
    new Int32Array(functions.memory.buffer, functions.window_record()).set(fields);
  }

  /** Grows memory up to an offset. */
  #reserve(end: number): void {
    const { memory } = this.#live();
    const missing = Math.ceil((end + SLACK_BYTES - memory.buffer.byteLength) / PAGE_BYTES);
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

  async accumulate(job: AccumulateJob): Promise<void> {
    this.#turnStart = performance.now();
    this.#placeTile(job);
    const { frames, height, pixels } = job;
    const stride = (pixels.shape[4] ?? 0) * pixels.data.BYTES_PER_ELEMENT;
    const rows = Math.max(1, Math.floor(BLOCK_BYTES / Math.max(stride, this.#shape.width * 4)));
    for (let frame = 0; frame < frames.planned; frame++) {
      for (let firstRow = 0; firstRow < height.planned; firstRow += rows) {
        this.#addBlock(job, { frame, firstRow, rows: Math.min(rows, height.planned - firstRow) });
        await this.#giveTurn();
      }
    }
  }

  /** Writes the masks, the contributors and the records of a tile. */
  #placeTile({ pixels, frames, height, width, contributors, finish }: AccumulateJob): void {
    const blend = this.#live();
    const masks = new MaskPlaces(this.#tilePtr);
    const axes = [frames, height, width].map((axis) => axisFields(axis, masks));
    const records = contributors.flatMap((box) =>
      box.flatMap(({ start, mask }) => [start, mask.length, masks.placeOf(mask)]),
    );
    const recordsPtr = masks.end;
    // Behind the records, one float for each contributor.
    this.#blockPtr = align(recordsPtr + contributors.length * (CONTRIBUTOR_BYTES + 4));
    this.#reserve(this.#blockPtr);
    const { buffer } = blend.memory;
    for (const [mask, place] of masks.places) new Float32Array(buffer, place, mask.length).set(mask);
    new Int32Array(buffer, recordsPtr, records.length).set(records);
    for (const [i, fields] of axes.entries()) {
      new Int32Array(buffer, blend.axis_records() + i * AXIS_RECORD_BYTES, fields.length).set(fields);
    }
    const format = formatNumber(blend, finish?.format ?? "float32");
    const tilePtr = blend.tile_record();
    new Int32Array(buffer, tilePtr, 2).set([formatNumber(blend, pixels.dtype), format]);
    new Float32Array(buffer, tilePtr + 8, 2).set([finish?.low ?? 0, finish?.factor ?? 0]);
    new Int32Array(buffer, tilePtr + 16, 2).set([recordsPtr, contributors.length]);
    blend.begin_tile();
  }

  /** Brings rows of all planes in, adds them, and brings out what is finished. */
  #addBlock(job: AccumulateJob, block: RowBlock): void {
    const blend = this.#live();
    const { shape, data } = job.pixels;
    const stride = (shape[4] ?? 0) * data.BYTES_PER_ELEMENT;
    const planes = this.#shape.batch * this.#shape.channels;
    const pixelPlane = align(block.rows * stride + SLACK_BYTES);
    const finishedRow = job.width.final * this.#layout.perPixel * this.#layout.bytes;
    const finishedPlane = align(block.rows * finishedRow + SLACK_BYTES);
    const finishedPtr = this.#blockPtr + planes * pixelPlane;
    this.#reserve(finishedPtr + planes * finishedPlane);
    const pixelsPtr = this.#blockPtr + job.width.offset * data.BYTES_PER_ELEMENT;
    const fields = [pixelsPtr, pixelPlane, stride, finishedPtr, finishedPlane, finishedRow];
    new Int32Array(blend.memory.buffer, blend.block_record(), fields.length).set(fields);
    this.#bringIn(job, block, pixelPlane);
    const nanCount = blend.add_rows(block.frame, block.firstRow, block.rows);
    if (block.frame >= job.frames.final || block.firstRow >= job.height.final || job.finish === undefined) return;
    this.#count(job.frames.start + block.frame, { nanCount, uncoveredCount: blend.uncovered() });
    this.#bringOut(job, job.finish, block, { finishedPtr, finishedPlane, finishedRow });
  }

  /** Copies the rows that the tile has, plane by plane. */
  #bringIn({ pixels, frames, height }: AccumulateJob, block: RowBlock, pixelPlane: number): void {
    const [batch = 0, channels = 0, tileFrames = 0, tileHeight = 0, tileWidth = 0] = pixels.shape;
    const rows = Math.min(block.rows, height.mask.length - block.firstRow);
    if (block.frame >= frames.mask.length || rows <= 0) return;
    const { buffer, byteOffset, BYTES_PER_ELEMENT } = pixels.data;
    const stride = tileWidth * BYTES_PER_ELEMENT;
    const memory = new Uint8Array(this.#live().memory.buffer);
    for (let plane = 0; plane < batch * channels; plane++) {
      const row = (plane * tileFrames + frames.offset + block.frame) * tileHeight + height.offset + block.firstRow;
      memory.set(new Uint8Array(buffer, byteOffset + row * stride, rows * stride), this.#blockPtr + plane * pixelPlane);
    }
  }

  /** Copies finished rows to their place in the target: whole blocks where they are as wide as the video. */
  #bringOut(
    { frames, height, width }: AccumulateJob,
    { target, targetFrames, targetStart, start }: NormaliseJob,
    { frame, firstRow, rows }: RowBlock,
    { finishedPtr, finishedPlane, finishedRow }: { finishedPtr: number; finishedPlane: number; finishedRow: number },
  ): void {
    const { batch, channels, height: allRows, width: columns } = this.#shape;
    const { perPixel, bytes } = this.#layout;
    const finalRows = Math.min(rows, height.final - firstRow);
    const memory = this.#live().memory.buffer;
    const out = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
    const isWhole = width.final === columns;
    const [copies, length] = isWhole ? [1, finalRows * finishedRow] : [finalRows, finishedRow];
    for (let plane = 0; plane < batch * channels; plane += perPixel) {
      const targetFrame = (plane / perPixel) * targetFrames + targetStart + frames.start + frame - start;
      for (let i = 0; i < copies; i++) {
        const pixel = (targetFrame * allRows + height.start + firstRow + i) * columns + width.start;
        const finished = new Uint8Array(memory, finishedPtr + plane * finishedPlane + i * finishedRow, length);
        out.set(finished, pixel * perPixel * bytes);
      }
    }
  }

  #count(frame: number, { nanCount, uncoveredCount }: NormaliseCounts): void {
    const known = this.#counts.get(frame) ?? { nanCount: 0, uncoveredCount: 0 };
    this.#counts.set(frame, {
      nanCount: known.nanCount + nanCount,
      uncoveredCount: known.uncoveredCount + uncoveredCount,
    });
  }

  /** The frames lie in the target already: tells what was met in them. */
  async normalise({ start, count }: NormaliseJob): Promise<NormaliseCounts> {
    const counts = { nanCount: 0, uncoveredCount: 0 };
    for (let frame = start; frame < start + count; frame++) {
      const found = this.#counts.get(frame);
      counts.nanCount += found?.nanCount ?? 0;
      counts.uncoveredCount += found?.uncoveredCount ?? 0;
      this.#counts.delete(frame);
    }
    return counts;
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

/** Gives each mask of a tile a place in memory, equal arrays the same. */
class MaskPlaces {
  readonly places = new Map<Float32Array, number>();
  /** Where the next would lie. */
  end: number;

  constructor(begin: number) {
    this.end = begin;
  }

  placeOf(mask: Float32Array): number {
    const place = this.places.get(mask) ?? this.end;
    if (place === this.end) {
      this.places.set(mask, place);
      this.end = align(place + mask.byteLength + SLACK_BYTES);
    }
    return place;
  }
}

/** The fields of an AxisRecord. */
function axisFields({ start, fresh, final, planned, mask }: TileAxis, masks: MaskPlaces): readonly number[] {
  return [start, fresh, final, planned, mask.length, masks.placeOf(mask)];
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

/** The number by which blend.wasm knows a format. */
function formatNumber(blend: BlendFunctions, format: OutputFormat): number {
  const { FLOAT32: float32, FLOAT16: float16, BFLOAT16: bfloat16, RGB24: rgb24 } = blend;
  return Number({ float32, float16, bfloat16, rgb24 }[format].value);
}

function align(pointer: number): number {
  return Math.ceil(pointer / 16) * 16;
}
