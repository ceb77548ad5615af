// The pictures of docs/quality.md: heat maps and crops of some blends of one clip.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { heatMap } from "tileblend/report";
import { compareDecodes } from "#src/quality/compare.js";

/** Blends that are shown, left to right, then in a second row. */
const SHOWN = [
  "hard cut",
  "plain average",
  "Gaussian importance (MONAI)",
  "linear ramp (the reference)",
  "smooth ramp",
  "margins, with a ramp of 8 px between",
];
/** The value that gets the brightest colour (steps of 8-bit video). */
const HEAT_MAX = 1;
/** What the difference is multiplied by in the strip of crops. */
const GAIN = 16;
const LABEL = 22;
const GAP = 6;
/** The part that is enlarged: around a corner of four tiles (pixels). */
const CROP = { left: 144, top: 176, width: 160, height: 96 };

function labelled(text, width) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${LABEL}"><rect width="100%" height="100%" fill="#fff"/><text x="2" y="15" font-family="sans-serif" font-size="13" fill="#1b2430">${text}</text></svg>`;
  return Buffer.from(svg);
}

/** Puts pictures of one size in rows of `columns`, each under its label. */
async function sheet(file, pictures, { columns, width, height }) {
  const rows = Math.ceil(pictures.length / columns);
  const placed = [];
  for (const [i, { text, rgb }] of pictures.entries()) {
    const left = (i % columns) * (width + GAP);
    const top = Math.floor(i / columns) * (height + LABEL + GAP);
    const input = await sharp(rgb.bytes, { raw: { width: rgb.width, height: rgb.height, channels: 3 } })
      .resize(width, height, { kernel: "nearest" })
      .png()
      .toBuffer();
    placed.push({ input: labelled(text, width), left, top }, { input, left, top: top + LABEL });
  }
  const size = { width: columns * (width + GAP) - GAP, height: rows * (height + LABEL + GAP) - GAP };
  await sharp({ create: { ...size, channels: 3, background: "#ffffff" } })
    .composite(placed)
    .webp({ quality: 82 })
    .toFile(file);
}

/** Values of one frame's crop as bytes, `shade` from a value of each channel. */
function cropBytes({ shape, data }, frame, shade) {
  const [, , frames, height, width] = shape;
  const bytes = new Uint8Array(CROP.width * CROP.height * 3);
  for (let y = 0; y < CROP.height; y++) {
    for (let x = 0; x < CROP.width; x++) {
      for (let c = 0; c < 3; c++) {
        const at = ((c * frames + frame) * height + CROP.top + y) * width + CROP.left + x;
        bytes[(y * CROP.width + x) * 3 + c] = Math.min(255, Math.max(0, Math.round(shade(data[at], at))));
      }
    }
  }
  return { bytes, width: CROP.width, height: CROP.height };
}

/** Writes quality-heat.webp and quality-crops.webp into a folder. */
export async function writePictures(videos, whole, folder) {
  mkdirSync(folder, { recursive: true });
  const [, , , height, width] = whole.shape;
  const shown = SHOWN.map((name) => ({ name, ...videos.get(name) }));
  const heat = shown.map(({ name, video, plan }) => {
    const { map } = compareDecodes(video, whole, { plan, range: [-1, 1] });
    return { text: name, rgb: { bytes: heatMap(map, { width, height, max: HEAT_MAX }), width, height } };
  });
  await sheet(join(folder, "quality-heat.webp"), heat, {
    columns: 3,
    width: 300,
    height: Math.round((300 * height) / width),
  });
  const frame = whole.shape[2] - 1;
  const grey = shown.map(({ name, video }) => ({
    text: name,
    rgb: cropBytes(video, frame, (value, at) => 128 + GAIN * 127.5 * (value - whole.data[at])),
  }));
  const plain = {
    text: `untiled; the others: difference x ${GAIN}`,
    rgb: cropBytes(whole, frame, (value) => (value + 1) * 127.5),
  };
  const crops = [plain, ...grey.filter(({ text }) => !text.startsWith("plain"))];
  await sheet(join(folder, "quality-crops.webp"), crops, { columns: 3, width: 320, height: 192 });
}
