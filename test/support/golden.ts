import { readFileSync } from "node:fs";
import type { Geometry, Tiling } from "tileblend";

const folder = new URL("../../../test/fixtures/golden/", import.meta.url);

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));
}

export interface GoldenMask {
  length: number;
  rampLeft: number;
  rampRight: number;
  leftStartsFromZero: boolean;
  float32?: string;
  error?: string;
}

export interface GoldenSplit {
  axis: "spatial" | "temporal";
  size: number;
  overlap: number;
  dimension: number;
  starts: number[];
  ends: number[];
  leftRamps: number[];
  rightRamps: number[];
}

export interface GoldenSlice {
  axis: "spatial" | "temporal";
  begin: number;
  end: number;
  leftRamp: number;
  rightRamp: number;
  scale: number;
  start: number;
  stop: number;
  float32: string;
}

interface GoldenConfig {
  spatial: { tileSize: number; overlap: number } | null;
  temporal: { tileSize: number; overlap: number } | null;
}

export interface GoldenChoice {
  preset?: "default" | "spatial_only" | "temporal_only" | "aggressive" | "conservative";
  auto?: { height: number; width: number; numFrames: number };
  config: GoldenConfig | null;
}

export interface GoldenLegality {
  kind: "spatial" | "temporal";
  tileSize: number;
  overlap: number;
  error: string | null;
}

export interface GoldenDecode {
  latentShape: [number, number, number, number, number];
  dtype: "float32" | "float16";
  config: GoldenConfig;
  spatialScale: number;
  temporalScale: number;
  decoder: { delta: number };
  outputShape: number[];
  sha256: string;
  samples: [number, number][];
}

// Boundary: the files' README gives their form.
export const goldenMasks = read("masks") as GoldenMask[];
export const goldenSplits = read("splits") as GoldenSplit[];
export const goldenSlices = read("slices") as GoldenSlice[];
export const goldenDecodes = read("decodes") as GoldenDecode[];
const configs = read("configs") as (GoldenChoice & GoldenLegality)[];
export const goldenChoices = configs.filter((row) => row.kind === undefined);
export const goldenLegality = configs.filter((row) => row.kind !== undefined);

/** A golden config as the plain data of a tiling. */
export function goldenTiling(config: GoldenConfig | null): Tiling | null {
  if (config === null) return null;
  return {
    ...(config.spatial === null ? {} : { spatial: config.spatial }),
    ...(config.temporal === null ? {} : { temporal: config.temporal }),
  };
}

/** The geometry of a golden decode. */
export function goldenGeometry({ spatialScale, temporalScale }: GoldenDecode): Geometry {
  return { temporalScale, heightScale: spatialScale, widthScale: spatialScale, causal: true };
}

/** The bytes of a typed array, for comparing. */
export function bytesOf(array: ArrayBufferView): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}
