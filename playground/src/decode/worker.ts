import ortUrl from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import * as ort from "onnxruntime-web/wasm";
import { decodeFrames, planTiles, type Tensor, type TileDecoder } from "tileblend";
import { createOnnxDecoder, createOnnxEncoder } from "tileblend/decoder/onnx";
import type { CancelRequest, DecodeRequest, ModelSource, WorkerMessage } from "./messages.js";
import { BlendPreview } from "./preview.js";

// Threads would need headers that not every web server sends.
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = { wasm: ortUrl };

let running: AbortController | undefined;

self.addEventListener("message", ({ data }: MessageEvent<DecodeRequest | CancelRequest>) => {
  running?.abort();
  if (data.kind === "decode") start(data);
});

function tell(message: WorkerMessage, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

async function start(request: DecodeRequest): Promise<void> {
  const giveUp = new AbortController();
  running = giveUp;
  const began = performance.now();
  try {
    await decode(request, giveUp.signal);
    tell({ kind: "finished", elapsedMs: performance.now() - began });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    tell({ kind: "failed", message, isCancelled: giveUp.signal.aborted });
  }
}

async function decode(request: DecodeRequest, signal: AbortSignal): Promise<void> {
  const { geometry, tiling, range } = request;
  const latents = request.encoder === undefined ? request.input : await encode(request.encoder, request.input);
  const [, , frames = 1, height = 1, width = 1] = latents.shape;
  const plan = planTiles({ latent: { frames, height, width }, geometry, tiling });
  tell({ kind: "planned", digest: plan.digest, tileCount: plan.tileCount, output: plan.output });
  const network = await createOnnxDecoder(await bytesOf("the decoder", request.model));
  try {
    const decoder = withPreview(network.decoder, new BlendPreview(plan, range), plan.tileCount);
    const options = { geometry, tiling, range, signal, pixelFormat: "rgb24" } as const;
    for await (const { start: first, count, frames: chunk } of decodeFrames(latents, decoder, options)) {
      const size = plan.output.height * plan.output.width * 3;
      for (let i = 0; i < count; i++) {
        // rgb24 gives bytes in a buffer of their own.
        const data = new Uint8Array(chunk.data.slice(i * size, (i + 1) * size));
        tell({ kind: "frame", frame: first + i, height: plan.output.height, width: plan.output.width, data }, [
          data.buffer,
        ]);
      }
    }
  } finally {
    await network.close();
  }
}

async function bytesOf(what: string, source: ModelSource): Promise<Uint8Array> {
  tell({ kind: "loading", what });
  if (typeof source !== "string") return source;
  const response = await fetch(source);
  if (!response.ok) throw new Error(`${what} could not be fetched: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Makes latents of pixels. */
async function encode(source: ModelSource, pixels: Tensor): Promise<Tensor> {
  const encoder = await createOnnxEncoder(await bytesOf("the encoder", source));
  try {
    tell({ kind: "loading", what: "the latents of the encoder" });
    return await encoder.encode(pixels);
  } finally {
    await encoder.close();
  }
}

/** A decoder that tells the page of each tile. One tile is under way at a time. */
function withPreview(decoder: TileDecoder, preview: BlendPreview, tileCount: number): TileDecoder {
  const began = performance.now();
  return async (latents, context) => {
    const { tile, index } = context;
    tell({ kind: "started", index, output: tile.output });
    // ONNX Runtime holds the thread while it works: a cancel that came meanwhile is taken here.
    await new Promise((resolve) => setTimeout(resolve, 0));
    context.signal.throwIfAborted();
    const pixels = await decoder(latents, context);
    const part = preview.add(tile, pixels);
    const tilesDone = index + 1;
    const etaMs = ((performance.now() - began) / tilesDone) * (tileCount - tilesDone);
    tell({ kind: "tile", tilesDone, tileCount, etaMs, ...part }, [part.picture.buffer, part.weights.buffer]);
    return pixels;
  };
}
