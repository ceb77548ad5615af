// The main job on what ships with the project: a clip becomes latents of a real causal video VAE, which are decoded tile
// by tile into a video and compared with the untiled decode. Usage: npm run demo
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { chooseExecutor, decodeFrames, decodeTiled, planTiles, tilings } from "tileblend";
import { createOnnxDecoder } from "tileblend/decoder/onnx";
import { createSink, MissingProgramError, readLatents, readPixels } from "tileblend/io";
import { compareHtml, heatMap, heatScaleSvg, linePlotSvg } from "tileblend/report";
import { compareDecodes } from "#src/quality/compare.js";
import { planJoints } from "#src/quality/joints.js";
import { contextCells, decoderFile, geometry } from "../models/tiny-video-vae/index.js";

const root = new URL("..", import.meta.url);
const out = new URL("demo/out/", root);
const CLIP = "examples/assets/bunny.webp";
const RANGE = [-1, 1];
const TILE_SIZE = { height: 256, width: 256, frames: 32 };
const SEAMLESS = tilings.seamless({ geometry, contextCells, isWholeReach: true, tileSize: TILE_SIZE });
const withoutMargin = ({ tileSize, overlap }) => ({ tileSize, overlap });
/** The same tiles twice: blended as the reference does, and with what lacks context left out. */
const TILINGS = [
  {
    name: "linear ramps",
    tiling: { spatial: withoutMargin(SEAMLESS.spatial), temporal: withoutMargin(SEAMLESS.temporal) },
  },
  { name: "seamless", tiling: SEAMLESS },
];
/** PSNR above this is rounding of float32 (dB). */
const MOST_DB = 100;

const pathOf = (name) => fileURLToPath(new URL(name, out));

/** Encodes the clip as a user would. */
function encodeClip() {
  const args = ["dist/cli/main.js", "encode", CLIP, "-o", "demo/out/latents.safetensors"];
  console.log(`$ npx tileblend ${args.slice(1).join(" ")}`);
  const { status } = spawnSync(process.execPath, args, { cwd: fileURLToPath(root), stdio: "inherit" });
  if (status !== 0) throw new Error(`encode ended with ${status}`);
}

function showProgress({ tilesDone, tileCount, framesDone, frameCount, etaMs }) {
  const line = `tile ${tilesDone}/${tileCount}, frame ${framesDone}/${frameCount}, ETA ${Math.ceil(etaMs / 1000)} s`;
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${line}${tilesDone === tileCount ? "\n" : ""}`);
  else if (tilesDone % 10 === 0 || tilesDone === tileCount) console.log(line);
}

/** A video where there is ffmpeg, else an animated image. */
async function openSink(shape, fps) {
  const spec = { shape, format: "rgb24", fps, overwrite: true };
  try {
    return { name: "decoded.mp4", sink: await createSink(pathOf("decoded.mp4"), spec) };
  } catch (error) {
    if (!(error instanceof MissingProgramError)) throw error;
    console.log("ffmpeg is not on PATH: writing an animated WebP instead of a video");
    return { name: "decoded.webp", sink: await createSink(pathOf("decoded.webp"), spec) };
  }
}

/** Streams a tiled decode into a file. Returns the file's name and the time (seconds). */
async function writeTiled(latents, decoder, { options, shape, fps }) {
  const { name, sink } = await openSink(shape, fps);
  const began = performance.now();
  try {
    const streamed = { ...options, pixelFormat: "rgb24", range: RANGE, onProgress: showProgress };
    for await (const chunk of decodeFrames(latents, decoder, streamed)) await sink.write(chunk);
    await sink.finish();
  } catch (error) {
    await sink.abort();
    throw error;
  }
  return { name, seconds: (performance.now() - began) / 1000 };
}

/** The decoder, keeping each tile's pixels: every tiling here has the same tiles. */
function remember(decoder) {
  const known = new Map();
  return async (tile, context) => {
    if (!known.has(context.index)) known.set(context.index, await decoder(tile, context));
    return known.get(context.index);
  };
}

/** Bytes red, green, blue of one frame. */
function rgbOf({ shape, data }, frame) {
  const [, , frames, height, width] = shape;
  const area = height * width;
  const [low, high] = RANGE;
  return Uint8Array.from({ length: area * 3 }, (_, i) => {
    const value = data[((i % 3) * frames + frame) * area + Math.floor(i / 3)];
    return Math.round(Math.min(255, Math.max(0, ((value - low) * 255) / (high - low))));
  });
}

async function writePng(name, bytes, { height, width }) {
  await sharp(bytes, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(pathOf(name));
}

/** One frame of each video side by side. */
async function frameFigures(videos, frame) {
  const figures = [];
  for (const { file, video, caption } of videos) {
    const [, , , height, width] = video.shape;
    await writePng(file, rgbOf(video, frame), { height, width });
    figures.push({ kind: "image", src: file, alt: caption, caption: `${caption}, frame ${frame}` });
  }
  return figures;
}

/** Where each tiled decode differs from the untiled one, all on one scale. */
async function mapFigures(results) {
  const max = results.reduce((most, { comparison }) => comparison.map.reduce((a, b) => Math.max(a, b), most), 1e-3);
  const figures = [];
  for (const { name, plan, comparison } of results) {
    const { height, width } = plan.output;
    const file = `difference-${name.replaceAll(" ", "-")}.png`;
    await writePng(file, heatMap(comparison.map, { width, height, max }), { height, width });
    const caption = `${name}: ${describe(comparison.overall)}`;
    figures.push({ kind: "image", src: file, alt: caption, caption });
  }
  return { figures, scale: heatScaleSvg(max, "mean difference over the frames, in steps of 8-bit video") };
}

function framePlot(results) {
  const [{ plan }] = results;
  return linePlotSvg({
    title: "Tiled against untiled: PSNR of each frame (no line where a frame is the same)",
    yLabel: `PSNR (dB, up to ${MOST_DB})`,
    series: results.map(({ name, comparison }) => ({
      name,
      values: comparison.frames.map(({ psnr }) => (psnr === null ? Number.NaN : Math.min(psnr, MOST_DB))),
    })),
    marks: planJoints(plan).frames.joints.map((at) => ({ at, label: "temporal joint" })),
  });
}

/** A difference in words. */
function describe({ psnr, largest }) {
  if (psnr === null) return "the untiled decode, bit for bit";
  return `PSNR ${psnr.toFixed(1)} dB against the untiled decode, largest difference ${largest.toFixed(2)} of 255`;
}

function figureTable(results, facts) {
  const cell = ({ psnr, largest }) => (psnr === null ? "equal" : `${psnr.toFixed(1)} dB, ${largest.toFixed(2)}`);
  const row = (label, of) => [label, ...results.map(({ comparison }) => of(comparison))];
  const label = { label: "PSNR, largest difference (of 255)", align: "left" };
  const table = {
    columns: [label, ...results.map(({ name }) => ({ label: name }))],
    rows: [
      row("overall", ({ overall }) => cell(overall)),
      row("where tiles overlap", ({ overlaps }) => cell(overlaps)),
      row("at spatial joints", ({ spatialJoints }) => cell(spatialJoints)),
      row("at temporal joints", ({ temporalJoints }) => cell(temporalJoints)),
    ],
  };
  return [table, { columns: [{ label: "run", align: "left" }, { label: "" }], rows: facts }];
}

function writePage({ results, frames, maps, video, facts }) {
  const kind = video.endsWith(".mp4") ? "video" : "image";
  const page = compareHtml({
    title: "tileblend: latents of a video VAE, decoded tile by tile",
    intro: [
      "Big Buck Bunny, (c) 2008 Blender Foundation, CC BY 3.0, through tiny-video-vae, a small causal VAE with LTX's " +
        "latent geometry: 32 x 32 pixels and 8 frames become one cell. What is soft is the small model; what the tiles " +
        "add is below, against the same model decoding all at once.",
    ],
    sections: [
      {
        heading: "Decoded in tiles",
        figures: [{ kind, src: video, alt: "the decoded clip", caption: video, isWide: true }],
      },
      { heading: "Plan", plan: results[0].plan },
      { heading: "Side by side", figures: frames },
      {
        heading: "What tiling changes",
        text: [
          "A tile lacks its neighbours' context near its inner edges. Linear ramps still give those pixels weight; " +
            "the seamless tiling decodes them for context only. Same tiles, same time. The overlap is twice what the " +
            "decoder sees in space, and what it sees of the past in time: no pixel is left without its context.",
        ],
        drawings: [maps.scale],
        figures: maps.figures,
      },
      { heading: "Frame by frame", drawings: [framePlot(results)], tables: figureTable(results, facts) },
    ],
  });
  writeFileSync(pathOf("index.html"), page);
}

async function main() {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  encodeClip();
  const { latents, metadata } = await readLatents(pathOf("latents.safetensors"));
  const [, , frames, height, width] = latents.shape;
  const plans = TILINGS.map(({ name, tiling }) => ({
    name,
    plan: planTiles({ latent: { frames, height, width }, geometry, tiling }),
  }));
  const [{ plan }] = plans;
  const { executor, skipped } = await chooseExecutor("auto");
  for (const { name, reason } of skipped) console.log(`not on ${name}: ${reason.split("\n")[0]}`);
  console.log(`executor: ${executor.name} (${executor.description})`);
  console.log(
    `${frames} x ${height} x ${width} latent cells -> ${Object.values(plan.output).join(" x ")}, ${plan.tileCount} tiles`,
  );
  const network = await createOnnxDecoder(decoderFile);
  try {
    const decoder = remember(network.decoder);
    const shape = [1, 3, plan.output.frames, plan.output.height, plan.output.width];
    const last = plans.at(-1).plan;
    const options = { geometry, tiling: last.tiling, executor };
    const fps = Number(metadata["tileblend.fps"]);
    const written = await writeTiled(latents, decoder, { options, shape, fps });
    console.log("once more, whole and untiled, to compare");
    const began = performance.now();
    const whole = await decodeTiled(latents, network.decoder, { geometry, executor });
    const seconds = (performance.now() - began) / 1000;
    const results = [];
    for (const { name, plan: each } of plans) {
      const video = await decodeTiled(latents, decoder, { geometry, tiling: each.tiling, executor });
      results.push({ name, plan: each, video, comparison: compareDecodes(video, whole, { plan: each, range: RANGE }) });
    }
    const [joint = 0] = planJoints(plan).frames.joints;
    const { pixels } = await readPixels(fileURLToPath(new URL(CLIP, root)));
    const sides = [
      { file: "clip.png", video: pixels, caption: "The clip" },
      { file: "untiled.png", video: whole, caption: "Untiled decode" },
      ...results.map(({ name, video }, i) => ({ file: `tiled-${i}.png`, video, caption: `Tiled, ${name}` })),
    ];
    const facts = [
      ["tiles", `${plan.tileCount}`],
      ["executor", executor.name],
      ["time, tiled and written", `${written.seconds.toFixed(1)} s`],
      ["time, untiled", `${seconds.toFixed(1)} s`],
    ];
    const maps = await mapFigures(results);
    writePage({ results, frames: await frameFigures(sides, joint), maps, video: written.name, facts });
    for (const { name, comparison } of results) console.log(`${name}: ${describe(comparison.overall)}`);
    for (const [label, value] of facts) console.log(`${label}: ${value}`);
    console.log(`\nwrote ${pathOf(written.name)}\nopen  ${pathOf("index.html")}`);
  } finally {
    await network.close();
  }
}

await main();
