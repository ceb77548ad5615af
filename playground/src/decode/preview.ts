import type { PerAxis, Slice, Tensor, Tile, TilePlan } from "tileblend";

/** What a tile changed in the pictures on the page: RGBA of its part. */
export interface PreviewPart {
  readonly output: PerAxis<Slice>;
  readonly picture: Uint8ClampedArray<ArrayBuffer>;
  readonly weights: Uint8ClampedArray<ArrayBuffer>;
}

/**
 * Shows a frame while it is being blended, before it is final: the last one of the tiles at work. For the eye only: the
 * finished frames come from the executor.
 */
export class BlendPreview {
  readonly #plan: TilePlan;
  readonly #range: readonly [number, number];
  readonly #sums: Float32Array;
  readonly #weights: Float32Array;
  #frame = -1;

  constructor(plan: TilePlan, range: readonly [number, number]) {
    const { height, width } = plan.output;
    this.#plan = plan;
    this.#range = range;
    this.#sums = new Float32Array(3 * height * width);
    this.#weights = new Float32Array(height * width);
  }

  /** Adds the last frame of a decoded tile, (1, 3, frames, height, width), and returns its part as it is now. */
  add(tile: Tile, pixels: Tensor): PreviewPart {
    const { frames, height, width } = tile.output;
    if (frames.stop !== this.#frame) {
      this.#frame = frames.stop;
      this.#sums.fill(0);
      this.#weights.fill(0);
    }
    const [rows, columns] = [height.stop - height.start, width.stop - width.start];
    const masks = this.#masksOf(tile);
    const picture = new Uint8ClampedArray(rows * columns * 4);
    const weights = new Uint8ClampedArray(rows * columns * 4);
    const planeSize = pixels.data.length / 3;
    const lastFrame = planeSize - rows * columns;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const at = y * columns + x;
        const place = (height.start + y) * this.#plan.output.width + width.start + x;
        const mask = (masks.height[y] ?? 0) * (masks.width[x] ?? 0);
        const weight = (this.#weights[place] ?? 0) + mask;
        this.#weights[place] = weight;
        for (let channel = 0; channel < 3; channel++) {
          const index = 3 * place + channel;
          const value = mask === 0 ? 0 : (pixels.data[channel * planeSize + lastFrame + at] ?? 0) * mask;
          const sum = (this.#sums[index] ?? 0) + value;
          this.#sums[index] = sum;
          picture[4 * at + channel] = this.#byteOf(sum / Math.max(weight, 1e-8));
          weights[4 * at + channel] = 255 * weight;
        }
        picture[4 * at + 3] = weight > 0 ? 255 : 0;
        weights[4 * at + 3] = 255;
      }
    }
    return { output: tile.output, picture, weights };
  }

  #masksOf({ index }: Tile): { readonly height: Float32Array; readonly width: Float32Array } {
    const { height, width } = this.#plan.axes;
    const row = Math.floor(index / width.length) % height.length;
    const none = new Float32Array(0);
    return { height: height[row]?.mask ?? none, width: width[index % width.length]?.mask ?? none };
  }

  #byteOf(value: number): number {
    const [low, high] = this.#range;
    return ((value - low) * 255) / (high - low);
  }
}
