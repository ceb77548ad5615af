import { loadAddon, type NativeExecutor } from "#addon";
import { ExecutorError } from "../errors.js";
import type { ExecutorOptions, Kernel, KernelFactory } from "./types.js";

/**
 * Loads the executor in C++ on the cores of the CPU.
 * @throws Error with the reason, and what helps, when the native addon cannot be loaded.
 */
export async function loadCpu(options: ExecutorOptions): Promise<{ factory: KernelFactory; description: string }> {
  const { CpuExecutor } = loadAddon();
  const executor = new CpuExecutor(options.threads);
  return { factory: async (...request) => openKernel(executor, ...request), description: executor.description };
}

function openKernel(executor: NativeExecutor, ...request: Parameters<KernelFactory>): Kernel {
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
    close: () => native.close(),
  };
}
