import type { Geometry } from "tileblend";
import { type AxisFields, GEOMETRIES, INITIAL_STATE, type PageState, TILINGS } from "./state.js";

// The state as the address holds it: #latent=16x17x30&geometry=ltx&tiling=default, or with numbers of one's own
// geometry=8,32,32,causal and tiling=512:128:44:smooth:both,64:24:24:linear:past (space, then time).

/** Writes a state for the part of the address after `#`. */
export function writeAddress(state: PageState): string {
  const { frames, height, width } = state.latent;
  const geometry = state.geometryName === "custom" ? writeGeometry(state.customGeometry) : state.geometryName;
  const { spatial, temporal } = state.customTiling;
  const tiling = state.tilingName === "custom" ? [spatial, temporal].map(writeAxis).join(",") : state.tilingName;
  return `#latent=${frames}x${height}x${width}&geometry=${geometry}&tiling=${tiling}`;
}

/** Reads a state; what is absent or cannot be read is as in the initial state. */
export function readAddress(hash: string): PageState {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  return {
    ...INITIAL_STATE,
    ...readLatent(fields.get("latent") ?? ""),
    ...readGeometry(fields.get("geometry") ?? ""),
    ...readTiling(fields.get("tiling") ?? ""),
  };
}

function writeGeometry({ temporalScale, heightScale, widthScale, causal }: Geometry): string {
  return [temporalScale, heightScale, widthScale, causal ? "causal" : "whole"].join(",");
}

function writeAxis({ tileSize, overlap, margin, ramp, context }: AxisFields): string {
  return [tileSize, overlap, margin, ramp, context].join(":");
}

function readLatent(text: string): Partial<PageState> {
  const match = /^(\d{1,9})x(\d{1,9})x(\d{1,9})$/.exec(text);
  if (match === null) return {};
  const [frames = 1, height = 1, width = 1] = match.slice(1).map(Number);
  return { latent: { frames, height, width } };
}

function readGeometry(text: string): Partial<PageState> {
  if (Object.hasOwn(GEOMETRIES, text)) return { geometryName: text };
  const match = /^(\d{1,6}),(\d{1,6}),(\d{1,6}),(causal|whole)$/.exec(text);
  if (match === null) return {};
  const [temporalScale = 1, heightScale = 1, widthScale = 1] = match.slice(1, 4).map(Number);
  const customGeometry = { temporalScale, heightScale, widthScale, causal: match[4] === "causal" };
  return { geometryName: "custom", customGeometry };
}

function readTiling(text: string): Partial<PageState> {
  if (Object.hasOwn(TILINGS, text)) return { tilingName: text };
  const [spatial, temporal] = text.split(",").map(readAxis);
  return spatial && temporal ? { tilingName: "custom", customTiling: { spatial, temporal } } : {};
}

function readAxis(text: string): AxisFields | undefined {
  const match = /^(\d{1,9}):(\d{1,9}):(\d{1,9}):(linear|smooth):(both|past)$/.exec(text);
  if (match === null) return undefined;
  const [tileSize = 0, overlap = 0, margin = 0] = match.slice(1, 4).map(Number);
  const ramp = match[4] === "smooth" ? "smooth" : "linear";
  return { tileSize, overlap, margin, ramp, context: match[5] === "past" ? "past" : "both" };
}
