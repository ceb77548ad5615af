import { fileURLToPath } from "node:url";

export const name = "tiny-video-vae";

export const geometry = Object.freeze({
  temporalScale: 8,
  heightScale: 32,
  widthScale: 32,
  causal: true,
  latentChannels: 128,
});

export const contextCells = Object.freeze({
  frames: Object.freeze({ before: 2, after: 0 }),
  height: 2,
  width: 2,
});

export const decoderFile = fileURLToPath(new URL("decoder.onnx", import.meta.url));

export const encoderFile = fileURLToPath(new URL("encoder.onnx", import.meta.url));
