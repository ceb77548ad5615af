import type { TileAxis, WindowLayout } from "./types.js";

/** Columns of a tile, counted from the first that it touches, which are all touched by the same tiles. */
export interface Columns {
  readonly begin: number;
  readonly end: number;
  readonly isFresh: boolean;
  readonly isFinal: boolean;
  /** Where their sums begin, and bytes of those of a row. */
  readonly sumsPtr: number;
  readonly rowBytes: number;
}

/**
 * Where the float32 sums lie in the memory of the wasm executor: a part for the columns between two cuts, the parts one
 * behind the other, each [slot][row][plane][column]. Rows that are worked on together lie together, and pages on which
 * no sum is needed are never written, so that they cost no memory.
 *
 * A frame's slot is its number modulo the window's frames. Voxels that are alone in their interval have theirs modulo
 * `lateFrames`: their one tile finishes frames before it begins those that it leaves to later intervals.
 */
export class SumPlaces {
  readonly #layout: WindowLayout;
  readonly #begin: number;

  constructor(layout: WindowLayout, begin: number) {
    this.#layout = layout;
    this.#begin = begin;
  }

  /** Where the part begins whose first column it is. */
  #columnPtr(column: number): number {
    const { batch, channels, frames, height } = this.#layout;
    return this.#begin + column * batch * channels * frames * height * 4;
  }

  get end(): number {
    return this.#columnPtr(this.#layout.width);
  }

  /** Cuts the columns of a tile. */
  columnsOf({ start, planned, fresh, final }: TileAxis): readonly Columns[] {
    const { batch, channels, columnCuts } = this.#layout;
    const cuts = columnCuts.filter((cut) => cut >= start && cut <= start + planned).map((cut) => cut - start);
    return cuts.slice(1).map((end, i) => {
      const begin = cuts[i] ?? 0;
      const rowBytes = (end - begin) * batch * channels * 4;
      return {
        begin,
        end,
        isFresh: begin >= fresh,
        isFinal: begin < final,
        sumsPtr: this.#columnPtr(start + begin),
        rowBytes,
      };
    });
  }

  /** Where the sums of a row of the video lie. `isAlone`: no other tile of the frame's interval touches them. */
  placeOf({ sumsPtr, rowBytes }: Columns, frame: number, row: number, isAlone: boolean): number {
    const { frames, lateFrames, height } = this.#layout;
    return sumsPtr + ((frame % (isAlone ? lateFrames : frames)) * height + row) * rowBytes;
  }
}
