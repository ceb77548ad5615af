import type { Executor, ExecutorName, ExecutorOptions } from "tileblend";
import { EXACT_EXECUTORS, executorOrSkip } from "./executors.js";

interface Variant {
  readonly title: string;
  readonly name: ExecutorName;
  readonly options: ExecutorOptions;
}

const CPU_THREADS: readonly number[] = [1, 2, 3];

/** Every exact executor with every number of threads that the suites try: all must give the same bytes. */
const VARIANTS: readonly Variant[] = EXACT_EXECUTORS.flatMap((name): Variant[] => {
  if (name !== "cpu") return [{ title: name, name, options: {} }];
  return CPU_THREADS.map((threads) => ({ title: `cpu, threads ${threads}`, name, options: { threads } }));
});

/** Declares a suite for every exact executor and thread count; one that is missing here is skipped with the reason. */
export function describeExact(title: string, define: (executor: () => Executor) => void): void {
  for (const variant of VARIANTS) {
    describe(`${title} on ${variant.title}`, () => {
      let executor: Executor | undefined;
      before(async function () {
        executor = await executorOrSkip(this, variant.name, variant.options);
      });
      define(() => {
        if (executor === undefined) throw new Error("the executor is there only while tests run");
        return executor;
      });
    });
  }
}
