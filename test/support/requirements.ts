/** Where a missing tool fails the run instead of skipping its tests. */
const mustHaveAll = process.env["TILEBLEND_REQUIRE_ALL"] === "1";

const missing = new Map<string, string>();
const leftOut = new Map<string, string>();

/** Skips the running test or suite, and says why at the end of the run; with TILEBLEND_REQUIRE_ALL=1 fails it. */
export function skipBecause(context: Mocha.Context, what: string, reason: string): never {
  if (mustHaveAll) throw new Error(`${what} is missing, and TILEBLEND_REQUIRE_ALL=1: ${reason}`);
  missing.set(what, reason);
  return context.skip();
}

/** Skips what this platform cannot have, in CI too, and says why at the end of the run. */
export function skipAsExpected(context: Mocha.Context, what: string, reason: string): never {
  leftOut.set(what, reason);
  return context.skip();
}

/** Prints what was missing, and what this platform cannot have. */
export const mochaHooks = {
  afterAll(): void {
    for (const [what, reason] of missing) console.log(`skipped because ${what} is missing: ${reason}`);
    for (const [what, reason] of leftOut) console.log(`not on this platform: ${what}: ${reason}`);
  },
};
