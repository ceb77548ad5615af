import { mustBe } from "../errors.js";
import type { TilePlan } from "../plan.js";
import type { Tensor } from "../tensor.js";
import { type AxisJoints, planJoints } from "./joints.js";

/** How far one part of a video is from another decode of it. */
export interface Difference {
  /** Peak signal to noise ratio (dB), the peak being the whole range; null when every value is the same. */
  readonly psnr: number | null;
  /** The largest difference, in steps of 8-bit video: 1/255 of the range. */
  readonly largest: number;
}

/** A tiled decode against the untiled one. Null: the plan has no such place. */
export interface Comparison {
  readonly overall: Difference;
  /** Where more than one tile reaches. */
  readonly overlaps: Difference | null;
  /** Within half a latent cell of where tiles hand over, down or across. */
  readonly spatialJoints: Difference | null;
  /** Within half a latent cell of where tiles hand over in time. */
  readonly temporalJoints: Difference | null;
  /**
   * How much the difference itself jumps from one pixel, or frame, to the next where tiles hand over: the mean, in
   * steps of 8-bit video. It is what an eye sees of a seam.
   */
  readonly step: { readonly spatial: number | null; readonly temporal: number | null };
  /** Frame by frame. */
  readonly frames: readonly Difference[];
  /** Mean difference of each pixel over frames and channels, height · width, in steps of 8-bit video. */
  readonly map: Float32Array;
}

/** Bits of the places that a voxel belongs to. */
const OVERLAP = 1;
const SPATIAL = 2;
const TEMPORAL = 4;
const CLASSES = 8;

/** The steps of 8-bit video. */
const STEPS = 255;

/** Sums over the voxels of one class. */
class Sums {
  squares = 0;
  largest = 0;
  count = 0;

  add(squares: number, largest: number, count: number): void {
    this.squares += squares;
    this.largest = Math.max(this.largest, largest);
    this.count += count;
  }

  /** The difference of values of which `step` is one step of 8-bit video. */
  difference(step: number): Difference {
    const mean = this.squares / this.count / step ** 2;
    return { psnr: this.squares === 0 ? null : 10 * Math.log10(STEPS ** 2 / mean), largest: this.largest / step };
  }
}

/**
 * Compares a tiled decode with the untiled one, both float32 (B, C, frames, height, width) of the plan's size.
 * `range` are the values of black and white. Values are not clipped to it.
 * @throws TypeError or RangeError when the tensors are of other kinds or sizes, or hold what is not a number.
 */
export function compareDecodes(
  tiled: Tensor,
  whole: Tensor,
  { plan, range }: { readonly plan: TilePlan; readonly range: readonly [number, number] },
): Comparison {
  const [a, b] = [valuesOf("tiled", tiled, plan), valuesOf("whole", whole, plan)];
  if (a.length !== b.length) throw new RangeError(mustBe("whole.shape", `(${tiled.shape.join(", ")})`, whole.shape));
  const error = Float32Array.from(a, (value, i) => value - (b[i] ?? 0));
  const joints = planJoints(plan);
  const step = (range[1] - range[0]) / STEPS;
  if (!error.every(Number.isFinite)) {
    throw new RangeError("the decodes must hold numbers to be compared, got NaN or infinities");
  }
  const { classes, frames, map } = sumUp(error, plan, [joints.frames, joints.height, joints.width]);
  const total = (bits: number) => {
    const sums = new Sums();
    for (const [i, part] of classes.entries()) {
      if (bits === 0 || (i & bits) !== 0) sums.add(part.squares, part.largest, part.count);
    }
    return sums.count === 0 ? null : sums.difference(step);
  };
  return {
    overall: total(0) ?? { psnr: null, largest: 0 },
    overlaps: total(OVERLAP),
    spatialJoints: total(SPATIAL),
    temporalJoints: total(TEMPORAL),
    step: {
      spatial: meanOf([jumps(error, plan, "height", joints), jumps(error, plan, "width", joints)], step),
      temporal: meanOf([jumps(error, plan, "frames", joints)], step),
    },
    frames: frames.map((sums) => sums.difference(step)),
    map: map.map((sum) => sum / (a.length / map.length) / step),
  };
}

function valuesOf(path: string, { dtype, shape, data }: Tensor, { output }: TilePlan): Float32Array {
  if (!(data instanceof Float32Array)) throw new TypeError(mustBe(`${path}.dtype`, "float32", dtype));
  const sizes = [output.frames, output.height, output.width];
  if (shape.length !== 5 || sizes.some((size, i) => shape[i + 2] !== size)) {
    throw new RangeError(mustBe(`${path}.shape`, `(B, C, ${sizes.join(", ")})`, shape));
  }
  return data;
}

/** Sums by class of place, by frame and by pixel. */
function sumUp(error: Float32Array, { output }: TilePlan, [time, down, across]: readonly AxisJoints[]) {
  const { frames, height, width } = output;
  const classes = Array.from({ length: CLASSES }, () => new Sums());
  const byFrame = Array.from({ length: frames }, () => new Sums());
  const map = new Float32Array(height * width);
  const columns = Uint8Array.from({ length: width }, (_, x) => placeOf(across, x, SPATIAL));
  const [squares, largest, count] = [new Float64Array(CLASSES), new Float64Array(CLASSES), new Float64Array(CLASSES)];
  for (let row = 0; row < error.length / width; row++) {
    const [y, t] = [row % height, Math.floor(row / height) % frames];
    const place = placeOf(time, t, TEMPORAL) | placeOf(down, y, SPATIAL);
    squares.fill(0);
    largest.fill(0);
    count.fill(0);
    for (let x = 0; x < width; x++) {
      const value = Math.abs(error[row * width + x] ?? 0);
      const i = place | (columns[x] ?? 0);
      squares[i] = (squares[i] ?? 0) + value * value;
      count[i] = (count[i] ?? 0) + 1;
      if (value > (largest[i] ?? 0)) largest[i] = value;
      map[y * width + x] = (map[y * width + x] ?? 0) + value;
    }
    for (const [i, sums] of classes.entries()) {
      sums.add(squares[i] ?? 0, largest[i] ?? 0, count[i] ?? 0);
      byFrame[t]?.add(squares[i] ?? 0, largest[i] ?? 0, count[i] ?? 0);
    }
  }
  return { classes, frames: byFrame, map };
}

function placeOf(joints: AxisJoints | undefined, at: number, jointBit: number): number {
  return (joints?.overlapped[at] ? OVERLAP : 0) | (joints?.near[at] ? jointBit : 0);
}

/** The size of every jump of the error over the joints of one axis. */
function* jumps(
  error: Float32Array,
  { output }: TilePlan,
  axis: "frames" | "height" | "width",
  joints: Readonly<Record<typeof axis, AxisJoints>>,
): Generator<number> {
  const { frames, height, width } = output;
  const stride = { frames: height * width, height: width, width: 1 }[axis];
  const length = { frames, height, width }[axis];
  for (const joint of joints[axis].joints) {
    if (joint === 0 || joint >= length) continue;
    // Every line along the axis: `outer` blocks of length · stride, `stride` lines in each.
    for (let outer = 0; outer < error.length; outer += length * stride) {
      for (let line = 0; line < stride; line++) {
        const at = outer + joint * stride + line;
        yield Math.abs((error[at] ?? 0) - (error[at - stride] ?? 0));
      }
    }
  }
}

function meanOf(lists: readonly Iterable<number>[], step: number): number | null {
  let [sum, count] = [0, 0];
  for (const values of lists) {
    for (const value of values) {
      sum += value;
      count++;
    }
  }
  return count === 0 ? null : sum / count / step;
}
