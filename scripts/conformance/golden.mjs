// The reference's values, from test/fixtures/golden, as cases of the conformance kit.
import { readFileSync } from "node:fs";
import { callOf, planCall, refused } from "./calls.mjs";
import { referenceDecodes } from "./decodes.mjs";

const KINDS = { spatial: 0, temporal: 1 };
const PRESETS = { default: 0, spatial_only: 1, temporal_only: 2, aggressive: 3, conservative: 4 };

function readGolden(name) {
  return JSON.parse(readFileSync(new URL(`../../test/fixtures/golden/${name}.json`, import.meta.url), "utf8"));
}

/** Masks, splits and slices of the reference, with its values. */
export function goldenCases() {
  const masks = readGolden("masks")
    .filter((row) => row.error === undefined)
    .map(({ length, rampLeft, rampRight, leftStartsFromZero, float32 }) => ({
      ...callOf("blend_mask", {
        length,
        leftRamp: rampLeft,
        rightRamp: rampRight,
        leftStartsFromZero: Number(leftStartsFromZero),
      }),
      float32,
    }));
  const splits = readGolden("splits").map(({ axis, size, overlap, dimension, ...columns }) => ({
    ...callOf("split_axis", { kind: KINDS[axis], size, overlap, dimension }),
    int32: columns.starts.flatMap((start, i) => [start, columns.ends[i], columns.leftRamps[i], columns.rightRamps[i]]),
  }));
  const slices = readGolden("slices").map(({ axis, begin, end, leftRamp, rightRamp, scale, start, stop, float32 }) => ({
    ...callOf("map_interval", { kind: KINDS[axis], start: begin, end, leftRamp, rightRamp, scale }),
    int32: [start, stop],
    float32,
  }));
  return { masks, splits, slices };
}

const tilingRecord = (config) =>
  config === null ? [] : [config.spatial, config.temporal].flatMap((axis) => [axis?.tileSize ?? 0, axis?.overlap ?? 0]);

/** Presets, automatic choices and legal sizes of the reference. */
export function tilingCases() {
  return readGolden("configs").flatMap((row) => {
    if (row.preset !== undefined) {
      return [{ ...callOf("preset_tiling", { preset: PRESETS[row.preset] }), int32: tilingRecord(row.config) }];
    }
    if (row.auto !== undefined) {
      const thresholds = { spatialThreshold: 512, temporalThreshold: 65 };
      return [{ ...callOf("auto_tiling", { ...row.auto, ...thresholds }), int32: tilingRecord(row.config) }];
    }
    return row.error === null && row.overlap >= 0 ? [{ ...legalityCall(row), int32: [] }] : [];
  });
}

function legalityCall({ kind, tileSize, overlap }) {
  const isFrames = kind === "temporal";
  return callOf("check_tiling", { axis: isFrames ? 0 : 1, tileSize, overlap, scale: isFrames ? 8 : 32 });
}

/** What the reference refuses of a tiling for LTX, as the planner says it. */
export function illegalTilings() {
  return readGolden("configs")
    .filter((row) => row.kind !== undefined && (row.error !== null || row.overlap < 0))
    .map((row) => {
      const { kind, tileSize, overlap, error } = row;
      const [axis, scale] = kind === "temporal" ? [0, 8] : [1, 32];
      const refuse = (name, got, limit) => refused(legalityCall(row), name, [axis, got, limit]);
      if (error?.includes("at least")) return refuse("ERROR_TILE_TOO_SMALL", tileSize, 2 * scale);
      if (error?.startsWith("tile_size")) return refuse("ERROR_TILE_MULTIPLE", tileSize, scale);
      // The reference divides first, and lets a negative multiple pass.
      if (overlap < 0) return refuse("ERROR_OVERLAP_NEGATIVE", overlap, 0);
      if (error?.startsWith("tile_overlap")) return refuse("ERROR_OVERLAP_MULTIPLE", overlap, scale);
      return refuse("ERROR_OVERLAP_TOO_LARGE", overlap, tileSize);
    });
}

/** Whole decodes: the reference's, and others with margins. */
export function decodeCases() {
  const golden = readGolden("decodes").map((row) => {
    const { latentShape, dtype, config, spatialScale, temporalScale, decoder, outputShape, sha256 } = row;
    const scale = [temporalScale, spatialScale, spatialScale];
    const { spatial, temporal } = config;
    const tilings = { ...(temporal && { frames: temporal }), ...(spatial && { height: spatial, width: spatial }) };
    const { arguments: plan } = planCall({ latent: latentShape.slice(2), scale, ...tilings });
    return { plan, latentShape, dtype, delta: decoder.delta, outputShape, sha256 };
  });
  const planOf = ({ tilings: [frames, height, width], ...rest }) =>
    planCall({ ...rest, frames, height, width }).arguments;
  return [...golden, ...referenceDecodes(planOf)];
}
