import type { InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import { importOnnxPackage, ONNX_PACKAGE, type OnnxRuntime } from "#onnx";
import { DecoderLoadError, MissingPackageError, mustBe } from "../errors.js";

export type { OnnxRuntime } from "#onnx";

/** One input or output of a model. */
export interface OnnxValueInfo {
  readonly name: string;
  /** ONNX Runtime's name of the element type, such as "float32"; "none" for a sequence or a map. */
  readonly type: string;
  /** Lengths, or names of lengths that are free ("" for one without a name); empty: a scalar, or no rank known. */
  readonly shape: readonly (number | string)[];
}

/** A loaded model. */
export interface OnnxModel {
  /** The file, as it was given, or the size of the bytes that were given. */
  readonly source: string;
  readonly runtime: OnnxRuntime;
  readonly session: InferenceSession;
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
}

/**
 * Loads the optional package onnxruntime-node, or in browsers onnxruntime-web.
 * @throws MissingPackageError when it is absent or does not load.
 */
export async function loadOnnxRuntime(
  importPackage: () => Promise<OnnxRuntime> = importOnnxPackage,
): Promise<OnnxRuntime> {
  try {
    const loaded = await importPackage();
    // Boundary: a CommonJS package; what it exports is the default, and not all of it is found by name.
    return "default" in loaded ? (loaded.default as OnnxRuntime) : loaded;
  } catch (cause) {
    throw new MissingPackageError(ONNX_PACKAGE, "an .onnx decoder", cause);
  }
}

/**
 * Loads a model, given as a file's path or as bytes.
 * @throws TypeError for the wrong kind, MissingPackageError, DecoderLoadError when it cannot be loaded.
 */
export async function loadOnnxModel(
  model: string | Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<OnnxModel> {
  const isPath = typeof model === "string";
  if ((!isPath && !(model instanceof Uint8Array)) || model.length === 0) {
    throw new TypeError(mustBe("model", "the path of an .onnx file, or its bytes in a Uint8Array", model));
  }
  const source = isPath ? model : `the model of ${model.length} bytes`;
  const runtime = await loadOnnxRuntime();
  const session = await openSession(runtime, model, options, source);
  if (session.inputMetadata === undefined) {
    const { node, web } = runtime.env?.versions ?? {};
    const got = node ?? web ?? "an older one";
    throw new DecoderLoadError(source, mustBe(ONNX_PACKAGE, "1.22 or newer, which tells a model's types", got));
  }
  const { inputMetadata, outputMetadata } = session;
  return { source, runtime, session, inputs: inputMetadata.map(infoOf), outputs: outputMetadata.map(infoOf) };
}

/** Makes a tensor of ONNX Runtime's over elements, float16 as bits in a Uint16Array; they are shared. */
export function createOnnxTensor(
  runtime: OnnxRuntime,
  type: string,
  data: OnnxTensor["data"],
  dims: readonly number[],
): OnnxTensor {
  // Where the engine has a Float16Array (Node 24), the class Tensor turns the bits into one, which the native side of
  // onnxruntime-node 1.30 takes for empty. It asks for no more than these fields.
  if (type === "float16") return { type, data, dims, location: "cpu" } as unknown as OnnxTensor;
  // Boundary: the caller has made the array that this type takes.
  return new runtime.Tensor(type as "float32", data as Float32Array, dims);
}

async function openSession(
  { InferenceSession: sessions }: OnnxRuntime,
  model: string | Uint8Array,
  options: InferenceSession.SessionOptions,
  source: string,
): Promise<InferenceSession> {
  try {
    return typeof model === "string" ? await sessions.create(model, options) : await sessions.create(model, options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DecoderLoadError(source, explain(reason), { cause });
  }
}

/** ONNX Runtime names a type that it cannot pass by its number in onnx.proto; 16 is bfloat16. */
function explain(reason: string): string {
  if (!/Unsupported data type: 16\b/.test(reason)) return reason;
  return `${ONNX_PACKAGE} cannot pass bfloat16: give the model float16 or float32 inputs and outputs`;
}

function infoOf(value: InferenceSession.ValueMetadata): OnnxValueInfo {
  if (!value.isTensor) return { name: value.name, type: "none", shape: [] };
  return Object.freeze({ name: value.name, type: value.type, shape: Object.freeze([...value.shape]) });
}

/** An input or output as it is named in messages. */
export function describeValue({ name, type, shape }: OnnxValueInfo): string {
  return `${JSON.stringify(name)}: ${type} (${shape.map((size) => (size === "" ? "?" : size)).join(", ")})`;
}

/** The inputs or outputs as they are listed in messages. */
export function describeValues(values: readonly OnnxValueInfo[]): string {
  return values.map(describeValue).join("; ");
}
