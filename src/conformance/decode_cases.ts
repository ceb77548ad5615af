import type * as Tileblend from "../index.js";
import type { Executor, ExecutorName, Tensor } from "../index.js";
import { createProbeDecoder, probeLatents } from "./probe.js";
import { planRequest } from "./requests.js";
import {
  type ConformanceVectors,
  type DecodeCase,
  namedArguments,
  runSuite,
  type SuiteResult,
  sha256,
  skipSuite,
} from "./vectors.js";

/** Names the decode suite of an executor in a report. */
export function decodeSuiteName(executor: ExecutorName): string {
  return `decodes ${executor}`;
}

interface Way {
  readonly each: DecodeCase;
  readonly isStreamed: boolean;
}

/** Decodes every case on one executor, whole and streamed; both must give the same bytes. */
export async function runDecodeSuite(
  tileblend: typeof Tileblend,
  vectors: ConformanceVectors,
  name: ExecutorName,
): Promise<SuiteResult> {
  const ways = vectors.suites.decodes.flatMap((each) => [false, true].map((isStreamed) => ({ each, isStreamed })));
  let executor: Executor;
  try {
    executor = await tileblend.createExecutor(name);
  } catch (error) {
    return skipSuite(ways.length, error instanceof Error ? error.message : String(error));
  }
  return runSuite(ways, nameOfWay, (way) => checkWay(tileblend, vectors, executor, way));
}

function nameOfWay({ each, isStreamed }: Way): string {
  const { latentShape, dtype, delta, plan } = each;
  const way = isStreamed ? "decodeFrames" : "decodeTiled";
  return `${way} of (${latentShape.join(", ")}) ${dtype}, delta ${delta}, plan (${plan.join(", ")})`;
}

async function checkWay(
  tileblend: typeof Tileblend,
  vectors: ConformanceVectors,
  executor: Executor,
  { each, isStreamed }: Way,
): Promise<string | null> {
  const { geometry, tiling } = planRequest(namedArguments(vectors, { call: "plan", arguments: each.plan }));
  const latents = probeLatents(each.latentShape, each.dtype);
  const decoder = createProbeDecoder(geometry, each.delta);
  const options = { geometry, tiling: tiling ?? null, executor, sizeMismatch: "crop" as const };
  const output = isStreamed
    ? await joinFrames(tileblend.decodeFrames(latents, decoder, { ...options, concurrency: 3 }), each)
    : await tileblend.decodeTiled(latents, decoder, options);
  const [shape, expected] = [output.shape.join(", "), each.outputShape.join(", ")];
  if (shape !== expected || output.dtype !== each.dtype) {
    return `expected ${each.dtype} (${expected}), got ${output.dtype} (${shape})`;
  }
  const { buffer, byteOffset, byteLength } = output.data;
  // Boundary: the output is the package's own, never of shared memory.
  const digest = await sha256(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
  return digest === each.sha256 ? null : `expected SHA-256 ${each.sha256}, got ${digest}`;
}

/** Lays chunks (B, C, n, H, W) side by side along the frames. */
async function joinFrames(chunks: AsyncIterable<Tileblend.FrameChunk>, each: DecodeCase): Promise<Tensor> {
  const [batch = 1, channels = 1, frames = 1, height = 1, width = 1] = each.outputShape;
  const count = batch * channels * frames * height * width;
  const data = each.dtype === "float32" ? new Float32Array(count) : new Uint16Array(count);
  let dtype: Tensor["dtype"] = each.dtype;
  for await (const chunk of chunks) {
    // Boundary: no pixelFormat was asked for.
    const tensor = chunk.frames as Tensor;
    dtype = tensor.dtype;
    const size = chunk.count * height * width;
    for (let plane = 0; plane < batch * channels; plane++) {
      data.set(tensor.data.subarray(plane * size, (plane + 1) * size), (plane * frames + chunk.start) * height * width);
    }
  }
  return { dtype, shape: each.outputShape, data };
}
