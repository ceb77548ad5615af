import { checkBoolean, checkInteger, checkKeys, checkObject } from "./validate.js";

/** How latent cells map to frames and pixels. Plain data. */
export interface Geometry {
  /** Frames a latent frame gives; for a causal decoder the first gives one frame only. */
  readonly temporalScale: number;
  /** Pixels a latent cell gives, downwards. */
  readonly heightScale: number;
  /** Pixels a latent cell gives, across. */
  readonly widthScale: number;
  /** Whether F latent frames give 1 + (F - 1) · temporalScale frames rather than F · temporalScale. */
  readonly causal: boolean;
  /** Channels of the latents; checked when given. */
  readonly latentChannels?: number;
}

/** What an image network is: it scales height and width alike and leaves frames alone. */
export interface ImageGeometryOptions {
  /** Pixels out for a pixel in, each way. */
  readonly scale: number;
  readonly latentChannels?: number;
}

/** Geometries of known decoders. Any other is plain data of the same form. */
export const geometries = /* @__PURE__ */ Object.freeze({
  /** LTX-Video. */
  ltx: Object.freeze({ temporalScale: 8, heightScale: 32, widthScale: 32, causal: true, latentChannels: 128 }),
  /** Wan 2.1. */
  wan21: Object.freeze({ temporalScale: 4, heightScale: 8, widthScale: 8, causal: true, latentChannels: 16 }),
  /** HunyuanVideo. */
  hunyuanVideo: Object.freeze({ temporalScale: 4, heightScale: 8, widthScale: 8, causal: true, latentChannels: 16 }),
  /** Images, upscalers and other networks that take each frame by itself. */
  image(options: ImageGeometryOptions): Geometry {
    checkKeys("options", checkObject("options", options), ["scale", "latentChannels"]);
    const { scale, latentChannels } = options;
    checkInteger("options.scale", scale, { min: 1, unit: "pixels a latent cell" });
    const geometry = { temporalScale: 1, heightScale: scale, widthScale: scale, causal: false };
    return checkGeometry("geometry", latentChannels === undefined ? geometry : { ...geometry, latentChannels });
  },
});

/**
 * Checks a geometry and returns a frozen copy of it.
 * @throws TypeError for the wrong kind, RangeError for the wrong size.
 */
export function checkGeometry(path: string, value: unknown): Geometry {
  const fields = checkObject(path, value);
  checkKeys(path, fields, ["temporalScale", "heightScale", "widthScale", "causal", "latentChannels"]);
  const geometry = {
    temporalScale: checkInteger(`${path}.temporalScale`, fields["temporalScale"], {
      min: 1,
      unit: "frames a latent frame",
    }),
    heightScale: checkInteger(`${path}.heightScale`, fields["heightScale"], { min: 1, unit: "pixels a latent cell" }),
    widthScale: checkInteger(`${path}.widthScale`, fields["widthScale"], { min: 1, unit: "pixels a latent cell" }),
    causal: checkBoolean(`${path}.causal`, fields["causal"]),
  };
  if (fields["latentChannels"] === undefined) return Object.freeze(geometry);
  const latentChannels = checkInteger(`${path}.latentChannels`, fields["latentChannels"], { min: 1, unit: "channels" });
  return Object.freeze({ ...geometry, latentChannels });
}
