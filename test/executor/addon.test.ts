import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { program } from "../support/command_line.js";

describe("an addon of another version", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tileblend-addon-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [name, exported] of [
    ["before there were versions", "{ openCpu() {} }"],
    ["later", "{ interfaceVersion: 1e6, openCpu() {} }"],
  ] as const) {
    it(`is passed over, with what helps: ${name}`, () => {
      const addon = join(folder, `${name}.cjs`);
      writeFileSync(addon, `module.exports = ${exported};`);
      const env = { ...process.env, TILEBLEND_ADDON: addon };
      const { chosen, executors } = JSON.parse(
        execFileSync(process.execPath, [program, "doctor", "--json"], { env }).toString(),
      );
      expect(chosen).to.equal("wasm");
      const cpu = executors.find((executor: { name: string }) => executor.name === "cpu");
      expect(cpu.isAvailable).to.equal(false);
      expect(cpu.description).to.match(/: built from another version; run npm run build:native$/);
    });
  }
});
