import { loadAddon, type MetalOptions, type NativeExecutor } from "#addon";
import { ExecutorError } from "../errors.js";
import type { ExecutorOptions, Kernel } from "./types.js";

/** An executor of the addon, as the table of executors takes it. */
export interface LoadedNative {
  readonly factory: (...request: Parameters<NativeExecutor["open"]>) => Promise<Kernel>;
  readonly description: string;
  readonly flushesSubnormals: boolean;
}

/**
 * Loads the executor in C++ on the cores of the CPU.
 * @throws Error with the reason, and what helps, when the native addon cannot be loaded.
 */
export async function loadCpu(options: ExecutorOptions): Promise<LoadedNative> {
  return asLoaded(loadAddon().openCpu(options.threads));
}

/**
 * Loads the executor on the GPU of a Mac; the first time it compiles its kernels and compares them with the CPU.
 * @throws Error with the reason when the addon cannot be loaded, or there is no Metal, or its results are wrong.
 */
export async function loadMetal(options?: MetalOptions): Promise<LoadedNative> {
  return asLoaded(await loadAddon().openMetal(options));
}

function asLoaded(executor: NativeExecutor): LoadedNative {
  const { description, flushesSubnormals } = executor;
  return { factory: async (...request) => openKernel(executor, ...request), description, flushesSubnormals };
}

function openKernel(executor: NativeExecutor, ...request: Parameters<NativeExecutor["open"]>): Kernel {
  try {
    return asKernel(executor.open(...request));
  } catch (cause) {
    throw new ExecutorError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** What the addon refuses it throws at once; a kernel rejects. */
function asKernel(native: Kernel): Kernel {
  return {
    accumulate: async (job) => native.accumulate(job),
    normalise: async (job) => native.normalise(job),
    createTarget: (format, elements) => native.createTarget?.(format, elements),
    close: () => native.close(),
  };
}
