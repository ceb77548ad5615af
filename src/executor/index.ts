import { type ExecutorAttempt, ExecutorUnavailableError, mustBe, showValue } from "../errors.js";
import { checkInteger, checkKeys, checkObject } from "../validate.js";
import { openAccumulator } from "./accumulator.js";
import { loadCpu, loadMetal } from "./native.js";
import type { Executor, ExecutorName, ExecutorOptions, KernelFactory } from "./types.js";
import { createWasmKernelFactory } from "./wasm.js";

/** What an implementation gives when it can be used here. It throws, with the reason, when it cannot. */
interface LoadedExecutor {
  readonly factory: KernelFactory;
  readonly description: string;
  readonly flushesSubnormals: boolean;
}

interface Candidate {
  readonly name: ExecutorName;
  readonly load: (options: ExecutorOptions) => Promise<LoadedExecutor>;
}

// In the order in which "auto" tries them.
const CANDIDATES: readonly Candidate[] = [
  { name: "metal", load: () => loadMetal() },
  { name: "cpu", load: (options) => loadCpu(options) },
  {
    name: "wasm",
    load: async () => ({
      factory: createWasmKernelFactory(),
      description: "WebAssembly SIMD, one thread",
      flushesSubnormals: false,
    }),
  },
];

/** An executor that can be used, or why it cannot. */
export interface ExecutorStatus {
  readonly name: ExecutorName;
  readonly isAvailable: boolean;
  /** What it runs on, or the reason. */
  readonly description: string;
  /** Only of one that can be used: as Executor has it. */
  readonly flushesSubnormals?: boolean;
}

/** An executor, and why "auto" passed over the ones before it. */
export interface ExecutorChoice {
  readonly executor: Executor;
  readonly skipped: readonly ExecutorAttempt[];
}

/**
 * Makes an executor; "auto" takes the first of metal, cpu, wasm that can be used here.
 * @throws ExecutorUnavailableError when it cannot be used, TypeError for another name.
 */
export async function createExecutor(
  name: ExecutorName | "auto" = "auto",
  options: ExecutorOptions = {},
): Promise<Executor> {
  const { executor } = await chooseExecutor(name, options);
  return executor;
}

/** As createExecutor, and says why the executors before the chosen one were passed over. */
export async function chooseExecutor(
  name: ExecutorName | "auto",
  options: ExecutorOptions = {},
): Promise<ExecutorChoice> {
  const tried =
    checkExecutorName("executor", name) === "auto" ? CANDIDATES : CANDIDATES.filter((each) => each.name === name);
  checkKeys("options", checkObject("options", options), ["threads"]);
  if (options.threads !== undefined) checkInteger("threads", options.threads, { min: 1, max: 1024 });
  const skipped: ExecutorAttempt[] = [];
  for (const candidate of tried) {
    try {
      return { executor: asExecutor(candidate.name, await candidate.load(options)), skipped };
    } catch (error) {
      skipped.push({ name: candidate.name, reason: error instanceof Error ? error.message : showValue(error) });
    }
  }
  const ways = 'executor "auto" takes the best that is there, "wasm" is there in every runtime';
  throw new ExecutorUnavailableError(`no ${name} executor can be used here; ${ways}`, skipped);
}

/** Returns the name when it is one of an executor, or throws a TypeError. */
export function checkExecutorName(path: string, name: unknown): ExecutorName | "auto" {
  if (name === "auto") return name;
  const found = CANDIDATES.find((candidate) => candidate.name === name);
  if (found !== undefined) return found.name;
  const names = ["auto", ...CANDIDATES.map((candidate) => candidate.name)].join(", ");
  throw new TypeError(mustBe(path, `one of ${names}, or an executor`, name));
}

/** What each executor says of itself here. */
export async function probeExecutors(): Promise<readonly ExecutorStatus[]> {
  return Promise.all(
    CANDIDATES.map(async ({ name, load }) => {
      try {
        const { description, flushesSubnormals } = await load({});
        return { name, isAvailable: true, description, flushesSubnormals };
      } catch (error) {
        return { name, isAvailable: false, description: error instanceof Error ? error.message : showValue(error) };
      }
    }),
  );
}

function asExecutor(name: ExecutorName, { factory, ...properties }: LoadedExecutor): Executor {
  return Object.freeze({
    name,
    ...properties,
    open: (plan, options = {}) => openAccumulator(plan, options, factory),
  } satisfies Executor);
}
