import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import type { Command } from "commander";
import { mustBe } from "../errors.js";
import { checkExecutorName } from "../executor/index.js";
import { checkFileTarget, writeBeside } from "../io/beside.js";
import type { Console } from "./console.js";
import { addSourceOptions, openSource, type SourceOptions } from "./decode_source.js";
import { parseCount } from "./options.js";
import { createProgressView } from "./progress.js";
import { drawQuality, lineCount, MOST_LINES } from "./quality_picture.js";
import { type QualityResult, resultJson, resultTable } from "./quality_report.js";
import { runQualityJob } from "./quality_run.js";
import { parseContexts, parseRamps, parseSizes, parseSweep, planSweep, type SweepOptions } from "./quality_sweep.js";
import { groupByTiles, type NamedTiling, parseTiling } from "./quality_tilings.js";
import type { QualityOutcome } from "./quality_worker.js";
import { stopOnSignals } from "./signals.js";
import { asUsage, UsageError } from "./usage.js";

interface QualityOptions extends SourceOptions, SweepOptions {
  readonly tiling: readonly string[];
  readonly output?: string;
  readonly executor: string;
  readonly concurrency: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Decodes INPUT untiled and with each tiling, in processes of their own, and compares: PSNR (dB) and the largest difference
(in steps of 8-bit video, 255 being all of the range) overall, where tiles overlap, and within half a latent cell of where
they hand over; the mean jump of the difference there (step); time; the most memory of the process. Tilings with the same
tiles share one run of the network, and its time and memory, in which all decoded tiles are kept. The decodes lie in the
temporary folder meanwhile, as float32. Choose a clip that can be decoded untiled.

Examples:
  $ tileblend quality latents.safetensors --tiling default --tiling aggressive
  $ tileblend quality latents.safetensors --tiling spatial=128:32 --tiling spatial=128:64:20,temporal=24:8 -o quality.html
  $ tileblend quality latents.safetensors --tiling seamless,spatial=256,temporal=32
  $ tileblend quality latents.safetensors --sweep spatial=256 --overlaps 64,128 --margins 0,16,32,48,64 -o sweep.html
  $ tileblend quality latents.safetensors --sweep temporal=32 --ramps linear -o sweep.svg
  $ tileblend quality latents.npy --decoder vae.onnx --geometry wan21 --tiling spatial=256:64 --json`;

/** The `quality` command: how near each tiling comes to the untiled decode. */
export function addQualityCommand(program: Command, console: Console): void {
  const command = program
    .command("quality")
    .description("decode tiled and untiled, and tell how much, and where, they differ: how to choose an overlap")
    .argument("<input>", "latents, or pixels for a network in pixel space")
    .option(
      "--tiling <tiling>",
      "a preset, axes (spatial=128:64:20,temporal=24:8), seamless, or JSON; may be repeated",
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
    .option(
      "--sweep <axis=tile>",
      "overlap x margin x ramp x context of one axis: spatial=256 or temporal=32",
      parseSweep,
    )
    .option("--overlaps <list>", "of a sweep (default: an eighth, a quarter and half of the tile)", parseSizes)
    .option("--margins <list>", "of a sweep (default: quarters of the largest)", parseSizes)
    .option("--ramps <list>", "of a sweep (default: linear,smooth)", parseRamps)
    .option("--contexts <list>", "of a sweep (default: both; in causal time both,past)", parseContexts)
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
  const { whole, tilings } = await prepare(input, options, console);
  const picture = output === undefined ? undefined : await checkPicture(output, tilings);
  const stop = stopOnSignals(console);
  const folder = await mkdtemp(join(tmpdir(), "tileblend-quality-"));
  try {
    const aside = { input, options, console, folder, signal: stop.signal };
    const { cost } = await decodeAside([whole], true, aside);
    const byDigest = new Map<string, QualityResult>();
    for (const group of groupByTiles(tilings)) {
      const outcome = await decodeAside(group, false, aside);
      for (const [i, comparison] of outcome.comparisons.entries()) {
        const named = group[i];
        if (named !== undefined) byDigest.set(named.plan.digest, { ...named, cost: outcome.cost, comparison });
      }
    }
    // Points of a sweep may be the same plan: each is shown under its own name.
    const results = tilings.flatMap((named) => {
      const result = byDigest.get(named.plan.digest);
      return result === undefined ? [] : [{ ...result, ...named }];
    });
    const report = { input, whole: { ...whole, cost }, results };
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
async function checkPicture(output: string, tilings: readonly NamedTiling[]): Promise<"svg" | "html"> {
  const kind = ([".svg", ".html"] as const).find((known) => known === extname(output).toLowerCase());
  if (kind === undefined) throw new UsageError(mustBe("-o", "a file ending in .svg or .html", output));
  const lines = lineCount(tilings);
  if (kind === ".svg" && lines > MOST_LINES) {
    throw new UsageError(mustBe("-o", `an .html for more than ${MOST_LINES} lines, here ${lines}`, output));
  }
  await checkFileTarget(output, true);
  return kind === ".svg" ? "svg" : "html";
}

/** Reads the input, and plans every tiling before the first decode. */
async function prepare(input: string, options: QualityOptions, console: Console) {
  const { tiling, sweep } = options;
  asUsage(() => checkExecutorName("--executor", options.executor));
  if (tiling.length === 0 && sweep === undefined) throw new UsageError("quality takes --tiling, --sweep or both");
  const ofSweep = (["overlaps", "margins", "ramps", "contexts"] as const).find((name) => options[name] !== undefined);
  if (ofSweep !== undefined && sweep === undefined) throw new UsageError(`--${ofSweep} goes with --sweep`);
  const source = await openSource(input, options);
  // Opened to see that it can be: each decode opens its own.
  await source.close();
  for (const note of source.notes) console.note(`note: ${note}`);
  const [, , frames = 1, height = 1, width = 1] = source.latents.shape;
  const latent = { frames, height, width };
  const named = tiling.map((text) => parseTiling(text, latent, source));
  const swept = sweep === undefined ? undefined : planSweep(sweep, options, { latent, geometry: source.geometry });
  for (const note of swept?.notes ?? []) console.note(`note: ${note}`);
  return { whole: parseTiling("none", latent, source), tilings: [...named, ...(swept?.points ?? [])] };
}

interface Aside {
  readonly input: string;
  readonly options: QualityOptions;
  readonly console: Console;
  readonly folder: string;
  readonly signal: AbortSignal;
}

async function decodeAside(group: readonly NamedTiling[], isReference: boolean, aside: Aside): Promise<QualityOutcome> {
  const { input, options, console, folder, signal } = aside;
  const view = createProgressView(console, options.quiet === true);
  const names = isReference ? "untiled" : group.map(({ name }) => name).join(", ");
  if (options.quiet !== true) console.note(`${names}: ${group[0]?.plan.tileCount} tiles`);
  const job = {
    input,
    source: options,
    tilings: group.map(({ plan }) => plan.tiling),
    executor: checkExecutorName("--executor", options.executor),
    concurrency: options.concurrency,
    folder,
    isReference,
  };
  try {
    return await runQualityJob(job, signal, (progress) => view.update(progress));
  } finally {
    view.stop();
  }
}
