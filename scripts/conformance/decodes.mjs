// Whole decodes with margins, ramps and contexts, made by the plain loops of test/support/reference.ts and not by what
// is being tested.
import { createHash } from "node:crypto";
import {
  goldenLatents,
  probeDecode,
  ReferenceBlend,
  referenceFloat16Bits,
  referenceFloat16Value,
  referencePlan,
  referenceTiles,
} from "../../build/test/support/reference.js";

const LTX = { scale: [8, 32, 32], causal: true };
const WAN = { scale: [4, 8, 8], causal: true };
const IMAGE = { scale: [1, 4, 4], causal: false };

// Tile size and overlap in latent cells, margins in frames and pixels.
const both = { ramp: "linear", context: "both" };
const smooth = { ramp: "smooth", context: "both" };
const past = { ramp: "smooth", context: "past" };

/** What is decoded: sizes in latent cells. */
const DECODES = [
  { ...WAN, shape: [1, 4, 9, 11, 7], dtype: "float32", tiling: [null, ...twice({ size: 4, overlap: 2, margin: 3 })] },
  {
    ...WAN,
    shape: [1, 4, 9, 11, 7],
    dtype: "float32",
    tiling: [{ size: 4, overlap: 2, margin: 5, ...past }, null, null],
  },
  {
    ...LTX,
    shape: [1, 3, 8, 4, 3],
    dtype: "float16",
    tiling: [{ size: 4, overlap: 2, margin: 8, ...both }, ...twice({ size: 2, overlap: 1, margin: 16 })],
  },
  {
    ...IMAGE,
    shape: [2, 3, 2, 19, 23],
    dtype: "float32",
    tiling: [null, { size: 8, overlap: 4, margin: 6, ...smooth }, { size: 9, overlap: 3, margin: 0, ...smooth }],
  },
  {
    ...WAN,
    shape: [1, 2, 12, 5, 9],
    dtype: "float32",
    delta: -1,
    tiling: [{ size: 6, overlap: 3, margin: 2, ...smooth }, null, { size: 4, overlap: 2, margin: 8, ...both }],
  },
];

function twice(cells) {
  const tiling = { ...both, ...cells };
  return [tiling, tiling];
}

/** Decodes by the reference. Returns the SHA-256 of the video. */
function decode({ shape, dtype, geometry, tiling, delta = 0 }) {
  const [batch, channels, frames, height, width] = shape;
  const count = shape.reduce((product, size) => product * size, 1);
  const isHalf = dtype === "float16";
  const latents = isHalf ? goldenLatents(count).map(throughFloat16) : goldenLatents(count);
  const axes = referencePlan([frames, height, width], geometry, tiling);
  const outputShape = [batch, 3, ...axes.map((parts) => parts.at(-1).outStop)];
  const blend = new ReferenceBlend(outputShape);
  for (const tile of referenceTiles(axes)) {
    const { cells, size } = cropLatents(latents, shape, tile);
    const { data, shape: decoded } = probeDecode(cells, [batch, channels, ...size], geometry, delta);
    blend.add(tile, data, decoded.slice(2));
  }
  const values = blend.normalised();
  const data = isHalf ? Uint16Array.from(values, referenceFloat16Bits) : values;
  return { outputShape, sha256: createHash("sha256").update(new Uint8Array(data.buffer)).digest("hex") };
}

function throughFloat16(value) {
  const bits = referenceFloat16Bits(value);
  return (bits & 0x8000 ? -1 : 1) * referenceFloat16Value(bits & 0x7fff);
}

function cropLatents(latents, [batch, channels, frames, height, width], { f, h, w }) {
  const size = [f.end - f.start, h.end - h.start, w.end - w.start];
  const cells = new Float32Array(batch * channels * size[0] * size[1] * size[2]);
  let at = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let t = f.start; t < f.end; t++) {
      for (let y = h.start; y < h.end; y++) {
        const row = ((plane * frames + t) * height + y) * width;
        cells.set(latents.subarray(row + w.start, row + w.end), at);
        at += size[2];
      }
    }
  }
  return { cells, size };
}

/** Each decode with its result: the request of its plan is made by `planOf` from sizes, scales and tilings in units. */
export function referenceDecodes(planOf) {
  return DECODES.map(({ shape, dtype, scale, causal, tiling, delta = 0 }) => {
    const [temporalScale, heightScale, widthScale] = scale;
    const geometry = { temporalScale, heightScale, widthScale, causal };
    const tilings = tiling.map(
      (axis, i) =>
        axis && {
          tileSize: axis.size * scale[i],
          overlap: axis.overlap * scale[i],
          margin: axis.margin,
          ramp: axis.ramp,
          context: axis.context,
        },
    );
    const plan = planOf({ latent: shape.slice(2), scale, causal, tilings });
    return { plan, latentShape: shape, dtype, delta, ...decode({ shape, dtype, geometry, tiling, delta }) };
  });
}
