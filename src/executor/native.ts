import type { ExecutorOptions, KernelFactory } from "./types.js";
export function loadCpu(_: ExecutorOptions): Promise<{ factory: KernelFactory; description: string }> {
  return Promise.reject(new Error("stub"));
}
