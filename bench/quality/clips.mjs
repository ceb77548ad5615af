// Clips that the model has not been trained on: a film, and a camera that moves over held-out photographs.
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { readPixels } from "tileblend/io";

const film = new URL("../../examples/assets/bunny.webp", import.meta.url);
const samples = new URL("../../models/tiny-video-vae/samples/", import.meta.url);
const PHOTOGRAPHS = ["nasa7.webp", "station3.webp", "station4.webp"];
/** 33 frames: five latents. */
const FRAMES = 33;
const SIZE = { height: 288, width: 512 };

/** Clips (1, 3, 33, 288, 512) in -1 to 1; the film first. */
export async function readClips() {
  const { pixels } = await readPixels(fileURLToPath(film));
  const pans = PHOTOGRAPHS.map((name) => pan(fileURLToPath(new URL(name, samples))));
  return [firstFrames(pixels), ...(await Promise.all(pans))];
}

function firstFrames({ shape, data }) {
  const [, channels, frames, height, width] = shape;
  const area = height * width;
  const result = new Float32Array(channels * FRAMES * area);
  for (let c = 0; c < channels; c++) {
    result.set(data.subarray(c * frames * area, (c * frames + FRAMES) * area), c * FRAMES * area);
  }
  return { dtype: "float32", shape: [1, channels, FRAMES, height, width], data: result };
}

/** Two pixels to the right and one down each frame. */
async function pan(file) {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  const { height, width } = SIZE;
  const result = new Float32Array(3 * FRAMES * height * width);
  let at = 0;
  for (let c = 0; c < 3; c++) {
    for (let t = 0; t < FRAMES; t++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          result[at++] = data[((y + 60 + t) * info.width + x + 2 * t) * info.channels + c] / 127.5 - 1;
        }
      }
    }
  }
  return { dtype: "float32", shape: [1, 3, FRAMES, height, width], data: result };
}
