import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { planTiles } from "tileblend";

const root = new URL("../../", import.meta.url);
const built = readFileSync(new URL("build/planner.wasm", root));

describe("planner.wasm", () => {
  it("imports nothing and exports integers, functions and one memory", () => {
    const module = new WebAssembly.Module(built);
    expect(WebAssembly.Module.imports(module)).to.deep.equal([]);
    const kinds = WebAssembly.Module.exports(module).map(({ kind }) => kind);
    expect(new Set(kinds)).to.deep.equal(new Set(["function", "global", "memory"]));
  });

  it("has no SIMD: a validator without it would take it", () => {
    // The prefix byte 0xfd opens every SIMD instruction; the text form shows them without guessing at bytes.
    const text = readFileSync(new URL("build/planner.wat", root), "utf8");
    expect(text).not.to.match(/v128|i8x16|i16x8|i32x4|i64x2|f32x4|f64x2/);
  });

  it("is built byte-identically again", function () {
    this.timeout(120_000);
    const folder = mkdtempSync(join(tmpdir(), "tileblend-"));
    const again = join(folder, "planner.wasm");
    const asc = fileURLToPath(new URL("node_modules/assemblyscript/bin/asc.js", root));
    const options = [
      "assembly/index.ts",
      "--config",
      "asconfig.json",
      "--target",
      "planner",
      "--outFile",
      again,
      "--textFile",
      join(folder, "planner.wat"),
    ];
    try {
      execFileSync(process.execPath, [asc, ...options], { cwd: fileURLToPath(root), stdio: "pipe" });
      expect(readFileSync(again).equals(built)).to.equal(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is what the package carries as base64", async () => {
    const { plannerWasm } = await import("#src/generated/planner_wasm.js");
    expect(Buffer.from(plannerWasm, "base64").equals(built)).to.equal(true);
  });

  it("answers a host that knows nothing but the document (docs/planner-abi.md)", () => {
    // Numbers as the document gives them, none from src/.
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(built), {});
    const { memory, request_ptr, result_ptr, plan } = exports as unknown as Record<string, () => number> & {
      memory: WebAssembly.Memory;
    };
    const fields = [16, 17, 30, 8, 32, 32, 1, 64, 24, 512, 64, 512, 64];
    const request = new Int32Array(memory.buffer, request_ptr?.() ?? 0, fields.length);
    request.set(fields);
    const bytes = plan?.() ?? 0;
    const block = new Uint8Array(memory.buffer, result_ptr?.(), bytes).slice();
    const view = new DataView(block.buffer);
    expect(Buffer.from(block.subarray(0, 4)).toString()).to.equal("TBPL");
    expect([view.getInt32(4, true), view.getInt32(8, true)]).to.deep.equal([1, bytes]);
    expect(Array.from({ length: 13 }, (_, i) => view.getInt32(12 + 4 * i, true))).to.deep.equal(fields);
    const axis = (i: number) => Array.from({ length: 5 }, (_, field) => view.getInt32(64 + 20 * i + 4 * field, true));
    expect(axis(0).slice(0, 2)).to.deep.equal([121, 3]);
    expect(axis(1).slice(0, 2)).to.deep.equal([544, 2]);
    expect(axis(2).slice(0, 2)).to.deep.equal([960, 2]);
    const second = Array.from({ length: 7 }, (_, field) => view.getInt32((axis(0)[2] ?? 0) + 28 + 4 * field, true));
    expect(second.slice(0, 6)).to.deep.equal([4, 13, 4, 3, 32, 97]);
    const maskOffset = second[6] ?? 0;
    expect([view.getFloat32(maskOffset, true), view.getFloat32(maskOffset + 4, true)]).to.deep.equal([
      0,
      Math.fround(1 / 25),
    ]);
    const tiling = { spatial: { tileSize: 512, overlap: 64 }, temporal: { tileSize: 64, overlap: 24 } };
    const geometry = { temporalScale: 8, heightScale: 32, widthScale: 32, causal: true };
    const planned = planTiles({ latent: { frames: 16, height: 17, width: 30 }, geometry, tiling });
    expect(Buffer.from(planned.bytes).equals(Buffer.from(block))).to.equal(true);
  });

  it("leaves an error record", () => {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(built), {});
    const { memory, check_tiling, error_ptr } = exports as unknown as {
      memory: WebAssembly.Memory;
      check_tiling: (axis: number, tileSize: number, overlap: number, scale: number) => number;
      error_ptr: () => number;
    };
    expect(check_tiling(1, 100, 0, 32)).to.equal(-5);
    const record = new DataView(memory.buffer, error_ptr());
    expect([record.getInt32(0, true), record.getInt32(4, true)]).to.deep.equal([5, 1]);
    expect([record.getBigInt64(8, true), record.getBigInt64(16, true)]).to.deep.equal([100n, 32n]);
  });
});
