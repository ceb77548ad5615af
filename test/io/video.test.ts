import { writeFile } from "node:fs/promises";
import { expect } from "chai";
import type { FrameChunk } from "tileblend";
import { createSink, FfmpegError, FileFormatError, MissingProgramError, readPixels } from "tileblend/io";
import { needFfmpeg, needShell, probeStream, writeScript } from "../support/programs.js";
import { expectRejection } from "../support/rejections.js";
import { scratchFolder } from "../support/scratch.js";

const [frames, height, width] = [7, 32, 48];
/** Frame f is one grey, 30 f: no detail for the encoder to lose. */
const grey = (frame: number) => 30 * frame;

async function writeVideo(path: string, fps: number): Promise<void> {
  const sink = await createSink(path, { shape: [1, 3, frames, height, width], format: "rgb24", fps });
  const bytes = height * width * 3;
  const data = Uint8Array.from({ length: frames * bytes }, (_, i) => grey(Math.floor(i / bytes)));
  const pixels = { pixelFormat: "rgb24" as const, shape: [frames, height, width, 3], data };
  const chunk: FrameChunk = { start: 0, count: frames, frames: pixels, nanCount: 0, uncoveredCount: 0 };
  await sink.write(chunk);
  await sink.finish();
}

describe("videos", function () {
  this.timeout(60_000);
  const scratch = scratchFolder();

  describe("through ffmpeg", () => {
    before(function () {
      needFfmpeg(this);
    });

    for (const [name, fps, rate] of [
      ["a.mp4", 24, "24/1"],
      ["a.mkv", 30000 / 1001, "30000/1001"],
    ] as const) {
      it(`writes ${name} at ${rate}, and reads each frame once, in order`, async () => {
        await writeVideo(scratch.path(name), fps);
        expect(probeStream(scratch.path(name))).to.include({ width, height, avg_frame_rate: rate });
        const read = await readPixels(scratch.path(name), { range: [0, 255] });
        expect(read.pixels.shape).to.deep.equal([1, 3, frames, height, width]);
        expect(read.fps).to.be.closeTo(fps, 1e-9);
        const area = height * width;
        for (let frame = 0; frame < frames; frame++) {
          // Limited-range 8-bit luma has 219 steps for 255, and the encoder may be a step off: within 4, far below 30.
          expect(read.pixels.data[frame * area + 5]).to.be.closeTo(grey(frame), 4);
        }
      });
    }

    it("refuses what is no video", async () => {
      await writeFile(scratch.path("text.mp4"), "no video");
      const read = () => readPixels(scratch.path("text.mp4"));
      await expectRejection(read, FileFormatError, /is not a video that ffprobe can read/);
    });
  });

  describe("through programs that fail", () => {
    before(function () {
      needShell(this);
    });
    const stream = { width: 2, height: 2, avg_frame_rate: "24/1", r_frame_rate: "24/1" };
    /** Reads a file with an ffprobe that says so of it, and an ffmpeg that does so. */
    async function read(probed: object, ffmpeg: string) {
      await writeFile(scratch.path("a.mp4"), "any");
      const ffprobePath = await writeScript(scratch.path("probe"), `echo '${JSON.stringify(probed)}'`);
      const ffmpegPath = await writeScript(scratch.path("mpeg"), ffmpeg);
      return readPixels(scratch.path("a.mp4"), { ffmpegPath, ffprobePath, range: [0, 255] });
    }

    const rejected: [string, object, string, new (...args: never[]) => Error, RegExp][] = [
      ["no stream", { streams: [] }, "", FileFormatError, /holds no video/],
      ["no size", { streams: [{ ...stream, width: 0 }] }, "", FileFormatError, /must have a size, ffprobe says 0x2/],
      [
        "no rate",
        { streams: [{ ...stream, avg_frame_rate: "0/0", r_frame_rate: "0/0" }] },
        "",
        FileFormatError,
        /must have a frame rate/,
      ],
      ["no frame", { streams: [stream] }, "exit 0", FileFormatError, /holds no frame/],
      ["a part of a frame", { streams: [stream] }, "printf 12345678901234", FileFormatError, /they change their size/],
      ["a failing ffmpeg", { streams: [stream] }, "echo broken >&2; exit 3", FfmpegError, /reading .*broken/s],
      [
        "more frames than fit",
        { streams: [{ ...stream, width: 4096, height: 4096, nb_frames: "999999" }] },
        "",
        RangeError,
        /999999 frames of 4096x4096 pixels take/,
      ],
    ];
    for (const [name, probed, ffmpeg, kind, message] of rejected) {
      it(`refuses ${name}`, async () => {
        await expectRejection(() => read(probed, ffmpeg), kind as never, message);
      });
    }

    it("turns the size of a turned video", async () => {
      const turned = { ...stream, width: 4, height: 1, side_data_list: [{ rotation: -90 }] };
      const { pixels } = await read({ streams: [turned] }, "printf 'aaabbbcccddd'");
      expect(pixels.shape).to.deep.equal([1, 3, 1, 4, 1]);
      expect([...pixels.data.subarray(0, 4)]).to.deep.equal([97, 98, 99, 100]);
    });

    it("names a program that is missing", async () => {
      await writeFile(scratch.path("a.mp4"), "any");
      const options = { ffprobePath: scratch.path("none") };
      await expectRejection(
        () => readPixels(scratch.path("a.mp4"), options),
        MissingProgramError,
        /it is not on the PATH/,
      );
    });
  });
});
