import { ExecutorError } from "../errors.js";
import { blendWasm } from "../generated/blend_wasm.js";
import { decodeHex } from "../hex.js";
import { nextTurn } from "../turn.js";
import { type BlendInstance, BlendInstances, placeBehind } from "./blend_instance.js";
import type {
  AccumulateJob,
  Kernel,
  KernelFactory,
  NormaliseCounts,
  NormaliseJob,
  OutputFormat,
  TouchedPart,
  WindowLayout,
} from "./types.js";
import { type Columns, SumPlaces } from "./wasm_sums.js";

/** Pixels of all planes that are brought in at once (bytes): they and what they become stay in the second cache. */
const BLOCK_BYTES = 196608;
/** Room for masks and a block of usual tiles: the memory grows once, since V8 may collect garbage each time. */
const TILE_BYTES = 4 * BLOCK_BYTES;
/** How long the event loop is held at most before others get a turn (ms). */
const TURN_MS = 3;

/** Compiles blend.wasm and returns what makes a kernel on it. */
export function createWasmKernelFactory(): KernelFactory {
  const instances = new BlendInstances(new WebAssembly.Module(decodeHex(blendWasm)));
  return async (layout, format) => {
    const kernel = new WasmKernel(instances, layout, format);
    // V8 may collect garbage when memory grows, and again when a tile's target is made.
    await nextTurn();
    return kernel;
  };
}

/** The columns of a tile, and where the rows of a block lie in memory: bytes from one plane or row to the next. */
interface BlockPlace {
  readonly columns: readonly Columns[];
  /** By row of the tile, where the next begins that does not fare alike. */
  readonly bandStops: Uint32Array;
  readonly rows: number;
  readonly pixelsPtr: number;
  readonly pixelPlane: number;
  readonly pixelRow: number;
  readonly finishedPtr: number;
  readonly finishedRow: number;
  /** The finished rows, of each plane or, in rgb24, of each three. */
  readonly finished: readonly (readonly Uint8Array[])[];
}

/** Rows of one frame of a tile, counted from the first that it touches. */
interface RowBlock {
  readonly frame: number;
  readonly firstRow: number;
  readonly stop: number;
}

// Memory of an instance: | statics | sums | weights of a row | tile: masks of columns | block: pixels in, finished values
// out |. An earlier decode may have left anything in it. Offsets are below 2^32; in i32 parameters they wrap, and
// WebAssembly reads them as unsigned.
class WasmKernel implements Kernel {
  readonly #layout: WindowLayout;
  readonly #planes: number;
  /** Bytes of a finished pixel. */
  readonly #pixelBytes: number;
  /** Planes that are finished side by side. */
  readonly #group: number;
  readonly #sums: SumPlaces;
  readonly #masksPtr: number;
  readonly #instances: BlendInstances;
  #blend: BlendInstance | undefined;
  /** When the event loop last had a turn: tiles of a quick decoder follow one another without one. */
  #turnStart = performance.now();
  /** What was met in frames that are not handed out yet. */
  readonly #counts = new Map<number, NormaliseCounts>();

  constructor(instances: BlendInstances, layout: WindowLayout, format: OutputFormat) {
    const blend = instances.take();
    this.#instances = instances;
    this.#blend = blend;
    this.#layout = layout;
    this.#planes = layout.batch * layout.channels;
    this.#group = format === "rgb24" ? 3 : 1;
    this.#pixelBytes = { float32: 4, float16: 2, bfloat16: 2, rgb24: 3 }[format];
    this.#sums = new SumPlaces(layout, blend.functions.heap_base());
    const weightsPtr = placeBehind(this.#sums.end);
    this.#masksPtr = placeBehind(weightsPtr + layout.width * 4);
    blend.reserve(this.#masksPtr + TILE_BYTES);
    blend.functions.set_window(this.#planes, weightsPtr, blend.numberOf(format));
  }

  #live(): BlendInstance {
    if (this.#blend === undefined) throw new ExecutorError("the kernel is closed");
    return this.#blend;
  }

  async accumulate(job: AccumulateJob): Promise<void> {
    if (this.#isTurnOver()) await this.#waitTurn();
    const place = this.#placeTile(job);
    const { frames, height } = job;
    for (let frame = 0; frame < frames.planned; frame++) {
      for (let firstRow = 0; firstRow < height.planned; firstRow += place.rows) {
        if (this.#isTurnOver()) await this.#waitTurn();
        this.#addBlock(job, place, { frame, firstRow, stop: Math.min(firstRow + place.rows, height.planned) });
      }
    }
  }

  #isTurnOver(): boolean {
    return performance.now() - this.#turnStart >= TURN_MS;
  }

  async #waitTurn(): Promise<void> {
    await nextTurn();
    this.#turnStart = performance.now();
  }

  /** Lays out memory for a tile and writes its masks and range. */
  #placeTile(job: AccumulateJob): BlockPlace {
    const blend = this.#live();
    const { pixels, height, width, contributors, finish } = job;
    const pixelRow = (pixels.shape[4] ?? 0) * pixels.data.BYTES_PER_ELEMENT;
    const finishedBytes = width.final * this.#pixelBytes;
    // What is written behind a row's end is nobody's.
    const finishedRow = placeBehind(finishedBytes);
    const rowBytes = this.#planes * Math.max(pixelRow, finishedRow);
    const rows = Math.max(1, Math.min(height.planned, Math.floor(BLOCK_BYTES / rowBytes)));
    const [pixelPlane, finishedPlane] = [placeBehind(rows * pixelRow), placeBehind(rows * finishedRow)];
    const pixelsPtr = this.#maskPtr(width, contributors.length + 1);
    const finishedPtr = pixelsPtr + this.#planes * pixelPlane;
    blend.reserve(finishedPtr + this.#planes * finishedPlane);
    this.#placeMasks(job);
    blend.functions.set_tile(blend.numberOf(pixels.dtype), this.#masksPtr, finish?.low ?? 0, finish?.factor ?? 0);
    blend.functions.set_steps(pixelPlane, pixelRow, finishedPlane, finishedRow);
    const finished = Array.from({ length: this.#planes / this.#group }, (_, i) =>
      Array.from({ length: rows }, (_, row) => {
        const at = finishedPtr + i * this.#group * finishedPlane + row * finishedRow;
        return new Uint8Array(blend.buffer, at, finishedBytes);
      }),
    );
    const [columns, bandStops] = [this.#sums.columnsOf(width), bandStopsOf(job)];
    return { columns, bandStops, rows, pixelsPtr, pixelPlane, pixelRow, finishedPtr, finishedRow, finished };
  }

  /** Writes the mask of the tile along its columns, and behind it those of the contributors, 0 where they are not. */
  #placeMasks({ width, contributors }: AccumulateJob): void {
    const { buffer } = this.#live();
    for (const [i, part] of [width, ...contributors.map(([, , part]) => part)].entries()) {
      const row = new Float32Array(buffer, this.#maskPtr(width, i), width.planned).fill(0);
      const first = part.start - width.start;
      row.set(part.mask.subarray(Math.max(0, -first), Math.max(0, row.length - first)), Math.max(0, first));
    }
  }

  #maskPtr({ planned }: { planned: number }, i: number): number {
    return this.#masksPtr + i * placeBehind(planned * 4);
  }

  /** Brings rows of all planes in, adds them, and brings out what is finished. */
  #addBlock(job: AccumulateJob, place: BlockPlace, block: RowBlock): void {
    const blend = this.#live().functions;
    const { frames, height, finish } = job;
    const { frame, firstRow, stop } = block;
    this.#bringIn(job, place, block);
    const frameMask = frames.mask[frame] ?? 0;
    let { pixelsPtr, finishedPtr } = place;
    let [nanCount, uncoveredCount] = [0, 0];
    for (let row = firstRow; row < stop; ) {
      const rows = Math.min(stop, place.bandStops[row] ?? stop) - row;
      if (frame < frames.final && row < height.final) uncoveredCount += rows * this.#makeWeights(job, frame, row);
      blend.set_rows(pixelsPtr, finishedPtr, frameMask * (height.mask[row] ?? 0), rows);
      nanCount += this.#addRows(job, place.columns, frame, row);
      pixelsPtr += rows * place.pixelRow;
      finishedPtr += rows * place.finishedRow;
      row += rows;
    }
    if (finish === undefined || frame >= frames.final) return;
    this.#count(frames.start + frame, { nanCount, uncoveredCount });
    this.#bringOut(job, finish, place, block);
  }

  /** Adds the rows, of which this is the first, of all planes. Returns the number of NaN finished. */
  #addRows({ frames, height }: AccumulateJob, columns: readonly Columns[], frame: number, row: number): number {
    const { functions, fresh, final } = this.#live();
    let nanCount = 0;
    for (const part of columns) {
      const isFresh = part.isFresh && row >= height.fresh;
      const isFinal = part.isFinal && row < height.final;
      const touch = (isFresh && frame >= frames.fresh ? fresh : 0) + (isFinal && frame < frames.final ? final : 0);
      const sumsPtr = this.#sums.placeOf(part, frames.start + frame, height.start + row, isFresh && isFinal);
      nanCount += functions.add_columns(part.begin, part.end, sumsPtr, touch);
    }
    return nanCount;
  }

  /** Copies the rows that the tile has, plane by plane, from the first touched pixel to the last. */
  #bringIn({ pixels, frames, height, width }: AccumulateJob, place: BlockPlace, block: RowBlock): void {
    const [, , tileFrames = 0, tileHeight = 0, tileWidth = 0] = pixels.shape;
    const rows = Math.min(block.stop, height.mask.length) - block.firstRow;
    if (block.frame >= frames.mask.length || rows <= 0) return;
    const { buffer, byteOffset, BYTES_PER_ELEMENT } = pixels.data;
    const bytes = (rows - 1) * place.pixelRow + width.mask.length * BYTES_PER_ELEMENT;
    const memory = new Uint8Array(this.#live().buffer);
    for (let plane = 0; plane < this.#planes; plane++) {
      const row = (plane * tileFrames + frames.offset + block.frame) * tileHeight + height.offset + block.firstRow;
      const from = byteOffset + (row * tileWidth + width.offset) * BYTES_PER_ELEMENT;
      memory.set(new Uint8Array(buffer, from, bytes), place.pixelsPtr + plane * place.pixelPlane);
    }
  }

  /** Makes the weights of a row's final columns. Returns how many are 0. */
  #makeWeights({ contributors, frames, height, width }: AccumulateJob, frame: number, row: number): number {
    const blend = this.#live().functions;
    blend.clear_weights(width.final);
    // In plan order, as the tiles' pixels are added. The product is rounded to float32 on its way in.
    contributors.forEach((box, i) => {
      const mask = maskAt(box[0], frames.start + frame) * maskAt(box[1], height.start + row);
      if (mask !== 0) blend.add_weights(this.#maskPtr(width, i + 1), mask, width.final);
    });
    return blend.count_uncovered(width.final);
  }

  /** Copies finished rows to their place in the target. */
  #bringOut({ frames, height, width }: AccumulateJob, finish: NormaliseJob, place: BlockPlace, block: RowBlock): void {
    const { target, targetFrames, targetStart, start } = finish;
    const { height: lines, width: columns } = this.#layout;
    const out = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
    const rows = Math.min(block.stop, height.final) - block.firstRow;
    const rowBytes = columns * this.#pixelBytes;
    for (const [i, finished] of place.finished.entries()) {
      const frame = i * targetFrames + targetStart + frames.start + block.frame - start;
      const first = (frame * lines + height.start + block.firstRow) * columns + width.start;
      finished.forEach((bytes, row) => {
        if (row < rows) out.set(bytes, first * this.#pixelBytes + row * rowBytes);
      });
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

  close(): void {
    if (this.#blend !== undefined) this.#instances.giveBack(this.#blend);
    this.#blend = undefined;
  }
}

/** The weight at a position of the video, 0 where the part does not reach. */
function maskAt({ start, mask }: TouchedPart, position: number): number {
  const at = position - start;
  return at < 0 ? 0 : (mask[at] ?? 0);
}

/** By row, where the next begins that has other weights, or is touched by other tiles. */
function bandStopsOf({ height, contributors }: AccumulateJob): Uint32Array {
  const parts: readonly TouchedPart[] = [height, ...contributors.map(([, part]) => part)];
  const stops = new Uint32Array(height.planned);
  for (let row = height.planned; row > 0; row--) {
    const at = height.start + row;
    const isAlike =
      row !== height.fresh && row !== height.final && parts.every((part) => maskAt(part, at - 1) === maskAt(part, at));
    stops[row - 1] = isAlike && row < height.planned ? (stops[row] ?? row) : row;
  }
  return stops;
}
