// The main job on what ships with the project: upscales a clip through a real network, tile by tile, and shows how the
// blended result compares with the untiled one. Usage: npm run demo
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { chooseExecutor, decodeFrames, decodeTiled, geometries, planTiles } from "tileblend";
import { createOnnxDecoder } from "tileblend/decoder/onnx";
import { createSink, MissingProgramError, readPixels } from "tileblend/io";
import { compareHtml, heatMap, heatScaleSvg, linePlotSvg } from "tileblend/report";

const root = new URL("..", import.meta.url);
const out = new URL("demo/out/", root);
const SCALE = 4;
/** Pixels of the network's input that an output pixel depends on, each way (models/esrgan-slim/README.md). */
const CONTEXT = 10;
/** Tiles of 128 x 96 pixels in, overlapping by 24, more than twice the context; 8 frames each: frames stand alone. */
const TILING = {
  spatial: {
    height: { tileSize: 96 * SCALE, overlap: 24 * SCALE },
    width: { tileSize: 128 * SCALE, overlap: 24 * SCALE },
  },
  temporal: { tileSize: 8 },
};
const RANGE = [0, 255];

const pathOf = (name) => fileURLToPath(new URL(name, out));

function showProgress({ tilesDone, tileCount, framesDone, frameCount, etaMs }) {
  const line = `tile ${tilesDone}/${tileCount}, frame ${framesDone}/${frameCount}, ETA ${Math.ceil(etaMs / 1000)} s`;
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${line}${tilesDone === tileCount ? "\n" : ""}`);
  else if (tilesDone % 8 === 0 || tilesDone === tileCount) console.log(line);
}

/** A video where there is ffmpeg, else an animated image. */
async function openSink(shape, fps) {
  const spec = { shape, format: "rgb24", fps: fps ?? 12, overwrite: true };
  try {
    return { name: "upscaled.mp4", sink: await createSink(pathOf("upscaled.mp4"), spec) };
  } catch (error) {
    if (!(error instanceof MissingProgramError)) throw error;
    console.log("ffmpeg is not on PATH: writing an animated WebP instead of a video");
    return { name: "upscaled.webp", sink: await createSink(pathOf("upscaled.webp"), spec) };
  }
}

/** Streams the tiled decode into a file. Returns the file's name and the time. */
async function writeTiled(input, decoder, options, shape) {
  const { name, sink } = await openSink(shape, input.fps);
  const began = performance.now();
  try {
    const streamed = { ...options, pixelFormat: "rgb24", range: RANGE, onProgress: showProgress };
    for await (const chunk of decodeFrames(input.pixels, decoder, streamed)) await sink.write(chunk);
    await sink.finish();
  } catch (error) {
    await sink.abort();
    throw error;
  }
  return { name, seconds: (performance.now() - began) / 1000 };
}

/** Per frame: PSNR in dB against a peak of 255, and the largest difference. */
function compareFrames(tiled, whole) {
  const [, channels, frames, height, width] = tiled.shape;
  const area = height * width;
  return Array.from({ length: frames }, (_, frame) => {
    let [squares, largest, same] = [0, 0, 0];
    for (let c = 0; c < channels; c++) {
      const start = (c * frames + frame) * area;
      for (let i = start; i < start + area; i++) {
        const difference = Math.abs(tiled.data[i] - whole.data[i]);
        squares += difference * difference;
        if (difference > largest) largest = difference;
        if (difference === 0) same++;
      }
    }
    const mean = squares / (channels * area);
    return {
      psnr: mean === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(255 ** 2 / mean),
      largest,
      same: same / (channels * area),
    };
  });
}

/** Bytes red, green, blue of one frame of a tensor with values from 0 to 255. */
function rgbOf({ shape, data }, frame) {
  const [, , frames, height, width] = shape;
  const area = height * width;
  return Uint8Array.from({ length: area * 3 }, (_, i) => {
    const value = data[((i % 3) * frames + frame) * area + Math.floor(i / 3)];
    return Math.round(Math.min(255, Math.max(0, value)));
  });
}

/** The largest difference of the channels, pixel by pixel. */
function differenceOf(tiled, whole, frame) {
  const [, , frames, height, width] = tiled.shape;
  const area = height * width;
  return Float32Array.from({ length: area }, (_, i) => {
    const at = (c) => (c * frames + frame) * area + i;
    return Math.max(...[0, 1, 2].map((c) => Math.abs(tiled.data[at(c)] - whole.data[at(c)])));
  });
}

async function writePng(name, bytes, { width, height }) {
  await sharp(bytes, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(pathOf(name));
}

/** Writes the pictures of one frame; returns the figures of the page. */
async function writePictures(input, tiled, whole, frame) {
  const [, , , height, width] = tiled.shape;
  const small = { height: height / SCALE, width: width / SCALE };
  const difference = differenceOf(tiled, whole, frame);
  const max = difference.reduce((most, value) => Math.max(most, value), 1e-3);
  await writePng("input.png", rgbOf(input, frame), small);
  await writePng("tiled.png", rgbOf(tiled, frame), { height, width });
  await writePng("untiled.png", rgbOf(whole, frame), { height, width });
  await writePng("difference.png", heatMap(difference, { width, height, max }), { height, width });
  const figure = (src, caption, isPixelated = false) => ({ kind: "image", src, alt: caption, caption, isPixelated });
  return {
    max,
    figures: [
      figure("input.png", `Input, frame ${frame}: ${small.width} x ${small.height} pixels, enlarged`, true),
      figure("tiled.png", `Tiled and blended: ${width} x ${height} pixels`),
      figure("untiled.png", "Untiled: the whole frame in one run of the network"),
      figure("difference.png", `Difference between the two, largest ${max.toFixed(2)} of 255: only in the overlaps`),
    ],
  };
}

function writePage({ plan, video, choice, frames, pictures, times }) {
  const worst = Math.min(...frames.map(({ psnr }) => psnr));
  const same = frames.reduce((sum, frame) => sum + frame.same, 0) / frames.length;
  const rows = [
    ["tiles", `${plan.tileCount}`],
    ["executor", `${choice.executor.name}: ${choice.executor.description}`],
    ["PSNR of tiled against untiled, worst frame", Number.isFinite(worst) ? `${worst.toFixed(1)} dB` : "equal"],
    ["largest difference", `${Math.max(...frames.map(({ largest }) => largest)).toFixed(3)} of 255`],
    ["values that are equal, bit for bit", `${(100 * same).toFixed(1)} %`],
    ["time, tiled and written", `${times.tiled.toFixed(1)} s`],
    ["time, untiled", `${times.whole.toFixed(1)} s`],
    ["plan", plan.digest],
  ];
  const kind = video.endsWith(".mp4") ? "video" : "image";
  const page = compareHtml({
    title: "tileblend: a clip, upscaled tile by tile",
    intro: [
      "Big Buck Bunny, (c) 2008 Blender Foundation, CC BY 3.0, through ESRGAN-slim (MIT), four times larger each way.",
    ],
    sections: [
      { heading: "Result", figures: [{ kind, src: video, alt: "the upscaled clip", caption: video, isWide: true }] },
      { heading: "Plan", plan },
      { heading: "Tiled and untiled", figures: pictures.figures, drawings: [heatScaleSvg(pictures.max, "difference")] },
      {
        heading: "Figures",
        drawings: [
          linePlotSvg({
            title: "Tiled against untiled",
            yLabel: "PSNR (dB)",
            series: [{ name: "PSNR", values: frames.map(({ psnr }) => psnr) }],
            marks: plan.axes.frames.slice(1).map(({ outStart }) => ({ at: outStart, label: "joint" })),
          }),
        ],
        tables: [{ columns: [{ label: "figure", align: "left" }, { label: "value" }], rows }],
      },
    ],
  });
  writeFileSync(pathOf("index.html"), page);
  return rows;
}

async function main() {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const input = await readPixels(fileURLToPath(new URL("examples/assets/bunny.webp", root)), { range: RANGE });
  const [, , frames, height, width] = input.pixels.shape;
  const geometry = geometries.image({ scale: SCALE });
  const plan = planTiles({ latent: { frames, height, width }, geometry, tiling: TILING });
  const choice = await chooseExecutor("auto");
  for (const { name, reason } of choice.skipped) console.log(`not on ${name}: ${reason.split("\n")[0]}`);
  console.log(`executor: ${choice.executor.name} (${choice.executor.description})`);
  console.log(
    `${frames} frames of ${width} x ${height} -> ${plan.output.width} x ${plan.output.height}, ${plan.tileCount} tiles`,
  );
  const network = await createOnnxDecoder(
    fileURLToPath(new URL(`models/esrgan-slim/esrgan-slim-x${SCALE}.onnx`, root)),
  );
  try {
    const options = { geometry, tiling: TILING, executor: choice.executor };
    const shape = [1, 3, plan.output.frames, plan.output.height, plan.output.width];
    const { name, seconds } = await writeTiled(input, network.decoder, options, shape);
    console.log("once more, whole and untiled, to compare");
    const tiled = await decodeTiled(input.pixels, network.decoder, options);
    const began = performance.now();
    const whole = await decodeTiled(input.pixels, network.decoder, { geometry, executor: choice.executor });
    const times = { tiled: seconds, whole: (performance.now() - began) / 1000 };
    const pictures = await writePictures(input.pixels, tiled, whole, Math.floor(frames / 2));
    const rows = writePage({ plan, video: name, choice, frames: compareFrames(tiled, whole), pictures, times });
    for (const [label, value] of rows) console.log(`${label}: ${value}`);
    console.log(`\nwrote ${pathOf(name)}\nopen  ${pathOf("index.html")}`);
  } finally {
    await network.close();
  }
}

console.log(`context of the network: ${CONTEXT} pixels`);
await main();
