import { type LoadedNative, loadCpu, loadMetal } from "#src/executor/native.js";
import { hasMetal } from "./executors.js";
import { skipAsExpected, skipBecause } from "./requirements.js";

interface NativeKind {
  readonly title: string;
  /** JavaScript that loads it, given the exports of src/executor/native.ts. */
  readonly code: string;
  readonly load: () => Promise<LoadedNative>;
  readonly isExpected: boolean;
}

const CPU_THREADS: readonly number[] = [1, 2, 3, 8];

const KINDS: readonly NativeKind[] = [
  ...CPU_THREADS.map((threads) => ({
    title: `cpu, threads ${threads}`,
    code: `loadCpu({ threads: ${threads} })`,
    load: () => loadCpu({ threads }),
    isExpected: true,
  })),
  { title: "metal", code: "loadMetal()", load: () => loadMetal(), isExpected: hasMetal },
  {
    // Rows, frames and planes are cut everywhere, and more launches are under way than fit.
    title: "metal, launches of 100 elements",
    code: "loadMetal({ elementsPerLaunch: 100 })",
    load: () => loadMetal({ elementsPerLaunch: 100 }),
    isExpected: hasMetal,
  },
];

/** What a suite is run on. */
export interface NativeUnderTest extends Pick<NativeKind, "code" | "load"> {
  /** There while tests run. */
  readonly executor: () => LoadedNative;
}

/** Declares a suite for the executors of the native addon; one that is missing is skipped with the reason. */
export function describeNative(title: string, define: (native: NativeUnderTest) => void, everyKind = true): void {
  const kinds = everyKind ? KINDS : KINDS.filter(({ title: name }) => name === "cpu, threads 2" || name === "metal");
  for (const { title: name, code, load, isExpected } of kinds) {
    describe(`native ${name}: ${title}`, () => {
      let loaded: LoadedNative | undefined;
      before(async function () {
        try {
          loaded = await load();
        } catch (error) {
          const skip = isExpected ? skipBecause : skipAsExpected;
          skip(this, `the native ${name}`, error instanceof Error ? error.message : String(error));
        }
      });
      const executor = () => {
        if (loaded === undefined) throw new Error("the executor is there only while tests run");
        return loaded;
      };
      define({ code, load, executor });
    });
  }
}
