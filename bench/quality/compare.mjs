// Compares ways to split and blend, each at equal tiles and overlap, against the untiled decode of tiny-video-vae.
// Usage: node bench/quality/compare.mjs                     prints the tables of docs/quality.md
//        node bench/quality/compare.mjs --pictures FOLDER   writes its pictures
import { parseArgs } from "node:util";
import { planTiles } from "tileblend";
import { createOnnxDecoder } from "tileblend/decoder/onnx";
import { createOnnxEncoder } from "#src/decoder/onnx_encoder.js";
import { compareDecodes } from "#src/quality/compare.js";
import { crop } from "#src/tensor.js";
import { decoderFile, encoderFile, geometry } from "../../models/tiny-video-vae/index.js";
import { blendTiles, decodeTiles, nonCausalFrames, strongestLine, trapezoids } from "./blend.mjs";
import { readClips } from "./clips.mjs";
import { writePictures } from "./pictures.mjs";
import { METHODS, masksOf, sharedOf, weightsOf } from "./weights.mjs";

/** Tile and overlap, with the largest margin that each allows. The model looks 64 pixels and 16 frames far. */
const SPACE = [
  { tileSize: 128, overlap: 64 },
  { tileSize: 256, overlap: 64 },
  { tileSize: 256, overlap: 128 },
];
/** The one that is drawn. */
const SHOWN = { tileSize: 256, overlap: 64 };
const TIME = [
  { tileSize: 16, overlap: 8 },
  { tileSize: 32, overlap: 16 },
];
/** Parts of a clip (frames, rows, columns): all of the picture for space, all of the time for time. */
const SPACE_PART = [range(0, 9), range(0, 288), range(0, 512)];
const TIME_PART = [range(0, 33), range(96, 224), range(128, 384)];

function range(start, end) {
  return { start, end };
}

/** The plan's own masks: as the reference, smooth, and with margins. */
function plannedTilings(axis, base) {
  const isTime = axis === "temporal";
  const margins = isTime ? { margin: base.overlap, context: "past" } : { margin: base.overlap / 2 };
  const partly = isTime ? { margin: base.overlap - 4, context: "past" } : { margin: base.overlap / 2 - 4 };
  return [
    ["linear ramp (the reference)", { [axis]: base }],
    ["smooth ramp", { [axis]: { ...base, ramp: "smooth" } }],
    [`margins, with a ramp of ${isTime ? "4 frames" : "8 px"} between`, { [axis]: { ...base, ...partly } }],
    ["margins that meet", { [axis]: { ...base, ...margins } }],
  ];
}

/** Every way to blend one clip's tiles: [name, video]. */
async function* blends(axis, base, { latents, decode, latent }) {
  const plan = planTiles({ latent, geometry, tiling: { [axis]: base } });
  const { axes, output } = plan;
  const tiles = await decodeTiles(latents, axes, decode);
  const blend = (weights) => blendTiles(tiles, axes, weights, output);
  const eachAxis = (of) => ({ frames: of(axes.frames), height: of(axes.height), width: of(axes.width) });
  for (const [name, method] of Object.entries(METHODS)) {
    yield [name, blend(eachAxis((intervals) => weightsOf(method, intervals))), plan];
  }
  if (axis === "temporal") {
    const split = { ...axes, frames: nonCausalFrames(axes.frames, geometry.temporalScale) };
    const other = await decodeTiles(latents, split, decode);
    const weights = { ...eachAxis(masksOf), frames: trapezoids(split.frames, sharedOf) };
    yield ["non-causal split, linear ramp", blendTiles(other, split, weights, output), plan];
  }
  for (const [name, tiling] of plannedTilings(axis, base)) {
    const planned = planTiles({ latent, geometry, tiling });
    const weights = {
      frames: masksOf(planned.axes.frames),
      height: masksOf(planned.axes.height),
      width: masksOf(planned.axes.width),
    };
    yield [name, blend(weights), planned];
  }
}

/** Adds one clip's figures of every blend to `rows`. Returns the videos. */
async function measure(axis, base, clip, rows) {
  const videos = new Map();
  for await (const [name, video, plan] of blends(axis, base, clip)) {
    const { overall } = compareDecodes(video, clip.whole, { plan, range: [-1, 1] });
    const line =
      axis === "temporal"
        ? strongestLine(video, clip.whole, 0)
        : Math.max(strongestLine(video, clip.whole, 1), strongestLine(video, clip.whole, 2));
    rows.set(name, [
      ...(rows.get(name) ?? []),
      { psnr: overall.psnr ?? Number.POSITIVE_INFINITY, largest: overall.largest, line },
    ]);
    videos.set(name, { video, plan });
  }
  return videos;
}

const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function printTable(title, rows) {
  console.log(`\n${title}\n| | PSNR (dB) | largest | strongest line |\n|---|---|---|---|`);
  for (const [name, figures] of rows) {
    const [psnr, largest, line] = ["psnr", "largest", "line"].map((key) => meanOf(figures.map((each) => each[key])));
    const shown = psnr > 100 ? "over 100" : psnr.toFixed(1);
    console.log(`| ${name} | ${shown} | ${largest.toFixed(1)} | ${line.toFixed(2)} |`);
  }
}

/** Encodes a part of each clip, and decodes it whole. */
async function prepare(clips, part, { encoder, decode }) {
  const prepared = [];
  for (const pixels of clips) {
    const latents = await encoder.encode(crop(pixels, part));
    const [, , frames, height, width] = latents.shape;
    prepared.push({ latents, decode, latent: { frames, height, width }, whole: await decode(latents) });
  }
  return prepared;
}

async function printTables(clips, model) {
  for (const [axis, part, bases] of [
    ["spatial", SPACE_PART, SPACE],
    ["temporal", TIME_PART, TIME],
  ]) {
    const prepared = await prepare(clips, part, model);
    for (const base of bases) {
      const rows = new Map();
      for (const clip of prepared) await measure(axis, base, clip, rows);
      printTable(`${axis}, tiles of ${base.tileSize} overlapping by ${base.overlap}`, rows);
    }
  }
}

async function drawPictures(clips, model, folder) {
  for (const clip of await prepare(clips, SPACE_PART, model)) {
    await writePictures(await measure("spatial", SHOWN, clip, new Map()), clip.whole, folder);
  }
}

async function main() {
  const { values } = parseArgs({ options: { pictures: { type: "string" } } });
  const network = await createOnnxDecoder(decoderFile);
  const encoder = await createOnnxEncoder(encoderFile);
  const signal = new AbortController().signal;
  const decode = (latents) => network.decoder(latents, { signal });
  const clips = await readClips();
  try {
    if (values.pictures === undefined) await printTables(clips, { encoder, decode });
    else await drawPictures(clips.slice(0, 1), { encoder, decode }, values.pictures);
  } finally {
    await encoder.close();
    await network.close();
  }
}

await main();
