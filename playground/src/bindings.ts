import type { Geometry, PerAxis } from "tileblend";
import type { NumberFieldView } from "./number_field.js";
import { type AxisFields, geometryOf, outputOf, type PageState, tilingFields } from "./state.js";

/** One number of the form: how it shows a state, and the state with another value. */
export interface Binding {
  readonly id: string;
  readonly label: string;
  readonly view: (state: PageState) => NumberFieldView;
  readonly write: (state: PageState, value: number) => PageState;
}

/** The numbers of each fieldset, by its id. */
export const BINDINGS: Readonly<Record<string, readonly Binding[]>> = {
  size: [
    sizeBinding("frames", "Latent frames", 64),
    sizeBinding("height", "Latent height", 128),
    sizeBinding("width", "Latent width", 128),
  ],
  geometry: [
    scaleBinding("temporalScale", "Frames a latent frame", 16),
    scaleBinding("heightScale", "Pixels a cell, down", 64),
    scaleBinding("widthScale", "Pixels a cell, across", 64),
  ],
  space: [tileBinding("spatial"), overlapBinding("spatial"), marginBinding("spatial")],
  time: [tileBinding("temporal"), overlapBinding("temporal"), marginBinding("temporal")],
};

/** A part of the video that is tiled by itself. */
export type Part = "spatial" | "temporal";

function sizeBinding(axis: keyof PerAxis<number>, label: string, max: number): Binding {
  const unit = axis === "frames" ? "frames" : "px";
  return {
    id: `latent-${axis}`,
    label,
    view: (state) => ({ value: state.latent[axis], min: 1, max, step: 1, hint: `${outputOf(state)[axis]} ${unit}` }),
    write: (state, value) => ({ ...state, latent: { ...state.latent, [axis]: value } }),
  };
}

function scaleBinding(key: "temporalScale" | "heightScale" | "widthScale", label: string, max: number): Binding {
  return {
    id: `geometry-${key}`,
    label,
    view: (state) => ({ value: geometryOf(state)[key], min: 1, max, step: 1, hint: "" }),
    write: (state, value) => withGeometry(state, { [key]: value }),
  };
}

/** The state with another geometry of the user's own. */
export function withGeometry(state: PageState, part: Partial<Geometry>): PageState {
  return { ...state, geometryName: "custom", customGeometry: { ...geometryOf(state), ...part } };
}

/** The state with a tiling of the user's own. */
export function withTiling(state: PageState, part: Part, fields: Partial<AxisFields>): PageState {
  const tiling = tilingFields(state);
  return { ...state, tilingName: "custom", customTiling: { ...tiling, [part]: { ...tiling[part], ...fields } } };
}

/** Frames or pixels a cell. In space the larger of both scales: a multiple of both in every geometry of the page. */
function scaleOf(state: PageState, part: Part): number {
  const { temporalScale, heightScale, widthScale } = geometryOf(state);
  return part === "temporal" ? temporalScale : Math.max(heightScale, widthScale);
}

function tileBinding(part: Part): Binding {
  const [label, unit] = part === "spatial" ? ["Tile size", "px"] : ["Tile length", "frames"];
  return {
    id: `${part}-tile`,
    label,
    view: (state) => {
      const { tileSize: value } = tilingFields(state)[part];
      const scale = scaleOf(state, part);
      const hint = value === 0 ? "not tiled" : `${value} ${unit}`;
      return { value, min: 0, max: scale * (part === "spatial" ? 32 : 16), step: scale, hint };
    },
    write: (state, tileSize) => {
      const { overlap } = tilingFields(state)[part];
      const scale = scaleOf(state, part);
      return withOverlap(withTiling(state, part, { tileSize }), part, Math.max(0, Math.min(overlap, tileSize - scale)));
    },
  };
}

/** The state with another overlap. The margin follows, so that a slider alone never leaves what is legal. */
function withOverlap(state: PageState, part: Part, overlap: number): PageState {
  const next = withTiling(state, part, { overlap });
  return withTiling(next, part, { margin: Math.min(tilingFields(next)[part].margin, largestMargin(next, part)) });
}

/** The largest margin that is legal (pixels or frames). */
function largestMargin(state: PageState, part: Part): number {
  const { tileSize, overlap, context } = tilingFields(state)[part];
  if (overlap > tileSize / 2) return 0;
  return context === "past" ? overlap : Math.floor(overlap / 2);
}

function overlapBinding(part: Part): Binding {
  const unit = part === "spatial" ? "px" : "frames";
  return {
    id: `${part}-overlap`,
    label: "Overlap",
    view: (state) => {
      const { tileSize, overlap } = tilingFields(state)[part];
      const scale = scaleOf(state, part);
      const max = Math.max(0, tileSize - scale);
      return { value: overlap, min: 0, max, step: scale, hint: `${overlap} ${unit}` };
    },
    write: (state, overlap) => withOverlap(state, part, overlap),
  };
}

function marginBinding(part: Part): Binding {
  const unit = part === "spatial" ? "px" : "frames";
  return {
    id: `${part}-margin`,
    label: "Margin for context",
    view: (state) => {
      const { margin: value } = tilingFields(state)[part];
      return { value, min: 0, max: largestMargin(state, part), step: 1, hint: `${value} ${unit}` };
    },
    write: (state, margin) => withTiling(state, part, { margin }),
  };
}
