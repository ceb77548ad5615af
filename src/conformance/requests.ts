import type { Geometry, PlanRequest, Tiling } from "../index.js";
import { AXIS_NAMES, type AxisName } from "../tiling.js";

type Fields = Readonly<Record<string, number>>;

// In the order of the planner's RAMP_ and CONTEXT_ constants.
const RAMPS = ["linear", "smooth"];
const CONTEXTS = ["both", "past"];

/** A planner request, with its fields by name, as planTiles takes it. */
export function planRequest(fields: Fields): PlanRequest {
  const at = (name: string) => fields[name] ?? 0;
  const latent = { frames: at("latent.frames"), height: at("latent.height"), width: at("latent.width") };
  const geometry: Geometry = {
    temporalScale: at("scale.frames"),
    heightScale: at("scale.height"),
    widthScale: at("scale.width"),
    // Boundary: a request may hold what is no boolean; planTiles refuses it.
    causal: asFlag(at("causal")) as boolean,
  };
  const [frames, height, width] = AXIS_NAMES.map((axis) => axisTiling(fields, axis));
  const spatial = { ...(height && { height }), ...(width && { width }) };
  // Boundary: so may a tiling.
  const tiling = { spatial, ...(frames && { temporal: frames }) } as Tiling;
  return { latent, geometry, tiling };
}

/** 0 and 1 as a boolean; any other value as it is. */
export function asFlag(value: number): number | boolean {
  return value === 0 || value === 1 ? value === 1 : value;
}

/** One axis' part of a tiling, or undefined when all its fields are 0: one tile. */
function axisTiling(fields: Fields, axis: AxisName): object | undefined {
  const own = Object.entries(fields).filter(([name]) => name.startsWith(`${axis}.`));
  if (own.every(([, value]) => value === 0)) return undefined;
  return tilingEntry(Object.fromEntries(own.map(([name, value]) => [name.slice(axis.length + 1), value])));
}

/** One axis' tiling with names in place of the planner's numbers. A number without a name stays: it is refused. */
export function tilingEntry({ ramp, context, ...lengths }: Fields): object {
  return {
    ...lengths,
    ...(ramp === undefined ? {} : { ramp: RAMPS[ramp] ?? ramp }),
    ...(context === undefined ? {} : { context: CONTEXTS[context] ?? context }),
  };
}
