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

  it("is what the package carries in hexadecimal", async () => {
    const { plannerWasm } = await import("#src/generated/planner_wasm.js");
    expect(Buffer.from(plannerWasm, "hex").equals(built)).to.equal(true);
  });

  it("answers a host that knows nothing but the document (docs/planner-abi.md)", () => {
    // Numbers as the document gives them, none from src/.
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(built), {});
    const { memory, request_ptr, result_ptr, plan } = exports as unknown as Record<string, () => number> & {
      memory: WebAssembly.Memory;
    };
    const axisTilings = [64, 24, 0, 0, 0, 512, 64, 20, 1, 0, 512, 64, 0, 0, 0];
    const fields = [16, 17, 30, 8, 32, 32, 1, ...axisTilings];
    const request = new Int32Array(memory.buffer, request_ptr?.() ?? 0, fields.length);
    request.set(fields);
    const bytes = plan?.() ?? 0;
    const block = new Uint8Array(memory.buffer, result_ptr?.(), bytes).slice();
    const view = new DataView(block.buffer);
    expect(Buffer.from(block.subarray(0, 4)).toString()).to.equal("TBPL");
    expect([view.getInt32(4, true), view.getInt32(8, true)]).to.deep.equal([2, bytes]);
    expect(Array.from({ length: 22 }, (_, i) => view.getInt32(12 + 4 * i, true))).to.deep.equal(fields);
    const axis = (i: number) => Array.from({ length: 5 }, (_, field) => view.getInt32(100 + 20 * i + 4 * field, true));
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
    // The second height interval: 20 zeros, then smootherstep over the 24 rows left of 64, then 1.
    const lower = Array.from({ length: 7 }, (_, field) => view.getInt32((axis(1)[2] ?? 0) + 28 + 4 * field, true));
    const weight = (y: number) => view.getFloat32((lower[6] ?? 0) + 4 * y, true);
    expect(lower.slice(0, 6)).to.deep.equal([14, 17, 2, 0, 448, 544]);
    expect([weight(0), weight(19), weight(32 - 1), weight(44), weight(95)]).to.deep.equal([
      0,
      0,
      Math.fround(10 * 0.48 ** 3 - 15 * 0.48 ** 4 + 6 * 0.48 ** 5),
      1,
      1,
    ]);
    const plain = { tileSize: 512, overlap: 64 };
    const spatial = { height: { ...plain, margin: 20, ramp: "smooth" as const }, width: plain };
    const tiling = { spatial, temporal: { tileSize: 64, overlap: 24 } };
    const geometry = { temporalScale: 8, heightScale: 32, widthScale: 32, causal: true };
    const planned = planTiles({ latent: { frames: 16, height: 17, width: 30 }, geometry, tiling });
    expect(Buffer.from(planned.bytes).equals(Buffer.from(block))).to.equal(true);
  });

  it("leaves an error record", () => {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(built), {});
    const { memory, check_tiling, error_ptr } = exports as unknown as {
      memory: WebAssembly.Memory;
      check_tiling: (axis: number, scale: number, ...tiling: number[]) => number;
      error_ptr: () => number;
    };
    const record = new DataView(memory.buffer, error_ptr());
    // Tile size, overlap, margin, ramp, context, after the axis and its scale; then code, got and limit.
    const rows: [[axis: number, scale: number, ...tiling: number[]], [code: number, got: bigint, limit: bigint]][] = [
      [
        [1, 32, 100, 0, 0, 0, 0],
        [5, 100n, 32n],
      ],
      [
        [1, 32, 128, 64, -1, 0, 0],
        [21, -1n, 0n],
      ],
      [
        [2, 32, 128, 96, 1, 0, 0],
        [22, 96n, 64n],
      ],
      [
        [1, 32, 128, 64, 33, 0, 0],
        [23, 33n, 32n],
      ],
      [
        [0, 8, 64, 24, 13, 0, 0],
        [23, 13n, 12n],
      ],
      [
        [0, 8, 64, 24, 25, 0, 1],
        [23, 25n, 24n],
      ],
      [
        [0, 8, 64, 24, 0, 2, 0],
        [24, 2n, 1n],
      ],
      [
        [0, 8, 64, 24, 0, 0, 2],
        [25, 2n, 1n],
      ],
      [
        [1, 32, 128, 64, 0, 0, 1],
        [25, 1n, 0n],
      ],
    ];
    for (const [tiling, [code, got, limit]] of rows) {
      expect(check_tiling(...tiling), `${tiling}`).to.equal(-code);
      expect([record.getInt32(0, true), record.getInt32(4, true)]).to.deep.equal([code, tiling[0]]);
      expect([record.getBigInt64(8, true), record.getBigInt64(16, true)]).to.deep.equal([got, limit]);
    }
    expect(check_tiling(0, 8, 64, 24, 24, 1, 1)).to.equal(0);
  });
});
