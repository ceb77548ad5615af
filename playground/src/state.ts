import { type AxisTiling, type Geometry, geometries, type PerAxis, type Tiling, tilings } from "tileblend";

/** How one part of the video is tiled, in pixels or frames; tile size 0: not tiled. */
export type AxisFields = Required<AxisTiling>;

/** Everything that the controls say. Plain data, never changed in place. */
export interface PageState {
  /** A key of GEOMETRIES, or "custom" for `customGeometry`. */
  readonly geometryName: string;
  readonly customGeometry: Geometry;
  /** Size of the latents (latent cells). */
  readonly latent: PerAxis<number>;
  /** A key of TILINGS, or "custom" for `customTiling`. */
  readonly tilingName: string;
  readonly customTiling: { readonly spatial: AxisFields; readonly temporal: AxisFields };
}

/** Geometries by the name that the page shows. */
export const GEOMETRIES: Readonly<Record<string, { readonly label: string; readonly geometry: Geometry }>> = {
  ltx: { label: "LTX-Video: 8 × 32 × 32, causal", geometry: geometries.ltx },
  wan21: { label: "Wan 2.1, HunyuanVideo: 4 × 8 × 8, causal", geometry: geometries.wan21 },
  image4: { label: "Image upscaler × 4", geometry: geometries.image({ scale: 4 }) },
  image2: { label: "Image upscaler × 2", geometry: geometries.image({ scale: 2 }) },
};

/** Tilings by the name that the page shows; each may depend on the size of the video (frames, pixels). */
export const TILINGS: Readonly<
  Record<string, { readonly label: string; readonly tiling: (output: PerAxis<number>) => Tiling | null }>
> = {
  default: { label: "default", tiling: () => tilings.default() },
  aggressive: { label: "aggressive: little memory", tiling: () => tilings.aggressive() },
  conservative: { label: "conservative: fewer tiles", tiling: () => tilings.conservative() },
  spatialOnly: { label: "in space only", tiling: () => tilings.spatialOnly() },
  temporalOnly: { label: "in time only", tiling: () => tilings.temporalOnly() },
  auto: { label: "automatic, by size", tiling: ({ frames, height, width }) => autoTiling(frames, height, width) },
  none: { label: "none: one tile", tiling: () => tilings.none() },
};

function autoTiling(numFrames: number, height: number, width: number): Tiling | null {
  return tilings.auto({ numFrames, height, width });
}

/** The fields of an axis that is not tiled. */
export const NOT_TILED: AxisTiling = { tileSize: 0 };

/** An axis' tiling with its defaults filled in. */
export function axisFields({
  tileSize,
  overlap = 0,
  margin = 0,
  ramp = "linear",
  context = "both",
}: AxisTiling): AxisFields {
  return { tileSize, overlap, margin, ramp, context };
}

/** A 121-frame LTX video of 544 × 960 pixels at the default tiling. */
export const INITIAL_STATE: PageState = {
  geometryName: "ltx",
  customGeometry: geometries.ltx,
  latent: { frames: 16, height: 17, width: 30 },
  tilingName: "default",
  customTiling: {
    spatial: axisFields({ tileSize: 512, overlap: 64 }),
    temporal: axisFields({ tileSize: 64, overlap: 24 }),
  },
};

/** The geometry that the controls say. */
export function geometryOf(state: PageState): Geometry {
  return GEOMETRIES[state.geometryName]?.geometry ?? state.customGeometry;
}

/** Size of the video that the controls say (frames, pixels). */
export function outputOf(state: PageState): PerAxis<number> {
  const { temporalScale, heightScale, widthScale, causal } = geometryOf(state);
  const { frames, height, width } = state.latent;
  return {
    frames: causal ? 1 + (frames - 1) * temporalScale : frames * temporalScale,
    height: height * heightScale,
    width: width * widthScale,
  };
}

/** The tiling that the controls say. */
export function tilingOf(state: PageState): Tiling | null {
  const known = TILINGS[state.tilingName];
  if (known !== undefined) return known.tiling(outputOf(state));
  const { spatial, temporal } = state.customTiling;
  return {
    ...(spatial.tileSize === 0 ? {} : { spatial }),
    ...(temporal.tileSize === 0 ? {} : { temporal }),
  };
}

/** What the fields of the tiling show: the tiling that holds, whichever way it was chosen. */
export function tilingFields(state: PageState): PageState["customTiling"] {
  if (TILINGS[state.tilingName] === undefined) return state.customTiling;
  const { spatial, temporal } = tilingOf(state) ?? {};
  // No choice of the page tiles height and width apart.
  return { spatial: fieldsOf(spatial as AxisTiling | undefined), temporal: fieldsOf(temporal) };
}

function fieldsOf(axis: AxisTiling | null | undefined): AxisFields {
  return axisFields(axis ?? NOT_TILED);
}
