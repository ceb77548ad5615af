import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "chai";
import { run } from "../support/command_line.js";
import { checkout } from "../support/packages.js";

describe("tileblend conformance", function () {
  this.timeout(120_000);

  it("passes in this runtime", async () => {
    const { code, out, err } = await run(["conformance", "--json"]);
    expect([code, err]).to.deep.equal([0, ""]);
    const outcome = JSON.parse(out);
    const schema = JSON.parse(readFileSync(join(checkout, "conformance", "schema", "report.json"), "utf8"));
    const ajv = new Ajv2020();
    expect(ajv.validate(schema, outcome), JSON.stringify(ajv.errors)).to.equal(true);
    const [row] = outcome.runtimes;
    expect(row).to.include({ name: "this", version: `Node ${process.versions.node}`, failed: 0 });
    expect(row.passed).to.be.above(2600);
    expect(row.suites["decodes wasm"]).to.deep.include({ passed: 52, failed: 0 });
  });

  it("refuses a runtime that it does not know", async () => {
    const { code, err } = await run(["conformance", "--runtime", "netscape"]);
    expect(code).to.equal(2);
    expect(err).to.match(/--runtime must be all or one of this, .*python-wasmtime, .* got "netscape"/);
  });

  it("fails for a runtime that is named and missing", async () => {
    const { PATH } = process.env;
    process.env["PATH"] = "/nowhere";
    try {
      const { code, out } = await run(["conformance", "--runtime", "go-wazero"]);
      expect(code).to.equal(1);
      expect(out).to.contain("go-wazero differs: not on PATH: go (install Go 1.25 or later)");
    } finally {
      process.env["PATH"] = PATH;
    }
  });
});
