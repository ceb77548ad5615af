import { expect } from "chai";
import { type LoadedNative, loadMetal } from "#src/executor/native.js";
import type { Kernel, WindowShape } from "#src/executor/types.js";
import { hasMetal } from "../support/executors.js";
import { atPage, blendOn, bytesOf, finishOf, flatJob, onlyTile, seededRandom } from "../support/kernel.js";
import { skipAsExpected, skipBecause } from "../support/requirements.js";

const SHAPE: WindowShape = { batch: 2, channels: 3, frames: 3, carriedFrames: 1, height: 9, width: 37 };
const ELEMENTS = 2 * 3 * 3 * 9 * 37;

function randomPixels(seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: ELEMENTS }, () => random() - 0.5);
}

describe("native metal: memory and order", () => {
  let metal: LoadedNative;
  let kernel: Kernel;
  before(async function () {
    try {
      metal = await loadMetal({ elementsPerLaunch: 500 });
    } catch (error) {
      const skip = hasMetal ? skipBecause : skipAsExpected;
      skip(this, "Metal", error instanceof Error ? error.message : String(error));
    }
  });
  beforeEach(async () => {
    kernel = await metal.factory(SHAPE, "float32");
  });
  afterEach(() => kernel.close());

  it("uses tiles and targets at a page in place, and copies others", async () => {
    const pixels = randomPixels(1);
    const places: ((values: Float32Array) => Float32Array)[] = [
      (values) => values.slice(),
      (values) => atPage(values),
      (values) => atPage(values, 4),
      (values) => atPage(values, 65536 - 4 * 100),
    ];
    for (const tilePlace of places) {
      for (const targetPlace of places) {
        const target = targetPlace(new Float32Array(ELEMENTS).fill(7));
        const finish = { ...finishOf(SHAPE), target };
        await blendOn(kernel, [flatJob("float32", SHAPE, tilePlace(pixels), finish)]);
        expect(bytesOf(target).equals(bytesOf(pixels))).to.equal(true);
      }
    }
  });

  it("writes some frames into the middle of a target at a page, and of one that is not, and leaves the rest", async () => {
    const pixels = randomPixels(2);
    const planes = SHAPE.batch * SHAPE.channels;
    const frame = SHAPE.height * SHAPE.width;
    for (const place of [(values: Float32Array) => values, (values: Float32Array) => atPage(values)]) {
      const target = place(new Float32Array(planes * 7 * frame).fill(7));
      const finish = { ...finishOf(SHAPE), target, targetFrames: 7, targetStart: 2 };
      await blendOn(kernel, [flatJob("float32", SHAPE, pixels, finish)]);
      for (let plane = 0; plane < planes; plane++) {
        const whole = target.subarray(plane * 7 * frame, (plane + 1) * 7 * frame);
        const expected = pixels.subarray(plane * 3 * frame, (plane + 1) * 3 * frame);
        expect(bytesOf(whole.subarray(2 * frame, 5 * frame)).equals(bytesOf(expected))).to.equal(true);
        expect(whole.subarray(0, 2 * frame).every((value) => value === 7)).to.equal(true);
        expect(whole.subarray(5 * frame).every((value) => value === 7)).to.equal(true);
      }
    }
  });

  it("gives targets of each format, which are the caller's for good", async () => {
    const target = kernel.createTarget?.("float32", ELEMENTS);
    if (!(target instanceof Float32Array)) return expect.fail("no target");
    expect(target.length).to.equal(ELEMENTS);
    expect(target.every((value) => value === 0)).to.equal(true);
    const pixels = randomPixels(3);
    await blendOn(kernel, [flatJob("float32", SHAPE, pixels, { ...finishOf(SHAPE), target })]);
    kernel.close();
    global.gc?.();
    expect(bytesOf(target).equals(bytesOf(pixels))).to.equal(true);
  });

  it("gives no target that the engine cannot hold, and none after close", () => {
    expect(kernel.createTarget?.("rgb24", 5)).to.be.instanceOf(Uint8Array);
    expect(kernel.createTarget?.("bfloat16", 5)).to.be.instanceOf(Uint16Array);
    expect(kernel.createTarget?.("float32", 2 ** 30)).to.equal(undefined);
    expect(() => kernel.createTarget?.("float32", 0)).to.throw("the number of elements is out of range");
    kernel.close();
    expect(() => kernel.createTarget?.("float32", 5)).to.throw("the accumulator is closed");
  });

  it("gives back the memory of targets", async () => {
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 200; i++) {
      kernel.createTarget?.("float32", 2 ** 21)?.fill(1);
      if (i % 10 !== 0) continue;
      global.gc?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Each is of 8 MiB: kept, they would be 1,600.
    expect(process.memoryUsage.rss() - before).to.be.below(400 * 2 ** 20);
  });

  it("takes four jobs at once, refuses a fifth, and does them in order", async () => {
    const finish = finishOf(SHAPE);
    const tiles = [4, 5, 6].map((seed) => flatJob("float32", SHAPE, randomPixels(seed), finish));
    const order: number[] = [];
    const running = tiles.map((tile, i) => kernel.accumulate(tile).then(() => order.push(i)));
    const finishing = kernel.normalise(finish).then(() => order.push(3));
    const refused = await kernel.accumulate(tiles[0] ?? expect.fail()).catch((error: unknown) => error);
    expect(refused).to.have.property("message", "a job of the accumulator is still under way");
    await Promise.all([...running, finishing]);
    expect(order).to.deep.equal([0, 1, 2, 3]);
    const expected = new Float32Array(ELEMENTS);
    for (const { pixels } of tiles) {
      for (let i = 0; i < ELEMENTS; i++) expected[i] = (expected[i] ?? 0) + (pixels.data[i] ?? 0);
    }
    expect(bytesOf(finish.target).equals(bytesOf(expected.map((sum) => sum / 3)))).to.equal(true);
  });

  it("reads a tile in the formats of 2 bytes from a page and from elsewhere", async () => {
    const bits = Uint16Array.from({ length: ELEMENTS }, (_, i) => 0x3c00 + (i % 1024));
    const { buffer } = new WebAssembly.Memory({ initial: Math.ceil((bits.byteLength + 2) / 65536) });
    for (const data of [new Uint16Array(buffer, 0, ELEMENTS), new Uint16Array(buffer, 2, ELEMENTS)]) {
      data.set(bits);
      const job = flatJob("float16", SHAPE, data);
      await blendOn(kernel, [onlyTile(job)]);
      expect(Array.from(job.finish.target, (value) => (value - 1) * 1024)).to.deep.equal(
        Array.from(bits, (value) => value - 0x3c00),
      );
    }
  });
});
