import type { Geometry, PerAxis, Slice, Tensor, Tiling } from "tileblend";

/** An ONNX model: where it is, or its bytes. */
export type ModelSource = string | Uint8Array<ArrayBuffer>;

/** What the page asks of the worker: to decode latents. */
export interface DecodeRequest {
  readonly kind: "decode";
  /** Latents, or for an `encoder` pixels: (1, 3, frames, height, width). */
  readonly input: Tensor;
  /** Makes the latents of the image first. */
  readonly encoder?: ModelSource;
  readonly model: ModelSource;
  readonly geometry: Geometry;
  readonly tiling: Tiling | null;
  /** The values that are 0 and 255. */
  readonly range: readonly [number, number];
}

/** What the page asks of the worker: to give up. */
export interface CancelRequest {
  readonly kind: "cancel";
}

/** What the worker tells. */
export type WorkerMessage =
  | { readonly kind: "loading"; readonly what: string }
  | { readonly kind: "planned"; readonly digest: string; readonly tileCount: number; readonly output: PerAxis<number> }
  | { readonly kind: "started"; readonly index: number; readonly output: PerAxis<Slice> }
  | TileMessage
  | FrameMessage
  | { readonly kind: "finished"; readonly elapsedMs: number }
  | { readonly kind: "failed"; readonly message: string; readonly isCancelled: boolean };

/** A tile is blended. */
interface TileMessage {
  readonly kind: "tile";
  readonly tilesDone: number;
  readonly tileCount: number;
  readonly etaMs: number;
  /** The tile's part of the video (frames, pixels). */
  readonly output: PerAxis<Slice>;
  /** That part as it is blended so far, and its weights so far: RGBA. */
  readonly picture: Uint8ClampedArray<ArrayBuffer>;
  readonly weights: Uint8ClampedArray<ArrayBuffer>;
}

/** A finished frame: red, green, blue. */
interface FrameMessage {
  readonly kind: "frame";
  readonly frame: number;
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array<ArrayBuffer>;
}
