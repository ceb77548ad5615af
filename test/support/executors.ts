import {
  createExecutor,
  type Executor,
  type ExecutorName,
  type ExecutorOptions,
  ExecutorUnavailableError,
} from "tileblend";
import { skipAsExpected, skipBecause } from "./requirements.js";

/** Every exact executor: one suite runs over them all. */
export const EXACT_EXECUTORS: readonly ExecutorName[] = ["wasm", "cpu", "metal"];

/** Whether Metal should be there: on a Mac, and where TILEBLEND_ADDON names an addon that has it. */
export const hasMetal = process.platform === "darwin" || process.env["TILEBLEND_ADDON"] !== undefined;

/** Makes the executor, or skips the suite where it is missing. Call in a `before` hook. */
export async function executorOrSkip(
  context: Mocha.Context,
  name: ExecutorName,
  options?: ExecutorOptions,
): Promise<Executor> {
  try {
    return await createExecutor(name, options);
  } catch (error) {
    const reason = error instanceof ExecutorUnavailableError ? (error.attempts[0]?.reason ?? "") : String(error);
    const skip = name === "metal" && !hasMetal ? skipAsExpected : skipBecause;
    return skip(context, `the ${name} executor`, reason);
  }
}
