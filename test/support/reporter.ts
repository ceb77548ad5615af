import Mocha from "mocha";

const { EVENT_RUN_END } = Mocha.Runner.constants;

/** Mocha's spec reporter, and then the one line that our CI reads: `N passed, N failed, N skipped`. */
class PassedFailedReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      // After Spec's own epilogue, so that it is the last line.
      setImmediate(() => console.log(`${passes} passed, ${failures} failed, ${pending} skipped`));
    });
  }
}

// Mocha loads a reporter by the default export of its module.
// biome-ignore lint/style/noDefaultExport: required by mocha
export default PassedFailedReporter;
