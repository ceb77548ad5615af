import type { PerAxis, Slice } from "tileblend";

/** A picture that is built up part by part. */
export class TileCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("this browser gives no 2D canvas");
    this.#canvas = canvas;
    this.#context = context;
  }

  /** Empties it and takes another size (pixels). */
  reset(width: number, height: number): void {
    this.#canvas.width = width;
    this.#canvas.height = height;
  }

  /** Draws the part of a tile: RGBA. */
  drawPart({ height, width }: PerAxis<Slice>, rgba: Uint8ClampedArray<ArrayBuffer>): void {
    const image = new ImageData(rgba, width.stop - width.start, height.stop - height.start);
    this.#context.putImageData(image, width.start, height.start);
  }

  /** Marks the tile that is being decoded. */
  outline({ height, width }: PerAxis<Slice>): void {
    const line = Math.max(2, Math.round(this.#canvas.width / 300));
    this.#context.strokeStyle = "#ff9a3d";
    this.#context.lineWidth = line;
    const [w, h] = [width.stop - width.start, height.stop - height.start];
    this.#context.strokeRect(width.start + line / 2, height.start + line / 2, w - line, h - line);
  }

  /** Draws a finished frame: red, green, blue. */
  drawFrame(rgb: Uint8Array, width: number, height: number): void {
    const image = new ImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      image.data.set(rgb.subarray(3 * i, 3 * i + 3), 4 * i);
      image.data[4 * i + 3] = 255;
    }
    this.#context.putImageData(image, 0, 0);
  }

  /** The picture as a PNG file. */
  toPng(): Promise<Blob> {
    return new Promise((resolve, reject) =>
      this.#canvas.toBlob((blob) => (blob === null ? reject(new Error("no PNG could be made")) : resolve(blob))),
    );
  }
}
