import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of its own for each test of the suite that calls this, removed after the test. */
export function scratchFolder(): { path(name: string): string; names(): Promise<string[]>; readonly folder: string } {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tileblend-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  return {
    path: (name) => join(folder, name),
    names: async () => (await readdir(folder)).sort(),
    get folder() {
      return folder;
    },
  };
}

/** Awaits a promise that must reject with an error of the class, and returns that error. */
export async function rejection<E extends Error>(
  promise: Promise<unknown>,
  // biome-ignore lint/suspicious/noExplicitAny: constructors of any arguments
  kind: abstract new (...args: any[]) => E,
): Promise<E> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof kind) return outcome;
  throw new Error(`must reject with ${kind.name}, got ${outcome === undefined ? "no rejection" : String(outcome)}`, {
    cause: outcome,
  });
}
