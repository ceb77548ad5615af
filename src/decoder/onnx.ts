import type { InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import { castTensor } from "../cast.js";
import { DecoderLoadError, ModelRunError, mustBe } from "../errors.js";
import { checkTensor, type Tensor } from "../tensor.js";
import type { TileContext, TileDecoder } from "../tile_decoder.js";
import { checkKeys, checkObject, checkOneOf } from "../validate.js";
import { createFeed, type KnownLengths, type OnnxFeed, type OnnxInputValue } from "./onnx_feed.js";
import { fromOnnxTensor, runFrameByFrame } from "./onnx_frames.js";
import {
  createOnnxTensor,
  describeValue,
  describeValues,
  loadOnnxModel,
  type OnnxModel,
  type OnnxValueInfo,
} from "./onnx_runtime.js";

export type { TileContext, TileDecoder } from "../tile_decoder.js";
export { createOnnxEncoder, type OnnxEncoder } from "./onnx_encoder.js";
export type { OnnxElements, OnnxInputValue } from "./onnx_feed.js";
export type { OnnxValueInfo } from "./onnx_runtime.js";

/** What createOnnxDecoder takes besides the model. */
export interface OnnxDecoderOptions {
  /** The input for the latents. Default: the only one that nothing else is given to. */
  readonly inputName?: string;
  /** The output with the frames. Default: the only one. */
  readonly outputName?: string;
  /**
   * Axes of the latents' input: 5 for (B, C, F, H, W), 4 for image models, (N, C, H, W), that take each frame by
   * itself. Default: as the model says.
   */
  readonly rank?: 4 | 5;
  /** Values of the other inputs, by name. */
  readonly inputs?: Readonly<Record<string, OnnxInputValue>>;
  /** The input that the decode's `timestep` is given to; its value in `inputs` is for decodes without one. */
  readonly timestepInput?: string;
  /** Passed to ONNX Runtime: executionProviders, intraOpNumThreads ... Results may differ with the thread count. */
  readonly sessionOptions?: InferenceSession.SessionOptions;
}

/** What a model takes and gives. */
export interface OnnxDecoderInfo {
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /** The input that the latents go to. */
  readonly inputName: string;
  /** The output that the frames come from. */
  readonly outputName: string;
  readonly rank: 4 | 5;
  /** The type that latents are converted to. */
  readonly dtype: "float32" | "float16";
  /** The type of the frames. */
  readonly outputDtype: "float32" | "float16";
}

/** A decoder that runs an ONNX model. */
export interface OnnxDecoder {
  /** May be called again while it runs. ONNX Runtime holds the thread during a run: abort is seen between runs. */
  readonly decoder: TileDecoder;
  readonly info: OnnxDecoderInfo;
  /** Frees the model, once what is running has ended. Calling it again does nothing. */
  close(): Promise<void>;
}

/**
 * Makes a decoder of an ONNX model, given as a file's path or as bytes. Needs the package onnxruntime-node, in browsers
 * onnxruntime-web.
 * @throws (rejects with) TypeError or RangeError on options that cannot be, MissingPackageError, DecoderLoadError when
 * the model cannot be loaded or takes or gives what a decoder does not.
 */
export async function createOnnxDecoder(
  model: string | Uint8Array,
  options: OnnxDecoderOptions = {},
): Promise<OnnxDecoder> {
  const known = ["inputName", "outputName", "rank", "inputs", "timestepInput", "sessionOptions"];
  checkKeys("options", checkObject("options", options), known);
  checkObject("inputs", options.inputs ?? {});
  const sessionOptions = { ...checkObject("sessionOptions", options.sessionOptions ?? {}) };
  const loaded = await loadOnnxModel(model, sessionOptions);
  try {
    return createFrom(loaded, options);
  } catch (error) {
    await loaded.session.release();
    throw error;
  }
}

/** Everything that a run needs. */
interface Network {
  readonly model: OnnxModel;
  readonly info: OnnxDecoderInfo;
  readonly input: OnnxValueInfo;
  readonly feeds: ReadonlyMap<string, OnnxFeed>;
  readonly timestep: OnnxValueInfo | undefined;
}

function createFrom(model: OnnxModel, options: OnnxDecoderOptions): OnnxDecoder {
  const network = resolveNetwork(model, options);
  const running = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;
  const decoder: TileDecoder = async (latents, context) => {
    if (closing !== undefined) throw new ModelRunError(model.source, "the decoder is closed");
    const run = decode(network, latents, context);
    running.add(run);
    try {
      return await run;
    } finally {
      running.delete(run);
    }
  };
  const close = () => {
    closing ??= Promise.allSettled(running).then(() => model.session.release());
    return closing;
  };
  return Object.freeze({ decoder, info: network.info, close });
}

function resolveNetwork(model: OnnxModel, options: OnnxDecoderOptions): Network {
  const { source, runtime, inputs, outputs } = model;
  const { timestepInput, inputs: given = {} } = options;
  const timestep =
    timestepInput === undefined ? undefined : find("timestepInput", inputs, timestepInput, "inputs of the model");
  const feeds = new Map<string, OnnxFeed>();
  for (const [name, value] of Object.entries(given)) {
    const path = `inputs[${JSON.stringify(name)}]`;
    feeds.set(name, createFeed(path, runtime, find(path, inputs, name, "inputs of the model"), value));
  }
  const others = inputs.filter(({ name }) => !feeds.has(name) && name !== timestepInput);
  const input = choose(source, "input", options.inputName === undefined ? others : inputs, options.inputName);
  if (feeds.has(input.name) || input.name === timestepInput) {
    throw new TypeError(`input ${JSON.stringify(input.name)} takes the latents and cannot be given a value of its own`);
  }
  const missing = others.filter((other) => other.name !== input.name);
  if (missing.length > 0) {
    throw new DecoderLoadError(source, `its inputs ${describeValues(missing)} need values: options.inputs gives them`);
  }
  const output = choose(source, "output", outputs, options.outputName);
  const info = Object.freeze({
    inputs,
    outputs,
    inputName: input.name,
    outputName: output.name,
    rank: resolveRank(source, input, options.rank),
    dtype: checkFloat(source, "input", input),
    outputDtype: checkFloat(source, "output", output),
  });
  return { model, info, input, feeds, timestep };
}

function find(path: string, values: readonly OnnxValueInfo[], name: string, what: string): OnnxValueInfo {
  const found = values.find((value) => value.name === name);
  if (found === undefined) throw new RangeError(mustBe(path, `one of the ${what}, ${describeValues(values)}`, name));
  return found;
}

/** The value of this name, or the only one there is. */
function choose(
  source: string,
  kind: "input" | "output",
  values: readonly OnnxValueInfo[],
  name: string | undefined,
): OnnxValueInfo {
  if (name !== undefined) return find(`${kind}Name`, values, name, `${kind}s of the model`);
  const [only] = values;
  if (only !== undefined && values.length === 1) return only;
  const count = values.length === 0 ? `no ${kind} is left` : `it has ${values.length} ${kind}s`;
  const list = values.length === 0 ? "" : `, ${describeValues(values)}`;
  throw new DecoderLoadError(source, `${count}${list}: options.${kind}Name says which one is meant`);
}

function resolveRank(source: string, input: OnnxValueInfo, rank: number | undefined): 4 | 5 {
  const own = input.shape.length;
  const chosen = rank ?? own;
  if (rank !== undefined && rank !== 4 && rank !== 5) throw new RangeError(mustBe("rank", "4 or 5", rank));
  if (rank !== undefined && own !== 0 && own !== rank) {
    throw new RangeError(mustBe("rank", `${own}, as of input ${describeValue(input)}`, rank));
  }
  if (chosen === 4 || chosen === 5) return chosen;
  const reason =
    own === 0 ? "does not tell its axes: options.rank gives their number, 4 or 5" : "has neither 4 nor 5 axes";
  throw new DecoderLoadError(source, `input ${describeValue(input)} ${reason}`);
}

function checkFloat(source: string, kind: string, value: OnnxValueInfo): "float32" | "float16" {
  if (value.type === "float32" || value.type === "float16") return value.type;
  throw new DecoderLoadError(source, `${kind} ${describeValue(value)} must be of type float32 or float16`);
}

async function decode(network: Network, latents: Tensor, context: TileContext): Promise<Tensor> {
  const { model, info } = network;
  const tensor = castTensor(checkTensor("latents", latents, 5), info.dtype);
  const run = async (input: Tensor) => {
    context.signal.throwIfAborted();
    return runModel(network, input, context.timestep);
  };
  return info.rank === 4 ? runFrameByFrame(model.source, tensor, run) : run(tensor);
}

async function runModel(network: Network, tensor: Tensor, timestep: unknown): Promise<Tensor> {
  const { model, info, input } = network;
  const known = checkShape(info.rank, input, tensor.shape);
  const feeds: Record<string, OnnxTensor> = {
    [input.name]: createOnnxTensor(model.runtime, tensor.dtype, tensor.data, tensor.shape),
  };
  for (const [name, feed] of network.feeds) feeds[name] = feed(known);
  if (network.timestep !== undefined) addTimestep(network, feeds, timestep, known);
  const results = await runSession(model, feeds, info.outputName);
  const result = results[info.outputName];
  if (result === undefined) throw new ModelRunError(model.source, `gave no output ${JSON.stringify(info.outputName)}`);
  return fromOnnxTensor(model.source, info.outputName, result, info.rank);
}

async function runSession(
  { session, source, inputs }: OnnxModel,
  feeds: Record<string, OnnxTensor>,
  outputName: string,
): Promise<InferenceSession.OnnxValueMapType> {
  try {
    return await session.run(feeds, [outputName]);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const fed = Object.entries(feeds).map(([name, { type, dims }]) => describeValue({ name, type, shape: dims }));
    const whole = `the run failed: ${reason}; given ${fed.join("; ")}; the model takes ${describeValues(inputs)}`;
    throw new ModelRunError(source, whole, { cause });
  }
}

function addTimestep(
  { model, timestep: info, feeds: defaults }: Network,
  feeds: Record<string, OnnxTensor>,
  value: unknown,
  known: KnownLengths,
): void {
  if (info === undefined) return;
  if (value !== undefined) feeds[info.name] = createFeed("timestep", model.runtime, info, value)(known);
  else if (!defaults.has(info.name)) {
    throw new TypeError(mustBe("timestep", `given, as input ${describeValue(info)} of the model takes it`, value));
  }
}

const AXES = {
  4: ["batch", "channels", "height", "width"],
  5: ["batch", "channels", "frames", "height", "width"],
} as const;

/** Compares the latents with the input's fixed lengths, and returns what its named ones are this time. */
function checkShape(rank: 4 | 5, input: OnnxValueInfo, shape: readonly number[]): KnownLengths {
  const known = new Map<string, number>();
  for (const [axis, size] of input.shape.entries()) {
    const length = shape[axis] ?? 1;
    const path = `the latents' ${checkOneOf("axis", AXES[rank][axis], AXES[rank])}`;
    const expected = typeof size === "number" ? size : (known.get(size) ?? length);
    if (expected !== length) {
      throw new RangeError(mustBe(path, `${expected}, as input ${describeValue(input)} of the model takes`, length));
    }
    if (typeof size === "string" && size !== "") known.set(size, length);
  }
  return known;
}
