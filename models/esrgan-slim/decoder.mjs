// tileblend decode photo.png --decoder models/esrgan-slim/decoder.mjs --seamless -o large.png
import { fileURLToPath } from "node:url";
import { createOnnxDecoder } from "tileblend/decoder/onnx";

export const geometry = { temporalScale: 1, heightScale: 4, widthScale: 4, causal: false };

/** The receptive field, in input pixels: README.md. */
export const contextCells = { height: 10, width: 10 };

export const range = [0, 255];

/** Opens the model; `options` are createOnnxDecoder's. */
export function createDecoder(options) {
  return createOnnxDecoder(fileURLToPath(new URL("esrgan-slim-x4.onnx", import.meta.url)), options);
}
