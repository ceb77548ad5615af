import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Command } from "commander";
import { describeRuntime } from "../conformance/runtime.js";
import { loadOnnxRuntime } from "../decoder/onnx_runtime.js";
import { MissingPackageError, showValue } from "../errors.js";
import { type ExecutorStatus, probeExecutors } from "../executor/index.js";
import { loadSharp } from "../io/sharp_package.js";
import { planner } from "../planner.js";
import { type Console, formatTable } from "./console.js";

/** A program or package that one feature needs. */
interface ToolStatus {
  readonly name: string;
  readonly isAvailable: boolean;
  /** Its version, or what to do to have it. */
  readonly description: string;
  readonly usedFor: string;
}

interface Diagnosis {
  readonly tileblend: string;
  readonly planVersion: number;
  readonly runtime: string;
  readonly platform: string;
  readonly chosen: string;
  readonly executors: readonly ExecutorStatus[];
  readonly tools: readonly ToolStatus[];
}

const EXAMPLES = `
Examples:
  $ tileblend doctor
  $ tileblend doctor --json`;

/** The `doctor` command: what can be used here, and why the rest cannot. */
export function addDoctorCommand(program: Command, console: Console): void {
  program
    .command("doctor")
    .description("say which executors and tools can be used here, and why the others cannot")
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(async ({ json }: { json?: boolean }) => {
      const diagnosis = await diagnose(program.version() ?? "");
      console.out(json === true ? JSON.stringify(diagnosis, null, 2) : describe(diagnosis));
    });
}

async function diagnose(version: string): Promise<Diagnosis> {
  const executors = await probeExecutors();
  return {
    tileblend: version,
    planVersion: planner.constant("PLAN_VERSION"),
    runtime: describeRuntime().version,
    platform: `${process.platform}-${process.arch}`,
    chosen: executors.find((executor) => executor.isAvailable)?.name ?? "none",
    executors,
    tools: [
      await programStatus("ffmpeg", "video in and out"),
      await programStatus("ffprobe", "video in"),
      await packageStatus("sharp", "images in and out", async () => (await loadSharp("images")).versions.sharp),
      await packageStatus("onnxruntime-node", ".onnx decoders", onnxRuntimeVersion),
    ],
  };
}

async function onnxRuntimeVersion(): Promise<string> {
  const { env } = await loadOnnxRuntime();
  return env.versions.node ?? "version unknown";
}

async function programStatus(name: string, usedFor: string): Promise<ToolStatus> {
  try {
    const { stdout } = await promisify(execFile)(name, ["-version"]);
    const version = /version (\S+)/.exec(stdout)?.[1] ?? "version unknown";
    return { name, isAvailable: true, description: version, usedFor };
  } catch {
    return { name, isAvailable: false, description: "not on PATH; install ffmpeg", usedFor };
  }
}

/** Whether an optional package loads: one that is installed without its native half does not serve. */
async function packageStatus(name: string, usedFor: string, loadVersion: () => Promise<string>): Promise<ToolStatus> {
  try {
    return { name, isAvailable: true, description: await loadVersion(), usedFor };
  } catch (error) {
    const description = error instanceof MissingPackageError ? error.message : showValue(error);
    return { name, isAvailable: false, description, usedFor };
  }
}

function describe({ tileblend, planVersion, runtime, platform, chosen, executors, tools }: Diagnosis): string {
  const mark = (isAvailable: boolean) => (isAvailable ? "yes" : "no ");
  const executorRows = executors.map(
    ({ name, isAvailable, description, flushesSubnormals }) =>
      `  ${mark(isAvailable)} ${name.padEnd(6)} ${description}${flushesSubnormals ? ", takes subnormal numbers for 0" : ""}`,
  );
  const toolRows = tools.map(
    ({ name, isAvailable, description, usedFor }) =>
      `  ${mark(isAvailable)} ${name.padEnd(16)} ${description} (${usedFor})`,
  );
  return [
    formatTable([
      ["tileblend", tileblend],
      ["plan version", `${planVersion}`],
      ["runtime", `${runtime}, ${platform}`],
    ]),
    `executors (auto takes ${chosen})`,
    ...executorRows,
    "tools",
    ...toolRows,
  ].join("\n");
}
