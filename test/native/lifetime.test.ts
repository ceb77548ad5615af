import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { expect } from "chai";
import { ExecutorError } from "#src/errors.js";
import { loadCpu } from "#src/executor/native.js";
import type { AccumulateJob, NormaliseJob } from "#src/executor/types.js";
import { evenAxis, finishOf, flatJob } from "../support/kernel.js";
import { describeNative, type NativeUnderTest } from "../support/native.js";
import { skipAsExpected, skipBecause } from "../support/requirements.js";

const SHAPE = { batch: 1, channels: 2, frames: 3, carriedFrames: 1, height: 4, width: 5 };
const MIB = 2 ** 20;
const moduleUrl = import.meta.resolve("#src/executor/native.js");

/** JavaScript that opens a window of 64 MiB, on what \`load\` loads, and starts to add a tile to it. */
const startOn = (load: string) => `
  const { loadCpu, loadMetal } = await import(${JSON.stringify(moduleUrl)});
  const shape = { batch: 1, channels: 1, frames: 16, carriedFrames: 1, height: 512, width: 1024 };
  const kernel = await (await ${load}).factory(shape, "float32");
  const part = (length) => {
    const mask = new Float32Array(length).fill(1);
    return { offset: 0, start: 0, mask, planned: length, fresh: 0, final: length };
  };
  const target = new Float32Array(2 ** 23);
  const place = { target, targetFrames: 16, targetStart: 0 };
  const finish = { start: 0, count: 16, format: "float32", low: 0, factor: 1, ...place };
  const pixels = { dtype: "float32", shape: [1, 1, 16, 512, 1024], data: new Float32Array(2 ** 23).fill(1) };
  const axes = { frames: part(16), height: part(512), width: part(1024) };
  const job = { pixels, ...axes, contributors: [Object.values(axes)], finish };
  const running = kernel.accumulate(job);
`;

function pixels(): Float32Array {
  return new Float32Array(120).fill(1);
}

async function failureOf(run: Promise<unknown>): Promise<unknown> {
  return run.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function expectFailure(run: Promise<unknown>, message: string): Promise<void> {
  const error = await failureOf(run);
  expect(error).to.be.instanceOf(Error);
  expect(error).to.have.property("message", message);
}

/** Runs a module in a worker thread until its first message, and returns that. */
function startWorker(code: string): Promise<{ worker: Worker; message: unknown }> {
  const worker = new Worker(`(async () => {${code}})();`, { eval: true });
  return new Promise((resolve, reject) => {
    worker.once("message", (message: unknown) => resolve({ worker, message }));
    worker.once("error", reject);
  });
}

/** The cores that a thread of this process may run on, as the system writes them: 0-7 or 3. None when it has ended. */
function placeOf(thread: string): string | undefined {
  try {
    const status = readFileSync(`/proc/self/task/${thread}/status`, "utf8");
    return status.match(/^Cpus_allowed_list:\s+(\S+)$/m)?.[1];
  } catch {
    return undefined;
  }
}

const threadsOfProcess = () => readdirSync("/proc/self/task");

/** How many cores this process may use. */
function countCores(): number {
  const ranges = placeOf(`${process.pid}`)?.split(",") ?? [];
  return ranges.reduce((total, range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return total + last - first + 1;
  }, 0);
}

const isOneCore = (place: string | undefined) => /^\d+$/.test(place ?? "");

describe("native cpu: threads", () => {
  before(async function () {
    try {
      await loadCpu({});
    } catch (error) {
      skipBecause(this, "the native addon", String(error));
    }
  });

  it("refuses a number of threads that cannot be", async () => {
    await expectFailure(loadCpu({ threads: 0 }), "threads is out of range");
    await expectFailure(loadCpu({ threads: 5000 }), "threads is out of range");
  });

  it("says what it runs on", async () => {
    expect((await loadCpu({ threads: 1 })).description).to.match(/^CPU, \S+, 1 thread$/);
    expect((await loadCpu({})).description).to.match(/^CPU, \S+, \d+ threads?$/);
  });

  it("keep to a core each where there are as many", async function () {
    if (process.platform !== "linux") skipAsExpected(this, "cores of their own", "only Linux lets threads choose");
    const cores = countCores();
    /** Has so many threads add a tile, and hands on where they may run, again and again, until that will do. */
    const watch = async (threads: number, isDone: (places: readonly (string | undefined)[]) => boolean) => {
      const before = new Set(threadsOfProcess());
      const kernel = await (await loadCpu({ threads })).factory(SHAPE, "float32");
      await kernel.accumulate(flatJob("float32", SHAPE, pixels()));
      const started = threadsOfProcess().filter((thread) => !before.has(thread));
      expect(started.length).to.be.at.least(threads);
      // One thread may have done it all before another has begun.
      for (let i = 0; i < 100 && !isDone(started.map(placeOf)); i++) await new Promise((end) => setTimeout(end, 10));
      const places = started.map(placeOf);
      kernel.close();
      return places;
    };
    const countKept = (places: readonly (string | undefined)[]) => new Set(places.filter(isOneCore)).size;
    if (cores > 1) expect(countKept(await watch(cores + 1, () => true))).to.equal(0);
    expect(countKept(await watch(cores, (places) => countKept(places) === cores))).to.equal(cores);
  });

  it("takes one job at a time", async () => {
    const kernel = await (await loadCpu({})).factory(SHAPE, "float32");
    const running = kernel.accumulate(flatJob("float32", SHAPE, pixels()));
    const second = kernel.accumulate(flatJob("float32", SHAPE, pixels()));
    await expectFailure(second, "a job of the accumulator is still under way");
    await running;
    kernel.close();
  });
});

const define = ({ executor, code: load, load: reload }: NativeUnderTest) => {
  it("refuses a window that does not fit", async () => {
    const most = 2 ** 31 - 1;
    await expectFailure(
      executor().factory(
        { batch: 1, channels: 3, frames: most, carriedFrames: most, height: most, width: most },
        "float32",
      ),
      "the window is too large to be addressed",
    );
    const large = { batch: 1, channels: 3, frames: 2 ** 22, carriedFrames: 1, height: 2 ** 13, width: 2 ** 13 };
    // Of 3 channels, and on Metal the weights beside them.
    const size = load.startsWith("loadMetal") ? `${2 ** 52}` : `up to ${3 * 2 ** 50}`;
    await expectFailure(executor().factory(large, "float16"), `the window of ${size} bytes does not fit in memory`);
    expect(await failureOf(executor().factory(large, "float16"))).to.be.instanceOf(ExecutorError);
  });

  it("refuses rgb24 of other than 3 channels", async () => {
    await expectFailure(executor().factory(SHAPE, "rgb24"), "rgb24 takes 3 channels");
  });

  const job = () => flatJob("float32", SHAPE, pixels());
  const wrongTiles: readonly [string, () => unknown][] = [
    [
      "the array is not of the job's length",
      () => ({ ...job(), pixels: { ...job().pixels, data: new Float32Array(119) } }),
    ],
    [
      "the array is not of the job's type",
      () => ({ ...job(), pixels: { ...job().pixels, data: new Uint16Array(120) } }),
    ],
    ["the array is no typed array", () => ({ ...job(), pixels: { ...job().pixels, data: [1] } })],
    ["a tile cannot be rgb24", () => ({ ...job(), pixels: { ...job().pixels, dtype: "rgb24" } })],
    ["the format is not known", () => ({ ...job(), pixels: { ...job().pixels, dtype: "float64" } })],
    ["a number of the job is out of range", () => ({ ...job(), pixels: { ...job().pixels, shape: [1, 2, 3, 4, 0] } })],
    [
      "the tile is not of the window's planes",
      () => ({ ...job(), pixels: { ...job().pixels, shape: [2, 1, 3, 4, 5] } }),
    ],
    ["a touched part leaves the tile", () => ({ ...job(), width: { ...evenAxis(5), offset: 1 } })],
    ["a touched part leaves the window", () => ({ ...job(), height: evenAxis(4, 1, 1) })],
    ["a touched part leaves the tile", () => ({ ...job(), frames: evenAxis(4) })],
    ["a number of the job is not whole", () => ({ ...job(), width: { ...evenAxis(2), start: 0.5 } })],
    ["a mask is no Float32Array", () => ({ ...job(), width: { ...evenAxis(5), mask: new Uint8Array(5) } })],
    ["the job is no object", () => 5],
  ];
  for (const [message, tile] of wrongTiles) {
    it(`accumulate refuses what would touch foreign memory: ${message}`, async () => {
      const kernel = await executor().factory(SHAPE, "float32");
      await expectFailure(kernel.accumulate(tile() as AccumulateJob), message);
      await kernel.accumulate(job());
      kernel.close();
    });
  }

  it("accumulate refuses sums of columns that the window does not share", async () => {
    const kernel = await executor().factory({ ...SHAPE, sharedColumns: [{ start: 1, stop: 4 }] }, "float16");
    const late = { ...job(), width: { ...evenAxis(5), final: 4 } };
    const failure = await kernel.accumulate(late).catch((error: Error) => error.message);
    expect(failure).to.equal("the window shares no such positions");
    kernel.close();
  });

  it("refuses spans that are out of place", async () => {
    const spans = [
      { start: 2, stop: 4 },
      { start: 3, stop: 5 },
    ];
    await expectFailure(executor().factory({ ...SHAPE, sharedColumns: spans }, "float32"), "a span is out of place");
    const beyond = [{ start: 0, stop: 6 }];
    await expectFailure(executor().factory({ ...SHAPE, sharedColumns: beyond }, "float32"), "a span is out of place");
  });

  const finishing: NormaliseJob = {
    ...{ start: 0, count: 3, format: "float32", low: 0, factor: 1, targetFrames: 3, targetStart: 0 },
    target: new Float32Array(120),
  };
  const wrongFrames: readonly [string, object][] = [
    ["more frames than the window holds", { count: 4, targetFrames: 4 }],
    ["the frames leave the target", { targetStart: 1 }],
    ["the array is not of the job's length", { targetFrames: 4 }],
    ["the array is not of the job's type", { target: new Uint16Array(120) }],
    ["the format is not the window's", { format: "float16" }],
    ["a number of the job is out of range", { start: -1 }],
    ["a field of the job is no number", { low: "0" }],
  ];
  for (const [message, change] of wrongFrames) {
    it(`normalise refuses what would touch foreign memory: ${message}`, async () => {
      const kernel = await executor().factory(SHAPE, "float32");
      await expectFailure(kernel.normalise({ ...finishing, ...change }), message);
      await kernel.normalise(finishing);
      kernel.close();
    });
  }

  it("does nothing for empty parts and no frames", async () => {
    const kernel = await executor().factory(SHAPE, "float32");
    await kernel.accumulate({ ...job(), frames: evenAxis(0), height: evenAxis(0), width: evenAxis(0) });
    expect(await kernel.normalise({ ...finishing, count: 0 })).to.deep.equal({ nanCount: 0, uncoveredCount: 0 });
    kernel.close();
  });

  it("closes twice, and refuses work afterwards", async () => {
    const kernel = await executor().factory(SHAPE, "float32");
    kernel.close();
    kernel.close();
    await expectFailure(kernel.accumulate(job()), "the accumulator is closed");
    await expectFailure(kernel.normalise(finishing), "the accumulator is closed");
  });

  it("ends a job when closed meanwhile", async () => {
    const kernel = await executor().factory(SHAPE, "float32");
    const running = kernel.accumulate(job());
    kernel.close();
    expect(await running).to.equal(undefined);
  });

  it("runs the jobs of many windows at once", async () => {
    const kernels = await Promise.all(Array.from({ length: 20 }, () => executor().factory(SHAPE, "float32")));
    const jobs = kernels.map(job);
    await Promise.all(kernels.map((kernel, i) => kernel.accumulate(jobs[i] ?? job())));
    await Promise.all(kernels.map((kernel, i) => kernel.normalise(jobs[i]?.finish ?? finishing)));
    for (const { finish } of jobs) expect(finish.target).to.deep.equal(pixels());
    for (const kernel of kernels) kernel.close();
  });

  it("keeps the pixels alive while a job reads them", async () => {
    const kernel = await executor().factory(SHAPE, "float32");
    const finish = finishOf(SHAPE);
    for (let i = 0; i < 50; i++) {
      const running = kernel.accumulate(flatJob("float32", SHAPE, pixels(), finish));
      global.gc?.();
      await running;
    }
    await kernel.normalise(finish);
    expect(finish.target).to.deep.equal(pixels());
    kernel.close();
  });

  it("gives back the memory of 1,000 windows", async () => {
    const shape = { batch: 1, channels: 1, frames: 1, carriedFrames: 1, height: 512, width: 512 };
    const tile = flatJob("float32", shape, new Float32Array(2 ** 18));
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 1000; i++) {
      const kernel = await executor().factory(shape, "float32");
      await kernel.accumulate(tile);
      kernel.close();
    }
    // Each is of 2 MiB: kept, they would be 2,000.
    expect(process.memoryUsage.rss() - before).to.be.below(300 * MIB);
  });

  it("gives back executors and windows that nobody closed", async () => {
    const shape = { batch: 1, channels: 1, frames: 4, carriedFrames: 1, height: 512, width: 1024 };
    const tile = flatJob("float32", shape, new Float32Array(2 ** 21));
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 100; i++) {
      const kernel = await (await reload()).factory(shape, "float32");
      await kernel.accumulate(tile);
      if (i % 5 !== 0) continue;
      global.gc?.();
      // Node runs the finalizers of addons in a task of their own.
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Each is of 16 MiB: kept, they would be 1,600.
    expect(process.memoryUsage.rss() - before).to.be.below(500 * MIB);
  });

  it("works in several worker threads at once", async () => {
    const code = `${startOn(load)} await running;
      await kernel.normalise(finish);
      require("node:worker_threads").parentPort.postMessage(target.every((value) => value === 1));`;
    const started = await Promise.all(Array.from({ length: 3 }, () => startWorker(code)));
    expect(started.map(({ message }) => message)).to.deep.equal([true, true, true]);
    await Promise.all(started.map(({ worker }) => worker.terminate()));
  });

  it("survives a worker that is ended while a job runs", async () => {
    const code = `${startOn(load)} require("node:worker_threads").parentPort.postMessage("started"); await running;
      for (;;) await kernel.accumulate(job);`;
    for (let i = 0; i < 5; i++) await (await startWorker(code)).worker.terminate();
  });

  it("lets a process end: by itself when idle, after the job when one runs, and by exit() at any time", () => {
    const code = (end: string) => ["--input-type=module", "--eval", startOn(load) + end];
    const run = (end: string, env = {}) =>
      execFileSync(process.execPath, code(end), { encoding: "utf8", env: { ...process.env, ...env } });
    expect(run("await running;")).to.equal("");
    expect(run('running.then(() => console.log("done"));')).to.equal("done\n");
    // Node does not finalise objects then: the software Metal must not count them as leaks.
    expect(run("process.exit(0);", { SOFT_METAL_LEAKS: "0" })).to.equal("");
  });
};

describeNative("lifetime", define, false);
