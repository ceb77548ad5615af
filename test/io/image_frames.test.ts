import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { expect } from "chai";
import type { FrameChunk } from "tileblend";
import { createSink, FileFormatError, OutputPathError, readPixels, type SinkSpec } from "tileblend/io";
import { needSharp } from "../support/programs.js";
import { seededRandom } from "../support/random.js";
import { expectRejection } from "../support/rejections.js";
import { scratchFolder } from "../support/scratch.js";

const [height, width] = [6, 9];
const frameBytes = height * width * 3;
const spec = (frames: number, more: Partial<SinkSpec> = {}): SinkSpec => ({
  shape: [1, 3, frames, height, width],
  format: "rgb24",
  ...more,
});

function chunk(data: Uint8Array, start: number, count: number): FrameChunk {
  const part = data.subarray(start * frameBytes, (start + count) * frameBytes);
  const frames = { pixelFormat: "rgb24" as const, shape: [count, height, width, 3], data: part };
  return { start, count, frames, nanCount: 0, uncoveredCount: 0 };
}

function randomBytes(length: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** Writes frames in two chunks. */
async function write(path: string, data: Uint8Array, more: Partial<SinkSpec> = {}): Promise<void> {
  const frames = data.length / frameBytes;
  const sink = await createSink(path, spec(frames, more));
  const first = Math.ceil(frames / 2);
  await sink.write(chunk(data, 0, first));
  if (frames > first) await sink.write(chunk(data, first, frames - first));
  await sink.finish();
}

/** What readPixels gives for rgb24 frames with range [0, 255]. */
function planes(data: Uint8Array): Float32Array {
  const frames = data.length / frameBytes;
  const area = height * width;
  return Float32Array.from({ length: data.length }, (_, i) => {
    const [channel, rest] = [Math.floor(i / (frames * area)), i % (frames * area)];
    return data[rest * 3 + channel] ?? 0;
  });
}

describe("frames as images", () => {
  const scratch = scratchFolder();
  let sharp: typeof import("sharp").default;
  before(async function () {
    sharp = await needSharp(this);
  });
  const read = (name: string) => readPixels(scratch.path(name), { range: [0, 255] });

  describe("rejects", () => {
    const rejected: [string, string, Partial<SinkSpec>, RegExp][] = [
      ["several frames in one .png", "a.png", {}, /is one image, and there are 2 frames: write a folder/],
      ["an animation without a rate", "a.webp", {}, /an animation needs spec\.fps/],
      ["an animation that is too fast", "a.gif", { fps: 60 }, /gif shows at most 50 frames per second, got 60/],
      ["a side too long for .webp", "f-%d.webp", { shape: [1, 3, 2, 1, 16384] }, /webp holds at most 16383 pixels/],
      [
        "an animation too large to hold",
        "a.webp",
        { fps: 1, shape: [1, 3, 999, 999, 999] },
        /are held for an animation/,
      ],
      ["two numbers in a name", "%d-%d.png", {}, /must hold one number, such as %04d, not several/],
      ["numbered .gif", "f-%d.gif", {}, /numbered frames must be \.png, \.jpg or \.webp/],
      ["a batch", "f/", { shape: [2, 3, 2, 6, 9] }, /holds one video, and the batch is 2/],
      ["another number of channels", "f/", { shape: [1, 1, 2, 6, 9] }, /needs 3 channels, there are 1/],
      ["the root folder", "/", {}, /is the root folder/],
      ["a folder in no folder", "no/where/", {}, /does not exist/],
    ];
    for (const [name, path, more, message] of rejected) {
      it(name, async () => {
        const target = path === "/" ? path : scratch.path(path);
        await expectRejection(() => createSink(target, spec(2, more)), OutputPathError, message);
        expect(await scratch.names()).to.deep.equal([]);
      });
    }

    it("a folder with other files, even with overwrite, and a file in place of a folder", async () => {
      await mkdir(scratch.path("f"));
      await writeFile(scratch.path("f/notes.txt"), "");
      const create = (overwrite: boolean, name = "f/") => createSink(scratch.path(name), spec(1, { overwrite }));
      await expectRejection(() => create(false), OutputPathError, /is a folder with files/);
      await expectRejection(() => create(true), OutputPathError, /holds notes\.txt, which is no frame/);
      await writeFile(scratch.path("file"), "");
      await expectRejection(() => create(true, "file"), OutputPathError, /is a file, not a folder/);
    });

    it("numbered frames of which one is there", async () => {
      await writeFile(scratch.path("f-001.png"), "");
      const create = () => createSink(scratch.path("f-%03d.png"), spec(2));
      await expectRejection(create, OutputPathError, /f-001\.png exists: allow it with overwrite/);
    });
  });

  for (const name of ["one.png", "one.webp"]) {
    it(`writes and reads ${name} without loss`, async () => {
      const data = randomBytes(frameBytes, 1);
      await write(scratch.path(name), data);
      const { pixels, fps } = await read(name);
      expect(pixels.shape).to.deep.equal([1, 3, 1, height, width]);
      expect(pixels.data).to.deep.equal(planes(data));
      expect(fps).to.equal(null);
      expect(await scratch.names()).to.deep.equal([name]);
    });
  }

  it("writes .jpg of the right size", async () => {
    await write(scratch.path("one.jpg"), new Uint8Array(frameBytes).fill(128));
    // One grey has no frequency but 0, which quality 95 keeps to a step or two.
    for (const value of (await read("one.jpg")).pixels.data) expect(value).to.be.within(126, 130);
  });

  it("writes an animated .webp without loss, with its rate", async () => {
    const data = randomBytes(5 * frameBytes, 2);
    await write(scratch.path("a.webp"), data, { fps: 24 });
    const { pixels, fps } = await read("a.webp");
    expect(pixels.data).to.deep.equal(planes(data));
    // Delays are whole milliseconds: 208 in all instead of 208.33.
    expect(fps).to.equal(5000 / 208);
  });

  it("writes an animated .gif with every frame, also equal ones", async () => {
    await write(scratch.path("a.gif"), new Uint8Array(4 * frameBytes).fill(255), { fps: 25 });
    const { pixels, fps } = await read("a.gif");
    expect([pixels.shape[2], fps]).to.deep.equal([4, 25]);
    expect(pixels.data.every((value) => value === 255)).to.equal(true);
  });

  for (const name of ["frames/", "f-%d.png"]) {
    it(`writes ${name}, reads it in natural order, and replaces it only when allowed`, async () => {
      const data = randomBytes(11 * frameBytes, 3);
      await mkdir(scratch.path("in"));
      const path = `in/${name}`;
      const folder = name === "frames/" ? "in/frames" : "in";
      await write(scratch.path(path), data);
      expect((await read(folder)).pixels.data).to.deep.equal(planes(data));
      await expectRejection(() => createSink(scratch.path(path), spec(11)), OutputPathError, /allow it with overwrite/);
      const other = randomBytes(11 * frameBytes, 4);
      await write(scratch.path(path), other, { overwrite: true });
      expect((await read(folder)).pixels.data).to.deep.equal(planes(other));
      expect((await readdir(scratch.path("in"))).length).to.equal(name === "frames/" ? 1 : 11);
    });
  }

  it("keeps the frames of an earlier run when a new one cannot be put in its place", async () => {
    const old = randomBytes(3 * frameBytes, 6);
    await mkdir(scratch.path("kept"));
    await write(scratch.path("kept/f-%d.png"), old);
    const before = await readdir(scratch.path("kept"));
    await mkdir(scratch.path("kept/f-4.png"));
    const sink = await createSink(scratch.path("kept/f-%d.png"), spec(5, { overwrite: true }));
    await sink.write(chunk(randomBytes(5 * frameBytes, 7), 0, 5));
    await expectRejection(() => sink.finish(), OutputPathError, /f-4\.png: is a folder/);
    await rm(scratch.path("kept/f-4.png"), { recursive: true });
    expect(await readdir(scratch.path("kept"))).to.deep.equal(before);
    expect((await read("kept")).pixels.data).to.deep.equal(planes(old));
  });

  for (const name of ["frames/", "f-%d.png", "a.webp"]) {
    it(`leaves nothing of ${name} behind when it is aborted or unfinished`, async () => {
      const data = randomBytes(2 * frameBytes, 5);
      const sink = await createSink(scratch.path(name), spec(2, { fps: 10 }));
      await sink.write(chunk(data, 0, 1));
      await sink.abort();
      const unfinished = await createSink(scratch.path(name), spec(2, { fps: 10 }));
      await unfinished.write(chunk(data, 0, 1));
      await expectRejection(() => unfinished.finish(), Error, /1 of 2 frames were written: it is not kept/);
      expect(await scratch.names()).to.deep.equal([]);
    });
  }

  it("maps bytes to the range, -1 to 1 by default", async () => {
    const data = new Uint8Array(frameBytes).map((_, i) => (i % 2 === 0 ? 0 : 255));
    await write(scratch.path("a.png"), data);
    expect(new Set((await readPixels(scratch.path("a.png"))).pixels.data)).to.deep.equal(new Set([-1, 1]));
  });

  it("notes what a folder holds besides, and refuses what does not fit", async () => {
    await write(scratch.path("a-%d.png"), randomBytes(2 * frameBytes, 6));
    await writeFile(scratch.path("notes.txt"), "");
    await writeFile(scratch.path(".hidden"), "");
    expect((await readPixels(scratch.folder)).notes).to.deep.equal(["left out, not images: notes.txt"]);
    const raw = { width: 4, height: 4, channels: 3 } as const;
    await sharp(Buffer.alloc(48), { raw }).png().toFile(scratch.path("b.png"));
    await expectRejection(() => readPixels(scratch.folder), FileFormatError, /must be 9x6 as a-0\.png is, got 4x4/);
  });

  it("refuses an empty folder, an unknown kind, a transparent and a damaged image", async () => {
    const reject = (name: string, message: RegExp) =>
      expectRejection(() => readPixels(scratch.path(name)), FileFormatError, message);
    await mkdir(scratch.path("empty"));
    await reject("empty", /holds no image/);
    await writeFile(scratch.path("a.txt"), "");
    await reject("a.txt", /pixels must be in a folder of images or a file of/);
    await writeFile(scratch.path("a.png"), "no image");
    await reject("a.png", /cannot be decoded/);
    const raw = { width: 4, height: 4, channels: 4 } as const;
    await sharp(Buffer.alloc(64), { raw }).png().toFile(scratch.path("clear.png"));
    await reject("clear.png", /has transparent pixels/);
    await sharp(Buffer.alloc(64, 255), { raw }).png().toFile(scratch.path("opaque.png"));
    expect((await read("opaque.png")).pixels.data.every((value) => value === 255)).to.equal(true);
  });
});
