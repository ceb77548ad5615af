import { createHash } from "node:crypto";
import { expect } from "chai";
import { decodeFrames, decodeTiled, type Executor, type FrameChunk, type Tensor } from "tileblend";
import { latentsOf, probeDecoder } from "../support/decoders.js";
import { EXACT_EXECUTORS, executorOrSkip } from "../support/executors.js";
import { bytesOf, goldenDecodes, goldenGeometry, goldenTiling } from "../support/golden.js";

for (const name of EXACT_EXECUTORS) {
  describe(`golden decodes on ${name}`, () => {
    let executor: Executor;
    before(async function () {
      executor = await executorOrSkip(this, name);
    });

    for (const row of goldenDecodes) {
      const { latentShape, dtype, config, decoder, outputShape, sha256, samples } = row;
      const title = `(${latentShape.join(", ")}) ${dtype}, delta ${decoder.delta}`;
      const geometry = goldenGeometry(row);
      const options = () => ({ geometry, tiling: goldenTiling(config), executor, sizeMismatch: "crop" as const });

      it(`whole: ${title}`, async () => {
        const output = await decodeTiled(
          latentsOf(latentShape, dtype),
          probeDecoder(geometry, decoder.delta),
          options(),
        );
        expect(output.shape).to.deep.equal(outputShape);
        expect(output.dtype).to.equal(dtype);
        if (dtype === "float32") for (const [i, value] of samples) expect(output.data[i]).to.equal(Math.fround(value));
        expect(createHash("sha256").update(bytesOf(output.data)).digest("hex")).to.equal(sha256);
      });

      it(`streamed: ${title}`, async () => {
        const chunks: FrameChunk[] = [];
        const latents = latentsOf(latentShape, dtype);
        for await (const chunk of decodeFrames(latents, probeDecoder(geometry, decoder.delta), {
          ...options(),
          concurrency: 3,
        })) {
          chunks.push(chunk);
        }
        const joined = joinFrames(chunks, outputShape);
        expect(createHash("sha256").update(joined).digest("hex")).to.equal(sha256);
      });
    }
  });
}

/** Chunks (B, C, n, H, W) side by side along the frames. */
function joinFrames(chunks: readonly FrameChunk[], [batch = 0, channels = 0]: readonly number[]): Buffer {
  const planes: Buffer[] = [];
  for (let plane = 0; plane < batch * channels; plane++) {
    for (const { frames } of chunks) {
      // No pixelFormat was asked for.
      const bytes = bytesOf((frames as Tensor).data);
      const size = bytes.length / (batch * channels);
      planes.push(bytes.subarray(plane * size, (plane + 1) * size));
    }
  }
  return Buffer.concat(planes);
}
