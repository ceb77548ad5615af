import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { encodeBase64 } from "../base64.js";
import { PlanMismatchError } from "../errors.js";
import type { Geometry } from "../geometry.js";
import { writeBeside } from "../io/beside.js";
import { type PerAxis, type PlanInterval, TilePlan } from "../plan.js";
import { formatBytes, planSummary } from "../report/index.js";
import { AXIS_NAMES, type AxisName } from "../tiling.js";
import type { Console } from "./console.js";
import { formatTable } from "./console.js";
import { parseAxisTiling, parseGeometry, parseLatent, TILING_NAMES, type TilingOptions } from "./options.js";
import { addSeamlessOptions, type SeamlessOptions } from "./seamless.js";
import { planAsAsked } from "./tiling_plan.js";
import { UsageError } from "./usage.js";

interface PlanOptions extends TilingOptions, SeamlessOptions {
  readonly latent?: PerAxis<number>;
  readonly geometry: Geometry;
  readonly json?: boolean;
  readonly masks?: boolean;
  readonly output?: string;
  readonly check?: string;
}

/** Rows shown of one axis; of a longer one the middle is left out. */
const MOST_ROWS = 24;

const EXAMPLES = `
Examples:
  $ tileblend plan --latent 16x17x30                       LTX, 121 frames of 544 x 960, automatic tiling
  $ tileblend plan --latent 16x17x30 --tiling default --json
  $ tileblend plan --latent 21x60x104 --geometry wan21 --spatial 256:64 --temporal 32:8 -o plan.json
  $ tileblend plan --latent 16x17x30 --spatial 256:128:44:smooth --temporal 64:24:24:past
  $ tileblend plan --latent 16x17x30 --seamless 3:3 --spatial 512 --temporal 64
  $ tileblend plan --latent 1x512x512 --geometry image:4 --height 512:64 --width 1024:64
  $ tileblend plan --check plan.json`;

/** Adds the options that say how a decode is tiled. */
export function addTilingOptions(command: Command): Command {
  return addSeamlessOptions(command)
    .option("--tiling <name>", `${TILING_NAMES} (default: auto, or none when an axis is given)`)
    .option("--spatial <tile:overlap:margin>", "tile height and width (pixels), or none", parseAxisTiling)
    .option("--height <tile:overlap:margin>", "tile height alone (pixels), or none", parseAxisTiling)
    .option("--width <tile:overlap:margin>", "tile width alone (pixels), or none", parseAxisTiling)
    .option("--temporal <tile:overlap:margin>", "tile in time (frames), or none", parseAxisTiling);
}

/** The `plan` command: plans, or checks a plan file. */
export function addPlanCommand(program: Command, console: Console): void {
  const command = program
    .command("plan")
    .description("plan the tiles of a decode, or check a plan file")
    .option("--latent <FxHxW>", "size of the latents (latent cells)", parseLatent)
    .option(
      "--geometry <geometry>",
      "ltx, wan21, hunyuan-video, image:SCALE, 8,32,32,causal, or JSON",
      parseGeometry,
      parseGeometry("ltx"),
    );
  addTilingOptions(command)
    .option("--json", "print the plan as JSON")
    .option("--masks", "with the masks of each interval in the JSON, as base64 of little-endian float32")
    .option("-o, --output <file>", "write the plan as JSON to a file")
    .option("--check <file>", "plan a plan file anew and compare the digest; exit code 1 when it differs")
    .addHelpText("after", EXAMPLES)
    .action((options: PlanOptions) =>
      options.check === undefined ? runPlan(options, console) : runCheck(options.check, options, console),
    );
}

async function runPlan(options: PlanOptions, console: Console): Promise<void> {
  const { latent, geometry } = options;
  if (latent === undefined) throw new UsageError("plan takes --latent FRAMESxHEIGHTxWIDTH, or --check FILE");
  const plan = planAsAsked(options, latent, { geometry });
  const json = () => JSON.stringify(options.masks === true ? withMasks(plan) : plan, null, 2);
  if (options.masks === true && options.json !== true && options.output === undefined) {
    throw new UsageError("--masks goes with --json or -o FILE");
  }
  if (options.output !== undefined) await writeBeside(options.output, true, (file) => file.writeFile(`${json()}\n`));
  console.out(options.json === true ? json() : describePlan(plan));
}

/** The plan's JSON with each interval's mask, little-endian on every machine: the planner wrote the bytes. */
function withMasks(plan: TilePlan): object {
  const masked = ({ mask, ...rest }: PlanInterval) => ({
    ...rest,
    mask: encodeBase64(new Uint8Array(mask.buffer, mask.byteOffset, mask.byteLength)),
  });
  const { frames, height, width } = plan.axes;
  const axes = { frames: frames.map(masked), height: height.map(masked), width: width.map(masked) };
  return { ...plan.toJSON(), axes };
}

/** A plan as people read it. */
function describePlan(plan: TilePlan): string {
  const summary = planSummary(plan);
  const { latent, output, geometry } = plan;
  const scales = `${geometry.temporalScale} x ${geometry.heightScale} x ${geometry.widthScale}`;
  const facts = [
    ["latents", `${latent.frames} x ${latent.height} x ${latent.width} cells`],
    ["output", `${output.frames} frames of ${output.height} x ${output.width} pixels`],
    ["geometry", `${scales}${geometry.causal ? ", causal" : ""}`],
    ["tiling", JSON.stringify(plan.tiling)],
    ["tiles", `${plan.tileCount} (${AXIS_NAMES.map((axis) => plan.axes[axis].length).join(" x ")})`],
    ["decoded", `${summary.redundancy.toFixed(2)} times the latents`],
    ["window", `${summary.windowFrames} frames, ${formatBytes(summary.windowBytes)} for 3 channels`],
    ["digest", plan.digest],
  ];
  const head = facts.map(([name = "", value]) => `${name.padEnd(9)} ${value}`).join("\n");
  return [head, ...AXIS_NAMES.map((axis) => describeAxis(axis, plan.axes[axis]))].join("\n\n");
}

function describeAxis(axis: AxisName, intervals: readonly PlanInterval[]): string {
  const unit = axis === "frames" ? "frames" : "pixels";
  const header = [axis, "cells", "left ramp", "right ramp", unit];
  const row = (interval: PlanInterval, i: number) => [
    `  ${i}`,
    `${interval.start}-${interval.end}`,
    `${interval.leftRamp}`,
    `${interval.rightRamp}`,
    `${interval.outStart}-${interval.outStop}`,
  ];
  if (intervals.length <= MOST_ROWS) return formatTable([header, ...intervals.map(row)]);
  const half = MOST_ROWS / 2;
  const left = intervals.slice(0, half).map(row);
  const right = intervals.slice(-half).map((interval, i) => row(interval, intervals.length - half + i));
  const gap = [`  ... ${intervals.length - MOST_ROWS} more`, "", "", "", ""];
  return formatTable([header, ...left, gap, ...right]);
}

async function runCheck(file: string, { json }: PlanOptions, console: Console): Promise<void> {
  const parsed = await readPlanJson(file);
  try {
    const { digest } = TilePlan.fromJSON(parsed);
    console.out(json === true ? JSON.stringify({ file, ok: true, digest }) : `${file}: the same plan, ${digest}`);
  } catch (error) {
    if (!(error instanceof PlanMismatchError)) throw error;
    const { field, expected, actual } = error;
    process.exitCode = 1;
    console.out(
      json === true ? JSON.stringify({ file, ok: false, field, expected, actual }) : `${file}: ${error.message}`,
    );
  }
}

/** Reads a plan file, or standard input for `-`, as JSON that is yet to be checked. */
export async function readPlanJson(file: string): Promise<unknown> {
  const text = file === "-" ? await readStdin() : await readFile(file, "utf8");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TypeError(`${file} must be a plan in JSON, as tileblend plan -o writes it`, { cause });
  }
}

async function readStdin(): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString("utf8");
}
