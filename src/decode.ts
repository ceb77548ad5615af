import { type DecodeFramesOptions, type DecodeJob, type DecodeTiledOptions, resolveJob } from "./decode_options.js";
import { DecoderError, TileShapeError } from "./errors.js";
import { chooseExecutor } from "./executor/index.js";
import type { Accumulator, Executor, FrameChunk } from "./executor/types.js";
import type { Tile } from "./plan.js";
import { checkAnyTensor, crop, type Tensor } from "./tensor.js";
import type { TileDecoder } from "./tile_decoder.js";
import { nextTurn } from "./turn.js";

/**
 * Decodes latents tile by tile into one tensor (B, C, frames, height, width). It may lie in memory of the executor, which
 * can be cloned to another thread but not transferred; `output` can be memory that is.
 * @throws (rejects with) TypeError or RangeError on bad input, before any decoding; DecoderError, TileShapeError;
 * ExecutorUnavailableError, ExecutorError; the signal's reason after an abort.
 */
export async function decodeTiled(latents: Tensor, decoder: TileDecoder, options: DecodeTiledOptions): Promise<Tensor> {
  const job = resolveJob(latents, decoder, options);
  if (job.format === "rgb24") throw new TypeError('decodeTiled gives a tensor; decodeFrames gives pixelFormat "rgb24"');
  let whole: FrameChunk["frames"] | undefined;
  for await (const { frames } of decodeChunks({ output: "new", ...job }, new AbortController())) {
    // Each chunk is final inside the output.
    whole = frames;
  }
  if (whole === undefined || !("dtype" in whole)) throw new Error("a whole decode ends with its output");
  return whole;
}

/**
 * Decodes latents tile by tile and hands out frames as soon as no coming tile touches them. Decoding waits for the
 * consumer. What has been handed out stays valid whatever happens later. `return` and `throw` of the iterator give the
 * decode up at once, also while a tile is being decoded; a `next` under way then ends without a chunk.
 * @throws TypeError or RangeError on bad input, at the call; while iterating as decodeTiled.
 */
export function decodeFrames(
  latents: Tensor,
  decoder: TileDecoder,
  options: DecodeFramesOptions,
): AsyncIterableIterator<FrameChunk> {
  const giveUp = new AbortController();
  const chunks = decodeChunks(resolveJob(latents, decoder, options), giveUp);
  const [finish, fail] = [chunks.return.bind(chunks), chunks.throw.bind(chunks)];
  // By itself a generator makes these wait for the `next` under way, and that one for its decoder.
  chunks.return = (value) => {
    giveUp.abort(new ConsumerStopped());
    return finish(value);
  };
  chunks.throw = (error) => {
    giveUp.abort(new ConsumerStopped());
    return fail(error);
  };
  return chunks;
}

/** Why a decode was given up: the consumer wants no more, which is no error of its. */
class ConsumerStopped extends DOMException {
  constructor() {
    super("the consumer stopped iterating", "AbortError");
  }
}

async function* decodeChunks(job: DecodeJob, giveUp: AbortController): AsyncGenerator<FrameChunk, void, undefined> {
  const forward = () => giveUp.abort(job.signal?.reason);
  if (job.signal?.aborted) forward();
  job.signal?.addEventListener("abort", forward, { once: true });
  let accumulator: Accumulator | undefined;
  try {
    giveUp.signal.throwIfAborted();
    accumulator = await openFor(job);
    const blend = new TileBlend(job, accumulator, giveUp.signal);
    // No variable of ours holds the chunk while the next is made: once the consumer lets it go, its memory is free.
    while (await blend.advance()) yield blend.take();
  } catch (error) {
    if (!(error instanceof ConsumerStopped)) throw error;
  } finally {
    job.signal?.removeEventListener("abort", forward);
    // Tells decoders that are still at work; nothing waits for them any more.
    giveUp.abort();
    accumulator?.close();
  }
}

async function openFor(job: DecodeJob): Promise<Accumulator> {
  const { plan, latents, outputChannels, format, range, output } = job;
  const executor: Executor =
    typeof job.executor === "string" ? (await chooseExecutor(job.executor)).executor : job.executor;
  const [batch = 1] = latents.shape;
  const target = output === undefined ? {} : { output };
  return executor.open(plan, { batch, outputChannels, format, range, ...target });
}

/** The loop: start decoders in plan order, blend their answers in plan order, hand out what is final. */
class TileBlend {
  readonly #job: DecodeJob;
  readonly #accumulator: Accumulator;
  readonly #signal: AbortSignal;
  readonly #report: (step: Step) => void;
  readonly #waiting: IterableIterator<Tile>;
  readonly #started: StartedTile[] = [];
  #next: CroppedTile | undefined;

  constructor(job: DecodeJob, accumulator: Accumulator, signal: AbortSignal) {
    this.#job = job;
    this.#accumulator = accumulator;
    this.#signal = signal;
    this.#report = createReporter(job);
    this.#waiting = job.plan.tiles();
    // Each tile has a signal of its own, so that what decoders add to it goes with the tile.
    signal.addEventListener("abort", () => {
      for (const { controller } of this.#started) controller.abort(signal.reason);
    });
  }

  /** Blends tiles until frames are final. Returns false when none is left. */
  async advance(): Promise<boolean> {
    do {
      await this.#startTiles();
      const first = this.#started[0];
      if (first === undefined) return false;
      await this.#addTile(first);
      this.#started.shift();
      this.#signal.throwIfAborted();
      this.#report({ tiles: 1 });
    } while (this.#accumulator.finalFrames === 0);
    return true;
  }

  async #addTile({ tile, answer }: StartedTile): Promise<void> {
    const pixels = checkAnswer(this.#job, tile, await untilAborted(answer, this.#signal));
    const added = this.#accumulator.add(tile, pixels);
    // A failure is met below, unless there is no memory for the next tile.
    added.catch(() => undefined);
    // While the executor works on threads of its own.
    this.#next ??= await this.#cropNext();
    await added;
  }

  /** In a turn of its own, with what comes before and after in others: together they would hold the event loop. */
  async #cropNext(): Promise<CroppedTile | undefined> {
    await nextTurn();
    const { value: tile, done } = this.#waiting.next();
    if (done) return undefined;
    const { frames, height, width } = tile.latent;
    const latents = crop(this.#job.latents, [frames, height, width]);
    await nextTurn();
    return { tile, latents };
  }

  /** A tile counts until it is blended, so that at most `concurrency` decoded tiles are held. */
  async #startTiles(): Promise<void> {
    while (this.#started.length < this.#job.concurrency) {
      const next = this.#next ?? (await this.#cropNext());
      this.#next = undefined;
      if (next === undefined) break;
      // The consumer may have held its chunk for long.
      this.#signal.throwIfAborted();
      const controller = new AbortController();
      this.#started.push({ tile: next.tile, controller, answer: startTile(this.#job, next, controller.signal) });
    }
  }

  /** Hands out the frames that are final. */
  async take(): Promise<FrameChunk> {
    const chunk = await this.#accumulator.take(this.#accumulator.finalFrames);
    this.#signal.throwIfAborted();
    this.#report({ chunk });
    return chunk;
  }
}

interface CroppedTile {
  readonly tile: Tile;
  readonly latents: Tensor;
}

interface StartedTile {
  readonly tile: Tile;
  /** Of the signal that its decoder is given. */
  readonly controller: AbortController;
  readonly answer: Promise<Tensor>;
}

function startTile(job: DecodeJob, { tile, latents }: CroppedTile, signal: AbortSignal): Promise<Tensor> {
  const { causal, timestep, plan } = job;
  const context = { tile, index: tile.index, count: plan.tileCount, causal, timestep, signal };
  const answer = (async () => {
    try {
      return await job.decoder(latents, context);
    } catch (error) {
      signal.throwIfAborted();
      throw new DecoderError(tile.index, describeTile(tile, plan.tileCount), error);
    }
  })();
  // A failure is met when the tile's turn comes; until then nobody listens.
  answer.catch(() => undefined);
  return answer;
}

function describeTile({ index, latent }: Tile, count: number): string {
  const range = (name: "frames" | "height" | "width") => `${name} ${latent[name].start} to ${latent[name].end}`;
  return `tile ${index} of ${count} (latent ${range("frames")}, ${range("height")}, ${range("width")})`;
}

/** Throws when a decoder's answer is no tensor or not of the tile's shape. */
function checkAnswer(job: DecodeJob, tile: Tile, answer: unknown): Tensor {
  const description = describeTile(tile, job.plan.tileCount);
  const pixels = checkAnyTensor(`the decoder's answer for ${description}`, answer);
  const { frames, height, width } = tile.output;
  const sizes = [frames, height, width].map(({ start, stop }) => stop - start);
  const expected = [job.latents.shape[0] ?? 1, job.outputChannels, ...sizes];
  const differs = (axis: number) => expected[axis] !== pixels.shape[axis];
  if (pixels.shape.length !== expected.length) {
    throw new TileShapeError(tile.index, description, expected, pixels.shape, "; it is (B, C, frames, height, width)");
  }
  if (differs(0) || differs(1)) {
    const hint = differs(1) ? "; options.outputChannels says how many channels the decoder gives" : "";
    throw new TileShapeError(tile.index, description, expected, pixels.shape, hint);
  }
  if (job.sizeMismatch === "error" && [2, 3, 4].some(differs)) {
    const hint = '; check geometry, or take what is common with sizeMismatch: "crop"';
    throw new TileShapeError(tile.index, description, expected, pixels.shape, hint);
  }
  return pixels;
}

/** Resolves with the promise, or rejects with the signal's reason as soon as it aborts. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

interface Step {
  readonly tiles?: number;
  readonly chunk?: FrameChunk;
}

/** Counts what is done and tells onProgress. */
function createReporter({ plan, onProgress }: DecodeJob): (step: Step) => void {
  const startedAt = performance.now();
  const done = { tiles: 0, frames: 0, nan: 0, uncovered: 0 };
  return ({ tiles = 0, chunk }) => {
    done.tiles += tiles;
    done.frames += chunk?.count ?? 0;
    done.nan += chunk?.nanCount ?? 0;
    done.uncovered += chunk?.uncoveredCount ?? 0;
    const elapsedMs = performance.now() - startedAt;
    onProgress?.({
      tilesDone: done.tiles,
      tileCount: plan.tileCount,
      framesDone: done.frames,
      frameCount: plan.output.frames,
      elapsedMs,
      etaMs: (elapsedMs / done.tiles) * (plan.tileCount - done.tiles),
      nanCount: done.nan,
      uncoveredCount: done.uncovered,
    });
  };
}
