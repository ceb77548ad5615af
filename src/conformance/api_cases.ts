import type * as Tileblend from "../index.js";
import type { Interval, PlanRequest, Tiling } from "../index.js";
import { asFlag, planRequest, tilingEntry } from "./requests.js";
import {
  type ConformanceVectors,
  compareResult,
  namedArguments,
  nameOfCall,
  PLANNER_SUITES,
  type PlannerCase,
  type PlannerFunction,
  runSuite,
  type SuiteResult,
} from "./vectors.js";

type Fields = Readonly<Record<string, number>>;
type Bytes = Uint8Array<ArrayBuffer>;

// In the order of the planner's PRESET_ constants.
const PRESETS = ["default", "spatialOnly", "temporalOnly", "aggressive", "conservative"] as const;

/** The same calls through the package's public functions; each gives what the planner's result would hold. */
function createCalls(tileblend: typeof Tileblend): Record<PlannerFunction, (fields: Fields) => Bytes> {
  const { planTiles, blendMask, splitAxis, mapInterval, tilings } = tileblend;
  return {
    plan: (fields) => planTiles(planRequest(fields)).bytes.slice(),
    blend_mask: ({ leftStartsFromZero = 0, ...options }) =>
      // Boundary: whether the fields are legal is what is being tried, here and below.
      bytesOf(blendMask({ ...options, leftStartsFromZero: asFlag(leftStartsFromZero) } as never)),
    split_axis: ({ kind, ...options }) =>
      int32Bytes(splitAxis({ axis: kindName(kind), ...options } as never).flatMap(intervalFields)),
    map_interval: ({ kind, scale, ...interval }) => {
      const { start, stop, mask } = mapInterval({ axis: kindName(kind), scale, interval } as never);
      return concatBytes(int32Bytes([start, stop]), bytesOf(mask));
    },
    check_tiling: (fields) => {
      planTiles(tilingRequest(fields));
      return new Uint8Array();
    },
    preset_tiling: ({ preset }) => {
      const name = PRESETS[preset ?? -1];
      if (name === undefined) throw new RangeError(`there is no preset ${preset}`);
      return tilingBytes(tilings[name]());
    },
    auto_tiling: (fields) => tilingBytes(tilings.auto(fields as never)),
  };
}

/** Runs the planner's cases through the package's public functions. */
export function runApiSuite(tileblend: typeof Tileblend, vectors: ConformanceVectors): Promise<SuiteResult> {
  const calls = createCalls(tileblend);
  // The bytes of one axis are no public result; the digests of plans hold them.
  const cases = PLANNER_SUITES.filter((suite) => suite !== "axes").flatMap((suite) => vectors.suites[suite]);
  return runSuite(cases, nameOfCall, (each) => checkCase(calls, vectors, each));
}

function checkCase(
  calls: Record<PlannerFunction, (fields: Fields) => Bytes>,
  vectors: ConformanceVectors,
  each: PlannerCase,
): Promise<string | null> | string | null {
  const call = () => calls[each.call](namedArguments(vectors, each));
  if (each.error === undefined) return compareResult(each, call());
  try {
    call();
  } catch (error) {
    // The public functions check before the planner does, so that the class is all that can be compared.
    if (error instanceof RangeError || error instanceof TypeError) return null;
    throw error;
  }
  return `expected ${each.error.name}, got a result`;
}

/** A request of the smallest latents with one axis tiled. */
function tilingRequest({ axis, scale, ...fields }: Fields): PlanRequest {
  const entry = tilingEntry(fields);
  const tiling = axis === 0 ? { temporal: entry } : { spatial: { [axis === 1 ? "height" : "width"]: entry } };
  const geometry = { temporalScale: scale, heightScale: scale, widthScale: scale, causal: true };
  // Boundary: whether it is legal is what is being tried.
  return { latent: { frames: 1, height: 1, width: 1 }, geometry, tiling } as PlanRequest;
}

function kindName(kind: number | undefined): string {
  return ["spatial", "temporal"][kind ?? -1] ?? `${kind}`;
}

function intervalFields({ start, end, leftRamp, rightRamp }: Interval): number[] {
  return [start, end, leftRamp, rightRamp];
}

function tilingBytes(tiling: Tiling | null): Bytes {
  if (tiling === null) return new Uint8Array();
  const { spatial, temporal } = tiling;
  const space = spatial && "tileSize" in spatial ? spatial : undefined;
  return int32Bytes([space, temporal].flatMap((axis) => [axis?.tileSize ?? 0, axis?.overlap ?? 0]));
}

function int32Bytes(values: readonly number[]): Bytes {
  // Every engine that runs this is little-endian; TypedArrays are what the executors use too.
  return bytesOf(Int32Array.from(values));
}

function bytesOf(array: ArrayBufferView): Bytes {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice();
}

function concatBytes(...parts: readonly Uint8Array[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
