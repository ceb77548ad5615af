import { createExecutor, type Executor, type ExecutorName, type ExecutorOptions } from "tileblend";
import { skipBecause } from "./requirements.js";

/** Every exact executor: one suite runs over them all. */
export const EXACT_EXECUTORS: readonly ExecutorName[] = ["wasm", "cpu"];

/** Makes the executor, or skips the suite where it is missing. Call in a `before` hook. */
export async function executorOrSkip(
  context: Mocha.Context,
  name: ExecutorName,
  options?: ExecutorOptions,
): Promise<Executor> {
  try {
    return await createExecutor(name, options);
  } catch (error) {
    return skipBecause(context, `the ${name} executor`, error instanceof Error ? error.message : String(error));
  }
}
