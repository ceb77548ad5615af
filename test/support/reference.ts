// An independent reference in plain loops, written from the design. It shares no code with src/ and imports nothing.

export interface ReferenceInterval {
  start: number;
  end: number;
  leftRamp: number;
  rightRamp: number;
}

export interface ReferenceGeometry {
  temporalScale: number;
  heightScale: number;
  widthScale: number;
  causal: boolean;
}

/** How the weights of an axis run over an overlap: margins in frames or pixels. */
export interface ReferenceFade {
  margin: number;
  ramp: "linear" | "smooth";
  context: "both" | "past";
}

/** Tile size and overlap in latent cells, and the fade where it is not the reference's; null: the axis is one tile. */
export type ReferenceAxisTiling = ({ size: number; overlap: number } & Partial<ReferenceFade>) | null;

export interface ReferencePart {
  start: number;
  end: number;
  outStart: number;
  outStop: number;
  mask: Float32Array;
}

export function referenceMask(length: number, leftRamp: number, rightRamp: number, fromZero: boolean): Float32Array {
  const left = Math.max(0, Math.min(leftRamp, length));
  const right = Math.max(0, Math.min(rightRamp, length));
  const mask = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    let value = 1;
    if (i < left) value *= fromZero ? i / left : (i + 1) / (left + 1);
    const j = i - (length - right);
    if (j >= 0) value *= (right - j) / (right + 1);
    mask[i] = value;
  }
  return mask;
}

export function referenceSplit(
  temporal: boolean,
  size: number,
  overlap: number,
  dimension: number,
): ReferenceInterval[] {
  if (dimension <= size) return [{ start: 0, end: dimension, leftRamp: 0, rightRamp: 0 }];
  const intervals: ReferenceInterval[] = [];
  for (let start = 0; ; start += size - overlap) {
    const isLast = start + size >= dimension;
    const back = temporal && start > 0 ? 1 : 0;
    intervals.push({
      start: start - back,
      end: isLast ? dimension : start + size,
      leftRamp: start > 0 ? overlap + back : 0,
      rightRamp: isLast ? 0 : overlap,
    });
    if (isLast) return intervals;
  }
}

export function referenceMap(temporal: boolean, interval: ReferenceInterval, scale: number): ReferencePart {
  const { start, end, leftRamp, rightRamp } = interval;
  const outStart = start * scale;
  const outStop = temporal ? 1 + (end - 1) * scale : end * scale;
  const left = temporal ? (leftRamp > 0 ? 1 + (leftRamp - 1) * scale : 0) : leftRamp * scale;
  return { start, end, outStart, outStop, mask: referenceMask(outStop - outStart, left, rightRamp * scale, temporal) };
}

/**
 * The mask of an interval with margins, from the weights that it and its neighbours have at each place of an overlap of
 * `overlap` frames or pixels.
 */
export function referenceMarginMask(
  temporal: boolean,
  { length, hasLeft, hasRight }: { length: number; hasLeft: boolean; hasRight: boolean },
  overlap: number,
  { margin, ramp, context }: ReferenceFade,
): Float32Array {
  const share = (x: number) => (ramp === "smooth" ? x * x * x * (x * (x * 6 - 15) + 10) : x);
  const values = new Float64Array(length).fill(1);
  const last = context === "past" ? overlap : overlap - margin;
  for (let place = 0; place < overlap; place++) {
    // Of `last - margin` places in between, this is number n; the earlier tile's are counted from the other end.
    const n = place - margin + 1;
    const steps = last - margin + 1;
    const later = place < margin ? 0 : place < last ? share(n / steps) : 1;
    const earlier = place < margin ? 1 : place < last ? share((steps - n) / steps) : 0;
    // A causal tile shares one frame more with the tile before it, its first, where it has no weight.
    const left = place + (temporal ? 1 : 0);
    const right = length - overlap + place;
    if (hasLeft) values[left] = (values[left] ?? 0) * later;
    if (hasRight) values[right] = (values[right] ?? 0) * earlier;
  }
  if (temporal && hasLeft) values[0] = 0;
  return Float32Array.from(values);
}

/** The parts of the frames, height and width axes. */
export function referencePlan(
  latent: readonly [number, number, number],
  geometry: ReferenceGeometry,
  tiling: readonly [ReferenceAxisTiling, ReferenceAxisTiling, ReferenceAxisTiling],
): [ReferencePart[], ReferencePart[], ReferencePart[]] {
  const scales = [geometry.temporalScale, geometry.heightScale, geometry.widthScale];
  const axis = (i: 0 | 1 | 2) => {
    const temporal = i === 0 && geometry.causal;
    const {
      size,
      overlap,
      margin = 0,
      ramp = "linear",
      context = "both",
    } = tiling[i] ?? { size: latent[i], overlap: 0 };
    const scale = scales[i] ?? 1;
    return referenceSplit(temporal, size, overlap, latent[i]).map((interval) => {
      const part = referenceMap(temporal, interval, scale);
      if (margin === 0 && ramp === "linear") return part;
      const ends = { hasLeft: interval.leftRamp > 0, hasRight: interval.rightRamp > 0, length: part.mask.length };
      return { ...part, mask: referenceMarginMask(temporal, ends, overlap * scale, { margin, ramp, context }) };
    });
  };
  return [axis(0), axis(1), axis(2)];
}

export interface ReferenceTile {
  f: ReferencePart;
  h: ReferencePart;
  w: ReferencePart;
}

/** The tiles of a plan: frames slowest, width fastest. */
export function referenceTiles(axes: readonly [ReferencePart[], ReferencePart[], ReferencePart[]]): ReferenceTile[] {
  return axes[0].flatMap((f) => axes[1].flatMap((h) => axes[2].map((w) => ({ f, h, w }))));
}

const fround = Math.fround;

/** Accumulates decoded tiles (B, C, frames, height, width) and normalises, one rounding an operation. */
export class ReferenceBlend {
  readonly out: Float32Array;
  readonly weight: Float32Array;

  constructor(readonly shape: readonly [number, number, number, number, number]) {
    const [b, c, f, h, w] = shape;
    this.out = new Float32Array(b * c * f * h * w);
    this.weight = new Float32Array(f * h * w);
  }

  add(tile: ReferenceTile, pixels: Float32Array, size: readonly [number, number, number]): void {
    const [B, C, F, H, W] = this.shape;
    const [tf, th, tw] = size;
    for (let t = 0; t < Math.min(tf, tile.f.mask.length); t++) {
      for (let y = 0; y < Math.min(th, tile.h.mask.length); y++) {
        for (let x = 0; x < Math.min(tw, tile.w.mask.length); x++) {
          const mask = fround(fround((tile.f.mask[t] ?? 0) * (tile.h.mask[y] ?? 0)) * (tile.w.mask[x] ?? 0));
          if (mask === 0) continue;
          const voxel = ((tile.f.outStart + t) * H + tile.h.outStart + y) * W + tile.w.outStart + x;
          this.weight[voxel] = (this.weight[voxel] ?? 0) + mask;
          for (let plane = 0; plane < B * C; plane++) {
            const pixel = pixels[((plane * tf + t) * th + y) * tw + x] ?? 0;
            const at = plane * F * H * W + voxel;
            this.out[at] = (this.out[at] ?? 0) + fround(pixel * mask);
          }
        }
      }
    }
  }

  normalised(): Float32Array {
    const least = fround(1e-8);
    const voxels = this.weight.length;
    return this.out.map((value, i) => value / Math.max(this.weight[i % voxels] ?? 0, least));
  }
}

/** Rounds to the nearest half, ties to even, by searching the neighbours: slow and plain. */
export function referenceFloat16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  let low = 0;
  let high = 0x7c00;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (referenceFloat16Value(middle) <= magnitude) low = middle;
    else high = middle;
  }
  const below = magnitude - referenceFloat16Value(low);
  const above = (high === 0x7c00 ? 65536 : referenceFloat16Value(high)) - magnitude;
  if (below < above || (below === above && low % 2 === 0)) return sign | low;
  return sign | high;
}

/** The value of half bits without their sign; not for infinities. */
export function referenceFloat16Value(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
}

/** Rounds to the nearest bfloat16, ties to even. */
export function referenceBfloat16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
  const rest = bits & 0xffff;
  const up = rest > 0x8000 || (rest === 0x8000 && ((bits >>> 16) & 1) === 1) ? 1 : 0;
  return (bits >>> 16) + up;
}

/** A normalised value as a byte of rgb24, each step rounded to float32. */
export function referenceRgb24Byte(value: number, low: number, high: number): number {
  if (Number.isNaN(value)) return 0;
  const scaled = fround(fround(value - fround(low)) * fround(255 / (high - low)));
  const clamped = Math.min(255, Math.max(0, scaled));
  const floor = Math.floor(clamped);
  const rest = clamped - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** The latents of the golden decodes: flat index i holds (((i · 2654435761) mod 2^32) >> 8) / 2^24 - 0.5. */
export function goldenLatents(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => (Math.imul(i, 2654435761) >>> 8) / 2 ** 24 - 0.5);
}

/** The decoder of the golden decodes: (b, c, f, h, w) gives (b, 3, 1 + (f-1)·ts + d, h·hs + d, w·ws + d). */
export function probeDecode(
  latent: Float32Array,
  shape: readonly [number, number, number, number, number],
  geometry: ReferenceGeometry,
  delta = 0,
): { shape: [number, number, number, number, number]; data: Float32Array } {
  const [b, c, f, h, w] = shape;
  const { temporalScale: ts, heightScale: hs, widthScale: ws } = geometry;
  const frames = (geometry.causal ? 1 + (f - 1) * ts : f * ts) + delta;
  const [height, width] = [h * hs + delta, w * ws + delta];
  const data = new Float32Array(b * 3 * frames * height * width);
  let i = 0;
  for (let n = 0; n < b; n++) {
    for (let o = 0; o < 3; o++) {
      for (let t = 0; t < frames; t++) {
        const tl = Math.min(geometry.causal ? Math.floor((t + ts - 1) / ts) : Math.floor(t / ts), f - 1);
        for (let y = 0; y < height; y++) {
          const yl = Math.min(Math.floor(y / hs), h - 1);
          for (let x = 0; x < width; x++) {
            const xl = Math.min(Math.floor(x / ws), w - 1);
            const cell = latent[(((n * c + (o % c)) * f + tl) * h + yl) * w + xl] ?? 0;
            data[i++] = cell + (((7 * o + 13 * t + 5 * y + 3 * x) % 64) - 32) / 64;
          }
        }
      }
    }
  }
  return { shape: [b, 3, frames, height, width], data };
}
