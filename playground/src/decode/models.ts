import esrganUrl from "../../../models/esrgan-slim/esrgan-slim-x4.onnx?url";
import { axisFields, NOT_TILED, type PageState } from "../state.js";
import type { ModelSource } from "./messages.js";

/** A network that the page can run. */
export interface PageModel {
  readonly label: string;
  readonly model: ModelSource;
  /** Makes the latents of an image first. */
  readonly encoder?: ModelSource;
  /** The values that are 0 and 255. */
  readonly range: readonly [number, number];
  /** Sides of an image are cropped to multiples of this (pixels). */
  readonly multiple: number;
  /** What the page plans with when the model is chosen. Absent: as the controls say. */
  readonly state?: Partial<PageState>;
}

/** The networks that come with the page. */
export const MODELS: Readonly<Record<string, PageModel>> = {
  esrgan: {
    label: "ESRGAN-slim: image upscaler × 4",
    model: esrganUrl,
    range: [0, 255],
    multiple: 1,
    state: {
      geometryName: "image4",
      tilingName: "custom",
      // The network sees 10 pixels each way, 40 in the output: with that margin the tiled result is the untiled one.
      customTiling: {
        spatial: axisFields({ tileSize: 480, overlap: 80, margin: 40 }),
        temporal: axisFields(NOT_TILED),
      },
    },
  },
};
