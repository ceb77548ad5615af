import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import type { Command } from "commander";
import { mustBe } from "../errors.js";
import { checkExecutorName } from "../executor/index.js";
import { checkFileTarget, writeBeside } from "../io/beside.js";
import { readNpy } from "../io/index.js";
import { compareDecodes } from "../quality/compare.js";
import type { Console } from "./console.js";
import { addSourceOptions, type DecodeSource, openSource, type SourceOptions } from "./decode_source.js";
import { parseCount } from "./options.js";
import { createProgressView } from "./progress.js";
import { drawQuality, MOST_LINES } from "./quality_picture.js";
import { type QualityResult, resultJson, resultTable } from "./quality_report.js";
import { runQualityJob } from "./quality_run.js";
import { type NamedTiling, parseTiling } from "./quality_tilings.js";
import type { QualityCost } from "./quality_worker.js";
import { stopOnSignals } from "./signals.js";

interface QualityOptions extends SourceOptions {
  readonly tiling: readonly string[];
  readonly output?: string;
  readonly executor: string;
  readonly concurrency: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Decodes INPUT untiled and with each tiling, each in a process of its own, and compares: PSNR (dB) and the largest
difference (in steps of 8-bit video, 255 being all of the range) overall, where tiles overlap, and within half a latent
cell of where they hand over; the mean jump of the difference there (step); time; the most memory of the process. The
decodes lie in the temporary folder meanwhile, as float32. Choose a clip that can be decoded untiled.

Examples:
  $ tileblend quality latents.safetensors --tiling default --tiling aggressive
  $ tileblend quality latents.safetensors --tiling spatial=128:32 --tiling spatial=128:64,temporal=24:8 -o quality.html
  $ tileblend quality latents.npy --decoder vae.onnx --geometry wan21 --tiling spatial=256:64 --json`;

/** The `quality` command: how near each tiling comes to the untiled decode. */
export function addQualityCommand(program: Command, console: Console): void {
  const command = program
    .command("quality")
    .description("decode tiled and untiled, and tell how much, and where, they differ: how to choose an overlap")
    .argument("<input>", "latents, or pixels for a network in pixel space")
    .requiredOption(
      "--tiling <tiling>",
      "a preset, axes (spatial=128:64,temporal=24:8) or JSON; may be repeated",
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .option("-o, --output <file>", "picture to write: .svg (curves) or .html (also heat maps and plans)");
  addSourceOptions(command)
    .option("--executor <name>", "auto, metal, cpu or wasm", "auto")
    .option("--concurrency <n>", "tiles decoded at once", parseCount, 1)
    .option("--quiet", "no progress")
    .option("--json", "print the figures as JSON")
    .addHelpText("after", EXAMPLES)
    .action((input: string, options: QualityOptions) => runQuality(input, options, console));
}

async function runQuality(input: string, options: QualityOptions, console: Console): Promise<void> {
  const { output, json } = options;
  const picture = output === undefined ? undefined : await checkPicture(output, options.tiling.length);
  const { range, whole, tilings } = await prepare(input, options, console);
  const results: QualityResult[] = [];
  const stop = stopOnSignals(console);
  const folder = await mkdtemp(join(tmpdir(), "tileblend-quality-"));
  try {
    const decode = (named: NamedTiling, file: string) =>
      decodeAside(named, { input, options, console, file: join(folder, file), signal: stop.signal });
    const wholeCost = await decode(whole, "whole.npy");
    const reference = await readNpy(join(folder, "whole.npy"));
    for (const named of tilings) {
      const cost = await decode(named, "tiled.npy");
      const tiled = await readNpy(join(folder, "tiled.npy"));
      await rm(join(folder, "tiled.npy"));
      results.push({ ...named, cost, comparison: compareDecodes(tiled, reference, { plan: named.plan, range }) });
    }
    const report = { input, whole: { ...whole, cost: wholeCost }, results };
    if (output !== undefined && picture !== undefined) {
      const drawn = await drawQuality(report, picture);
      await writeBeside(output, true, (file) => file.writeFile(drawn));
    }
    console.out(json === true ? JSON.stringify(resultJson(report)) : resultTable(report));
  } finally {
    stop.release();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Refuses a picture that cannot be drawn before anything is decoded. Returns its kind. */
async function checkPicture(output: string, tilings: number): Promise<"svg" | "html"> {
  const kind = ([".svg", ".html"] as const).find((known) => known === extname(output).toLowerCase());
  if (kind === undefined) throw new TypeError(mustBe("-o", "a file ending in .svg or .html", output));
  if (kind === ".svg" && tilings > MOST_LINES) {
    throw new RangeError(mustBe("--tiling", `given at most ${MOST_LINES} times for an .svg, or -o an .html`, tilings));
  }
  await checkFileTarget(output, true);
  return kind === ".svg" ? "svg" : "html";
}

/** Reads the input, and plans every tiling before the first decode. */
async function prepare(input: string, options: QualityOptions, console: Console) {
  checkExecutorName("--executor", options.executor);
  const source: DecodeSource = await openSource(input, options);
  // Opened to see that it can be: each decode opens its own.
  await source.close();
  for (const note of source.notes) console.note(`note: ${note}`);
  const [, , frames = 1, height = 1, width = 1] = source.latents.shape;
  const plan = (text: string) => parseTiling(text, { frames, height, width }, source.geometry);
  return { range: source.range, whole: plan("none"), tilings: options.tiling.map(plan) };
}

interface Aside {
  readonly input: string;
  readonly options: QualityOptions;
  readonly console: Console;
  readonly file: string;
  readonly signal: AbortSignal;
}

async function decodeAside(named: NamedTiling, { input, options, console, file, signal }: Aside): Promise<QualityCost> {
  const view = createProgressView(console, options.quiet === true);
  if (options.quiet !== true) console.note(`${named.name}: ${named.plan.tileCount} tiles`);
  const job = {
    input,
    source: options,
    tiling: named.plan.tiling,
    executor: checkExecutorName("--executor", options.executor),
    concurrency: options.concurrency,
    output: file,
  };
  try {
    return await runQualityJob(job, signal, (progress) => view.update(progress));
  } finally {
    view.stop();
  }
}
