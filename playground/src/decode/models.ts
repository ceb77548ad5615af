import astronautUrl from "../../../examples/assets/astronaut-256.png?url";
import bunnyUrl from "../../../examples/assets/bunny.webp?url";
import esrganUrl from "../../../models/esrgan-slim/esrgan-slim-x4.onnx?url";
import decoderUrl from "../../../models/tiny-video-vae/decoder.onnx?url";
import encoderUrl from "../../../models/tiny-video-vae/encoder.onnx?url";
import { axisFields, NOT_TILED, type PageState } from "../state.js";
import type { ClipOptions } from "./clip.js";
import type { ModelSource } from "./messages.js";

/** A network that the page can run. */
export interface PageModel {
  readonly label: string;
  readonly model: ModelSource;
  /** Makes the latents of a clip first. */
  readonly encoder?: ModelSource;
  /** How an image or a clip is read for it. */
  readonly clip: ClipOptions;
  /** Address of a picture or clip to try it on. */
  readonly sample: string;
  /** What the page plans with when the model is chosen. Absent: as the controls say. */
  readonly state?: Partial<PageState>;
}

/** An image upscaler. */
export const ESRGAN: PageModel = {
  label: "ESRGAN-slim: image upscaler × 4",
  model: esrganUrl,
  clip: { range: [0, 255], multiple: 1, maxSide: 1024 },
  sample: astronautUrl,
  state: {
    geometryName: "image4",
    tilingName: "custom",
    // The network sees 10 pixels each way, 40 in the output: with that margin the tiled result is the untiled one.
    customTiling: {
      spatial: axisFields({ tileSize: 480, overlap: 80, margin: 40 }),
      temporal: axisFields(NOT_TILED),
    },
  },
};

/** A clip through a causal video VAE and back. */
const TINY_VIDEO_VAE: PageModel = {
  label: "tiny-video-vae: a clip through a causal video VAE and back",
  encoder: encoderUrl,
  model: decoderUrl,
  clip: { range: [-1, 1], multiple: 32, frameStep: 8, maxFrames: 25, maxSide: 384 },
  sample: bunnyUrl,
  state: {
    geometryName: "ltx",
    tilingName: "custom",
    customTiling: {
      // The network sees 2 cells each way in space and 2 back in time: tiles with that for margins leave no seam.
      spatial: axisFields({ tileSize: 256, overlap: 128, margin: 64 }),
      temporal: axisFields({ tileSize: 32, overlap: 16, margin: 16, context: "past" }),
    },
  },
};

/** The networks that come with the page, by the name of their choice. */
export const MODELS: Readonly<Record<string, PageModel>> = { esrgan: ESRGAN, "tiny-video-vae": TINY_VIDEO_VAE };
