import { sha256Hex } from "#sha256";
import type { Interval, Slice } from "./axis.js";
import { encodeBase64 } from "./base64.js";
import { mustBe, PlanMismatchError } from "./errors.js";
import { checkGeometry, type Geometry } from "./geometry.js";
import {
  type AxisHeader,
  type PlanAxis,
  type PlanInterval,
  readAxis,
  readAxisHeader,
  readTiling,
} from "./plan_block.js";
import { type PlannerRole, planner } from "./planner.js";
import {
  AXIS_NAMES,
  AXIS_TILING_KEYS,
  type AxisName,
  axisScale,
  CONTEXT_SIDES,
  type NormalAxisTiling,
  type NormalTiling,
  normaliseTiling,
  RAMP_SHAPES,
  renderTiling,
  type Tiling,
} from "./tiling.js";
import { checkInteger, checkKeys, checkObject } from "./validate.js";

export type { PlanInterval } from "./plan_block.js";

/** One value for each axis. */
export interface PerAxis<T> {
  readonly frames: T;
  readonly height: T;
  readonly width: T;
}

/** What planTiles takes. */
export interface PlanRequest {
  /** Size of the latents (latent cells). */
  readonly latent: PerAxis<number>;
  readonly geometry: Geometry;
  /** Null, `{}` and an absent tiling all mean one tile. */
  readonly tiling?: Tiling | null;
}

/** One tile: intervals in latent cells, slices in frames and pixels. */
export interface Tile {
  /** Position in plan order: frames slowest, width fastest. */
  readonly index: number;
  readonly latent: PerAxis<Interval>;
  readonly output: PerAxis<Slice>;
}

/** One interval of an axis in JSON. */
export interface PlanIntervalJson extends Interval {
  readonly outStart: number;
  readonly outStop: number;
}

/** A plan as JSON: a rendering, from which the plan is made anew. */
export interface PlanJson {
  readonly format: "tileblend-plan";
  readonly version: number;
  /** SHA-256 of the plan's bytes, in lowercase hexadecimal. */
  readonly digest: string;
  readonly latent: PerAxis<number>;
  readonly output: PerAxis<number>;
  readonly geometry: Geometry;
  readonly tiling: Tiling;
  readonly tileCount: number;
  readonly axes: PerAxis<readonly PlanIntervalJson[]>;
}

/**
 * Plans the tiles of a decode.
 * @throws TypeError for the wrong kind, RangeError for sizes that are not legal or too large to plan.
 */
export function planTiles(request: PlanRequest): TilePlan {
  checkKeys("request", checkObject("request", request), ["latent", "geometry", "tiling"]);
  const latentFields = checkObject("latent", request.latent);
  checkKeys("latent", latentFields, AXIS_NAMES);
  const size = (axis: AxisName) => checkInteger(`latent.${axis}`, latentFields[axis], { min: 1, unit: "latent cells" });
  const latent = Object.freeze({ frames: size("frames"), height: size("height"), width: size("width") });
  const geometry = checkGeometry("geometry", request.geometry);
  const tiling = normaliseTiling("tiling", request.tiling);
  const bytes = planner.plan((role, axis) => pathOf(role, axis, tiling), requestFields(latent, geometry, tiling));
  return new TilePlan(bytes, latent, geometry, renderTiling(readTiling(bytes)));
}

/** The request as the planner's i32 fields; docs/planner-abi.md draws them. */
function requestFields(latent: PerAxis<number>, geometry: Geometry, tiling: NormalTiling): number[] {
  return [
    ...AXIS_NAMES.map((axis) => latent[axis]),
    ...AXIS_NAMES.map((axis) => axisScale(geometry, axis)),
    geometry.causal ? 1 : 0,
    ...AXIS_NAMES.flatMap((axis) => axisFields(tiling[axis])),
  ];
}

function axisFields(tiling: NormalAxisTiling | undefined): number[] {
  if (tiling === undefined) return AXIS_TILING_KEYS.map(() => 0);
  const { tileSize, overlap, margin, ramp, context } = tiling;
  return [tileSize, overlap, margin, RAMP_SHAPES.indexOf(ramp), CONTEXT_SIDES.indexOf(context)];
}

function pathOf(role: PlannerRole, axis: number, tiling: NormalTiling): string {
  const name = AXIS_NAMES[axis];
  if (role === "tileCount") return "the number of tiles";
  if (role === "result") return "the size of the plan";
  if (name === undefined) return role;
  if (role === "size") return `latent.${name}`;
  if (role === "scale") return `geometry.${name === "frames" ? "temporal" : name}Scale`;
  if (role === "output") return `the output's ${name}`;
  return `${tiling[name]?.path ?? "tiling"}.${role}`;
}

/**
 * Which tiles a decode takes, where each one's output goes and with what weights. Immutable. Made by planTiles and
 * TilePlan.fromJSON only.
 */
export class TilePlan {
  /** Size of the latents (latent cells). */
  readonly latent: PerAxis<number>;
  /** Size of the video (frames, pixels). */
  readonly output: PerAxis<number>;
  readonly geometry: Geometry;
  /** The tiling in its shortest spelling. */
  readonly tiling: Tiling;
  readonly tileCount: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #headers: PerAxis<AxisHeader>;
  // Filled on first use, then never changed.
  #axes: PerAxis<PlanAxis> | undefined;
  #digest: string | undefined;

  /** @internal */
  constructor(bytes: Uint8Array<ArrayBuffer>, latent: PerAxis<number>, geometry: Geometry, tiling: Tiling) {
    this.#bytes = bytes;
    this.#headers = perAxis((axis) => readAxisHeader(bytes, axis));
    this.latent = latent;
    this.geometry = geometry;
    this.tiling = deepFreeze(tiling);
    this.output = perAxis((axis) => this.#headers[axis].size);
    this.tileCount = AXIS_NAMES.reduce((product, axis) => product * this.#headers[axis].count, 1);
    Object.freeze(this);
  }

  /** SHA-256 of the plan's bytes, in lowercase hexadecimal: equal plans, equal digests. */
  get digest(): string {
    this.#digest ??= sha256Hex(this.#bytes);
    return this.#digest;
  }

  /** The plan itself, as the planner wrote it: a copy. docs/planner-abi.md draws it. */
  get bytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** The intervals of each axis. */
  get axes(): PerAxis<readonly PlanInterval[]> {
    const axes = this.#read();
    return { frames: axes.frames.intervals, height: axes.height.intervals, width: axes.width.intervals };
  }

  #read(): PerAxis<PlanAxis> {
    this.#axes ??= perAxis((axis) => readAxis(this.#bytes, this.#headers[axis]));
    return this.#axes;
  }

  /**
   * The tile at a position in plan order.
   * @throws RangeError when there is none.
   */
  tile(index: number): Tile {
    checkInteger("index", index, { min: 0, max: this.tileCount - 1, unit: "tiles" });
    const axes = this.#read();
    const rows = axes.height.intervals.length;
    const columns = axes.width.intervals.length;
    const row = Math.floor(index / columns);
    return makeTile(index, axes, [Math.floor(row / rows), row % rows, index % columns]);
  }

  /** Every tile in plan order: frames slowest, width fastest. Made one by one; nothing is kept. */
  *tiles(): IterableIterator<Tile> {
    const axes = this.#read();
    let index = 0;
    for (let f = 0; f < axes.frames.intervals.length; f++) {
      for (let h = 0; h < axes.height.intervals.length; h++) {
        for (let w = 0; w < axes.width.intervals.length; w++) yield makeTile(index++, axes, [f, h, w]);
      }
    }
  }

  /** The plan as JSON. The masks are not in it: they follow from the rest. */
  toJSON(): PlanJson {
    const withoutMask = ({ mask: _, ...rest }: PlanInterval): PlanIntervalJson => rest;
    return {
      format: "tileblend-plan",
      version: planner.constant("PLAN_VERSION"),
      digest: this.digest,
      latent: this.latent,
      output: this.output,
      geometry: this.geometry,
      tiling: this.tiling,
      tileCount: this.tileCount,
      axes: perAxis((axis) => this.#read()[axis].intervals.map(withoutMask)),
    };
  }

  /**
   * Makes the plan of a JSON rendering anew, and checks that it is the one that was rendered, with its masks if it has
   * them: `mask` in an interval, base64 of little-endian float32.
   * @throws TypeError or RangeError when the request in it is not legal, PlanMismatchError when the plan differs.
   */
  static fromJSON(json: unknown): TilePlan {
    const fields = checkObject("plan", json);
    if (fields["format"] !== "tileblend-plan")
      throw new TypeError(mustBe("plan.format", '"tileblend-plan"', fields["format"]));
    const version = planner.constant("PLAN_VERSION");
    if (fields["version"] !== version) throw new RangeError(mustBe("plan.version", `${version}`, fields["version"]));
    const { latent, geometry, tiling } = fields;
    // Boundary: planTiles checks every field of the request.
    const plan = planTiles({ latent, geometry, tiling } as PlanRequest);
    compareRendering(fields, plan);
    return plan;
  }
}

function compareRendering(fields: Readonly<Record<string, unknown>>, plan: TilePlan): void {
  if (fields["digest"] !== plan.digest) throw new PlanMismatchError("digest", plan.digest, `${fields["digest"]}`);
  const anew = plan.toJSON();
  for (const field of ["output", "tileCount", "axes"] as const) {
    const [expected, actual] = [canonicalJson(anew[field]), canonicalJson(fields[field])];
    if (fields[field] !== undefined && expected !== actual) {
      throw new PlanMismatchError(field, shorten(expected), shorten(actual));
    }
  }
  // Boundary: equal to the plan's axes, but for the masks.
  if (fields["axes"] !== undefined) compareMasks(fields["axes"] as MaskedAxes, plan);
}

/** Axes of a rendering whose intervals may carry their masks: base64 of little-endian float32. */
type MaskedAxes = PerAxis<readonly { readonly mask?: unknown }[]>;

function compareMasks(axes: MaskedAxes, plan: TilePlan): void {
  for (const axis of AXIS_NAMES) {
    for (const [i, { mask }] of plan.axes[axis].entries()) {
      const actual = axes[axis][i]?.mask;
      if (actual === undefined) continue;
      // The planner writes little-endian on every machine.
      const expected = encodeBase64(new Uint8Array(mask.buffer, mask.byteOffset, mask.byteLength));
      if (actual === expected) continue;
      throw new PlanMismatchError(`axes.${axis}[${i}].mask`, shorten(expected), shorten(`${actual}`));
    }
  }
}

/** JSON with sorted keys, and without the masks that a rendering may carry: compareMasks compares them. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (key, field: unknown) => {
    if (key === "mask") return undefined;
    if (typeof field !== "object" || field === null || Array.isArray(field)) return field;
    return Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function shorten(text: string): string {
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

function perAxis<T>(make: (axis: AxisName) => T): PerAxis<T> {
  return Object.freeze({ frames: make("frames"), height: make("height"), width: make("width") });
}

function deepFreeze<T extends object>(value: T): T {
  for (const field of Object.values(value)) if (typeof field === "object" && field !== null) deepFreeze(field);
  return Object.freeze(value);
}

function makeTile(index: number, axes: PerAxis<PlanAxis>, position: readonly [number, number, number]): Tile {
  const [f, h, w] = position;
  return {
    index,
    latent: { frames: at(axes.frames.latent, f), height: at(axes.height.latent, h), width: at(axes.width.latent, w) },
    output: { frames: at(axes.frames.output, f), height: at(axes.height.output, h), width: at(axes.width.output, w) },
  };
}

function at<T>(list: readonly T[], i: number): T {
  // Positions come from counts of the same lists.
  return list[i] as T;
}
