import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { needSharp } from "./support/programs.js";
import { scratchFolder } from "./support/scratch.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

describe("examples", () => {
  const scratch = scratchFolder();

  it("upscale.mjs writes an image four times as large", async function () {
    const sharp = await needSharp(this);
    const output = scratch.path("large.png");
    const args = ["examples/upscale.mjs", "examples/assets/astronaut-256.png", output];
    expect(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" })).to.contain("1024 x 1024, 9 tiles");
    const { width, height } = await sharp(output).metadata();
    expect([width, height]).to.deep.equal([1024, 1024]);
  });
});
