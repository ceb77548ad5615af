import type { OnnxRuntime } from "./onnx_package.js";

/** ONNX Runtime's package for browsers. */
export const ONNX_PACKAGE = "onnxruntime-web";

/** Imports the package; rejects when it is absent or does not load. */
export async function importOnnxPackage(): Promise<OnnxRuntime> {
  // Boundary: both packages implement onnxruntime-common, and no more than that is used.
  return (await import("onnxruntime-web")) as unknown as OnnxRuntime;
}
