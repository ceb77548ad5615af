// Upscales an image through an ONNX network, tile by tile. Usage: node examples/upscale.mjs [IN.png [OUT.png]]
import { fileURLToPath } from "node:url";
import { decodeFrames, geometries, planTiles } from "tileblend";
import { createOnnxDecoder } from "tileblend/decoder/onnx";
import { createSink, readPixels } from "tileblend/io";

const [input = here("assets/astronaut-256.png"), output = "upscaled.png"] = process.argv.slice(2);
const geometry = geometries.image({ scale: 4 });
/** The network takes and gives 0 to 255, and sees 10 pixels of its input each way: 40 of the output. */
const range = [0, 255];
/** Overlap: twice what the network sees. The margins meet, so that no pixel lacks context: the untiled image's bytes. */
const tiling = { spatial: { tileSize: 512, overlap: 80, margin: 40 } };

function here(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}

const { pixels } = await readPixels(input, { range });
const [, , frames, height, width] = pixels.shape;
const plan = planTiles({ latent: { frames, height, width }, geometry, tiling });
const shape = [1, 3, plan.output.frames, plan.output.height, plan.output.width];
const network = await createOnnxDecoder(here("../models/esrgan-slim/esrgan-slim-x4.onnx"));
const sink = await createSink(output, { shape, format: "rgb24", overwrite: true });
try {
  const options = { geometry, tiling, pixelFormat: "rgb24", range };
  for await (const chunk of decodeFrames(pixels, network.decoder, options)) await sink.write(chunk);
  await sink.finish();
  console.log(`wrote ${output}: ${plan.output.width} x ${plan.output.height}, ${plan.tileCount} tiles`);
} finally {
  await sink.abort();
  await network.close();
}
