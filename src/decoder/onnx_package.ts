/** ONNX Runtime's package for Node. */
export const ONNX_PACKAGE = "onnxruntime-node";

/** The module of ONNX Runtime. */
export type OnnxRuntime = typeof import("onnxruntime-node");

/** Imports the package; rejects when it is absent or does not load. */
export function importOnnxPackage(): Promise<OnnxRuntime> {
  return import("onnxruntime-node");
}
