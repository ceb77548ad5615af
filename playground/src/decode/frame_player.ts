import { byId } from "../page.js";
import type { WorkerMessage } from "./messages.js";
import type { TileCanvas } from "./tile_canvas.js";

type FrameMessage = WorkerMessage & { readonly kind: "frame" };

/** Time between two frames while playing (ms). */
const FRAME_MS = 1000 / 12;

/** Holds finished frames, and shows one of them or all in turn. */
export class FramePlayer {
  readonly #canvas: TileCanvas;
  readonly #root = byId("frame-player", HTMLElement);
  readonly #slider = byId("frame-slider", HTMLInputElement);
  readonly #count = byId("frame-count", HTMLElement);
  readonly #button = byId("frame-play", HTMLButtonElement);
  #frames: FrameMessage[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(canvas: TileCanvas) {
    this.#canvas = canvas;
    this.#slider.addEventListener("input", () => this.#show(this.#slider.valueAsNumber));
    this.#button.addEventListener("click", () => (this.#timer === undefined ? this.#play() : this.#pause()));
  }

  /** Forgets all frames. */
  reset(): void {
    this.#pause();
    this.#frames = [];
    this.#root.hidden = true;
  }

  /** Takes a finished frame. */
  add(frame: FrameMessage): void {
    this.#frames.push(frame);
    this.#slider.max = `${this.#frames.length - 1}`;
    this.#count.textContent = `${this.#frames.length} frames are final`;
    this.#root.hidden = this.#frames.length < 2;
  }

  /** Shows the first frame. */
  rewind(): void {
    this.#show(0);
  }

  #show(index: number): void {
    const frame = this.#frames[index];
    if (frame === undefined) return;
    this.#slider.value = `${index}`;
    this.#canvas.drawFrame(frame.data, frame.width, frame.height);
  }

  #play(): void {
    this.#button.textContent = "Pause";
    this.#timer = setInterval(() => this.#show((this.#slider.valueAsNumber + 1) % this.#frames.length), FRAME_MS);
  }

  #pause(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#button.textContent = "Play";
  }
}
