import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { createExecutor, decodeFrames, type Executor, ExecutorError, type FrameChunk } from "tileblend";
import { type LoadedNative, loadMetal } from "#src/executor/native.js";
import type { Kernel, WindowShape } from "#src/executor/types.js";
import { latentsOf, probeDecoder } from "../support/decoders.js";
import { atPage, blendOn, bytesOf, finishOf, flatJob } from "../support/kernel.js";
import { skipAsExpected } from "../support/requirements.js";

const SHAPE: WindowShape = { batch: 1, channels: 2, frames: 3, carriedFrames: 1, height: 5, width: 16 };
const LAUNCHES_OF_A_TILE = 6;
const command = "a Metal command buffer failed: Insufficient Memory (MTLCommandBufferErrorDomain 8)";
const tableUrl = import.meta.resolve("#src/executor/index.js");

function tile() {
  return flatJob("float32", SHAPE, new Float32Array(2 * 3 * 5 * 16).fill(0.5));
}

async function messageOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => "done",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

/** What a fresh process makes of "auto" and of "metal" when the software Metal fails so. */
function openWith(environment: Record<string, string>): { name: string; skipped: unknown[]; message: string } {
  const code = `
    const { chooseExecutor } = await import(${JSON.stringify(tableUrl)});
    const { executor, skipped } = await chooseExecutor("auto");
    const message = await chooseExecutor("metal").then(() => "there", (error) => error.message);
    console.log(JSON.stringify({ name: executor.name, skipped, message }));`;
  const env = { ...process.env, SOFT_METAL_LEAKS: "1", ...environment };
  return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "--eval", code], { env, encoding: "utf8" }));
}

// The software Metal fails on request: test/native/soft-metal/faults.h.
describe("native metal: faults", () => {
  let metal: LoadedNative;
  let executor: Executor;
  let kernel: Kernel;
  before(async function () {
    const isSoft = process.env["TILEBLEND_ADDON"] !== undefined;
    if (!isSoft) skipAsExpected(this, "the software Metal", "npm run test:metal runs its tests");
    metal = await loadMetal({ elementsPerLaunch: 100 });
    executor = await createExecutor("metal");
  });
  beforeEach(async () => {
    kernel = await metal.factory(SHAPE, "float32");
  });
  afterEach(() => {
    delete process.env["SOFT_METAL_FAULT"];
    kernel.close();
  });

  const opening: readonly [string, RegExp][] = [
    ["device", /^no Metal device$/],
    ["queue", /^no Metal command queue$/],
    ["library", /^the Metal kernels do not compile: program_source:7:1: error: .*'kernl' \(MTLLibraryErrorDomain 3\)$/],
    ["function", /^the Metal library has no kernel accumulate_float32$/],
    ["function:7", /^the Metal library has no kernel normalise_rgb24$/],
    ["pipeline:4", /^no Metal pipeline for normalise_float32: Compiler encountered an internal error \(AGX\w+ 3\)$/],
    ["buffer:2", /^Metal gives no buffer of \d+ bytes; its longest is of \d+$/],
    ["command-buffer", /^no Metal command buffer$/],
    ["encoder:3", /^no Metal command encoder$/],
    ["command:5", /^a Metal command buffer failed: Insufficient Memory \(MTLCommandBufferErrorDomain 8\)$/],
    ["result:1", /^the self-test of Metal on software Metal failed: float32 tiles to float32: element 0 has the bits/],
    ["result:12", /^the self-test of Metal on software Metal failed: \w+ tiles to \w+: element 0 has the bits \d+, on/],
  ];
  for (const [fault, reason] of opening) {
    it(`"auto" falls back and "metal" throws, both with the reason: ${fault}`, () => {
      const { name, skipped, message } = openWith({ SOFT_METAL_FAULT: fault });
      expect(name).to.equal("cpu");
      const [{ name: skippedName, reason: stated }] = skipped as [{ name: string; reason: string }];
      expect(skippedName).to.equal("metal");
      expect(stated).to.match(reason);
      if (fault.includes(":")) expect(message).to.equal("there");
      else expect(message).to.include(stated);
    });
  }

  it("does not fall back where subnormal numbers are taken for 0, and says so", () => {
    const { name, skipped, message } = openWith({ SOFT_METAL_FLUSH: "1" });
    expect({ name, skipped, message }).to.deep.equal({ name: "metal", skipped: [], message: "there" });
    const code = `
      const { probeExecutors } = await import(${JSON.stringify(tableUrl)});
      console.log(JSON.stringify((await probeExecutors()).map(({ flushesSubnormals }) => flushesSubnormals)));`;
    const probe = (flush: string) =>
      JSON.parse(
        execFileSync(process.execPath, ["--input-type=module", "--eval", code], {
          env: { ...process.env, SOFT_METAL_FLUSH: flush },
          encoding: "utf8",
        }),
      );
    expect(probe("1")).to.deep.equal([true, false, false]);
    expect(probe("0")).to.deep.equal([false, false, false]);
  });

  it("opens no window for which there is no memory", async () => {
    process.env["SOFT_METAL_FAULT"] = "buffer";
    const error = await metal.factory(SHAPE, "float32").catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ExecutorError);
    expect(error)
      .to.have.property("message")
      .that.matches(/^Metal gives no buffer of 1920 bytes; its longest is of/);
  });

  for (const [fault, message] of [
    ["command-buffer", "no Metal command buffer"],
    ["command-buffer:3", "no Metal command buffer"],
    ["encoder:2", "no Metal command encoder"],
    ["command", command],
    [`command:${LAUNCHES_OF_A_TILE}`, command],
    // Every one: where an array happens to begin at a page, the first is to use it where it lies, and a copy would do.
    ["buffer", "Metal gives no buffer of 1920 bytes; its longest is of 68719476736"],
    ["buffer:2", "Metal gives no buffer of 96 bytes; its longest is of 68719476736"],
  ] as const) {
    it(`accumulate and normalise reject with the reason, and later jobs too: ${fault}`, async () => {
      const failing = async (run: (on: Kernel) => Promise<unknown>) => {
        const own = await metal.factory(SHAPE, "float32");
        process.env["SOFT_METAL_FAULT"] = fault;
        expect(await messageOf(run(own))).to.match(
          new RegExp(message.replace(/[()]/g, "\\$&").replace(/ 96 /, " \\d+ ")),
        );
        delete process.env["SOFT_METAL_FAULT"];
        expect(await messageOf(own.accumulate(tile()))).to.match(/^an earlier job of the window failed: /);
        own.close();
      };
      await failing((own) => own.accumulate(tile()));
      await failing((own) => own.normalise(finishOf(SHAPE)));
      await failing((own) => own.normalise({ ...finishOf(SHAPE), target: atPage(new Float32Array(2 * 3 * 5 * 16)) }));
    });
  }

  for (const [fault, what] of [
    ["buffer:1", "a tile"],
    ["buffer:3", "a target"],
  ]) {
    it(`copies ${what} at a page that Metal will not use where it lies`, async () => {
      const target = atPage(new Float32Array(2 * 3 * 5 * 16));
      const pixels = atPage(Float32Array.from(target, (_, i) => i));
      process.env["SOFT_METAL_FAULT"] = fault;
      await blendOn(kernel, [flatJob("float32", SHAPE, pixels, { ...finishOf(SHAPE), target })]);
      expect(bytesOf(target).equals(bytesOf(pixels))).to.equal(true);
    });
  }

  it("reports a late failure on the tile it belongs to: earlier ones stand, later ones do not", async () => {
    process.env["SOFT_METAL_FAULT"] = `command:${LAUNCHES_OF_A_TILE + 2}`;
    const jobs = [tile(), tile(), tile()].map((job) => messageOf(kernel.accumulate(job)));
    expect(await Promise.all(jobs)).to.deep.equal(["done", command, `an earlier job of the window failed: ${command}`]);
  });

  it("leaves another window as it was", async () => {
    const other = await metal.factory(SHAPE, "float32");
    process.env["SOFT_METAL_FAULT"] = "command:1";
    expect(await messageOf(kernel.accumulate(tile()))).to.equal(command);
    const job = tile();
    await blendOn(other, [job]);
    expect(bytesOf(job.finish.target).equals(bytesOf(job.pixels.data))).to.equal(true);
    other.close();
  });

  it("rejects a decode with the reason, and frames handed out before stay as they are", async () => {
    const geometry = { temporalScale: 2, heightScale: 8, widthScale: 8, causal: true };
    const options = { geometry, tiling: { temporal: { tileSize: 4 } }, executor };
    const latents = latentsOf([1, 3, 9, 4, 4]);
    const whole: FrameChunk[] = [];
    for await (const chunk of decodeFrames(latents, probeDecoder(geometry), options)) whole.push(chunk);
    const chunks: FrameChunk[] = [];
    const decode = async () => {
      for await (const chunk of decodeFrames(latents, probeDecoder(geometry), options)) {
        chunks.push(chunk);
        if (chunks.length === 2) process.env["SOFT_METAL_FAULT"] = "command:1";
      }
    };
    const error = await decode().catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ExecutorError);
    expect(error).to.have.property("message", command);
    expect(chunks).to.have.lengthOf(2);
    chunks.forEach((chunk, i) => {
      expect(bytesOf(chunk.frames.data).equals(bytesOf(whole[i]?.frames.data ?? new Uint8Array(0)))).to.equal(true);
    });
  });
});
