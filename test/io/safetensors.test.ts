import { readFile, writeFile } from "node:fs/promises";
import { expect } from "chai";
import fc from "fast-check";
import {
  FileFormatError,
  OutputPathError,
  readSafetensorsHeader,
  readSafetensorsTensor,
  writeSafetensors,
} from "tileblend/io";
import { rejection, scratchFolder } from "../support/scratch.js";
import { safetensorsBytes } from "../support/tensor_files.js";

const FIXTURE = "test/fixtures/io/mixed.safetensors";

describe("safetensors", () => {
  const scratch = scratchFolder();

  const write = async (bytes: Uint8Array) => {
    await writeFile(scratch.path("a.safetensors"), bytes);
    return scratch.path("a.safetensors");
  };
  const refuse = async (bytes: Uint8Array) =>
    (await rejection(readSafetensorsHeader(await write(bytes)), FileFormatError)).reason;

  describe("refuses", () => {
    const f32 = (shape: readonly unknown[], offsets: readonly unknown[]) => ({
      dtype: "F32",
      shape,
      data_offsets: offsets,
    });
    const cases: readonly (readonly [string, unknown, number, RegExp])[] = [
      ["an array for a header", [], 0, /must begin with \{/],
      ["text that is no JSON", "{'a': 1}", 0, /valid JSON/],
      ["a space in front", ' {"a":1}', 0, /must begin with \{/],
      ["a tensor that is no object", { a: 1 }, 0, /must be an object/],
      ["no dtype", { a: { shape: [1], data_offsets: [0, 4] } }, 4, /dtype must be a string/],
      ["an unknown dtype", { a: { dtype: "F99", shape: [1], data_offsets: [0, 4] } }, 4, /"F99" is not known/],
      ["a negative size", { a: f32([-1], [0, 4]) }, 4, /shape must be an array of whole numbers/],
      ["half an element", { a: f32([0.5], [0, 2]) }, 2, /shape must be an array of whole numbers/],
      ["a size as text", { a: f32(["1"], [0, 4]) }, 4, /shape must be an array of whole numbers/],
      ["2^60 elements", { a: f32([2 ** 60], [0, 4]) }, 4, /shape must be an array of whole numbers/],
      ["a product that wraps to 0", { a: f32([2 ** 32, 2 ** 32], [0, 0]) }, 0, /absurdly large/],
      ["1 TiB that is not there", { a: f32([2 ** 38], [0, 2 ** 40]) }, 4, /cut short/],
      ["sizes that differ", { a: f32([2], [0, 4]) }, 4, /takes 8 bytes, its data_offsets 4/],
      ["offsets in the wrong order", { a: f32([1], [4, 0]) }, 4, /must be in order/],
      ["one offset", { a: f32([1], [0]) }, 4, /two whole numbers/],
      ["a negative offset", { a: f32([1], [-4, 0]) }, 4, /two whole numbers/],
      ["an overlap", { a: f32([2], [0, 8]), b: f32([1], [4, 8]) }, 8, /overlaps/],
      ["the same bytes twice", { a: f32([1], [0, 4]), b: f32([1], [0, 4]) }, 4, /overlaps/],
      ["a hole", { a: f32([1], [0, 4]), b: f32([1], [8, 12]) }, 12, /hole of 4 bytes/],
      ["a hole in front", { a: f32([1], [4, 8]) }, 8, /hole of 4 bytes/],
      ["bytes to spare", { a: f32([1], [0, 4]) }, 5, /1 bytes follow/],
      ["a byte too few", { a: f32([1], [0, 4]) }, 3, /cut short/],
      ["metadata that is not text", { __metadata__: { a: 1 } }, 0, /__metadata__.a must be a string/],
      ["metadata that is no object", { __metadata__: "x" }, 0, /must be an object of strings/],
      [
        "a name twice",
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        4,
        /a key twice/,
      ],
      ["a field twice", '{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4, /a key twice/],
    ];
    for (const [name, header, dataBytes, reason] of cases) {
      it(name, async () => {
        const bytes = safetensorsBytes(header, Buffer.alloc(dataBytes));
        const before = process.memoryUsage().arrayBuffers;
        expect(await refuse(bytes)).to.match(reason);
        // The files are below 1 KiB; room for the reads of Node itself.
        expect(process.memoryUsage().arrayBuffers - before).to.be.below(2 ** 20);
      });
    }

    it("a header length above the limit, above the file, and not UTF-8", async () => {
      const bytes = safetensorsBytes({}, Buffer.alloc(0));
      for (const length of [100_000_001n, 2n ** 63n, 2n ** 64n - 1n]) {
        bytes.writeBigUInt64LE(length);
        expect(await refuse(bytes)).to.match(/at most 100000000/);
      }
      bytes.writeBigUInt64LE(100_000_000n);
      expect(await refuse(bytes)).to.match(/past the end/);
      bytes.writeBigUInt64LE(2n);
      bytes[9] = 0xff;
      expect(await refuse(bytes)).to.match(/UTF-8/);
    });

    it("JSON nested a million times", async () => {
      await refuse(safetensorsBytes(`{"a":${"[".repeat(1e6)}`, Buffer.alloc(0)));
    });

    it("a file cut short at any length", async () => {
      const whole = await readFile(FIXTURE);
      for (let length = 0; length < whole.length; length++) await refuse(whole.subarray(0, length));
    });

    it("random bytes, and random JSON", async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
          await refuse(bytes);
        }),
        { numRuns: 100, seed: 1 },
      );
      await fc.assert(
        fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), async (json) => {
          await refuse(safetensorsBytes(json, Buffer.alloc(0)));
        }),
        { numRuns: 100, seed: 2 },
      );
    });

    it("a tensor that is absent, empty, or of a dtype that is not read", async () => {
      const reasonOf = async (name: string) =>
        (await rejection(readSafetensorsTensor(FIXTURE, name), FileFormatError)).reason;
      expect(await reasonOf("none")).to.match(/holds no tensor "none"; it holds .*"latents"/);
      expect(await reasonOf("steps")).to.match(/is I64, and only F32, F16 and BF16 are read/);
      expect(await reasonOf("empty")).to.match(/is empty/);
    });

    it("to write over a file, metadata that is not text, a tensor named __metadata__", async () => {
      const tensors = { a: { dtype: "float32", shape: [1], data: new Float32Array(1) } } as const;
      const path = scratch.path("b.safetensors");
      // Boundary: what a caller without types can do.
      await rejection(writeSafetensors(path, tensors, { metadata: { a: 1 as unknown as string } }), TypeError);
      await rejection(writeSafetensors(path, { __metadata__: tensors.a }), RangeError);
      await writeSafetensors(path, tensors);
      await rejection(writeSafetensors(path, tensors), OutputPathError);
      expect(await scratch.names()).to.deep.equal(["b.safetensors"]);
    });
  });

  it("reads the smallest file by hand", async () => {
    const data = Buffer.alloc(4);
    data.writeFloatLE(0.25);
    const header = { a: { dtype: "F32", shape: [], data_offsets: [0, 4] } };
    const path = await write(safetensorsBytes(header, data));
    expect(await readSafetensorsTensor(path, "a")).to.deep.equal({
      dtype: "float32",
      shape: [],
      data: Float32Array.of(0.25),
    });
    expect(await readSafetensorsHeader(await write(safetensorsBytes({}, Buffer.alloc(0))))).to.deep.equal({
      tensors: [],
      metadata: {},
    });
  });

  it("reads what the safetensors library wrote", async () => {
    const { tensors, metadata } = await readSafetensorsHeader(FIXTURE);
    expect(metadata).to.deep.equal({ "made by": "safetensors", prompt: 'a "cat" \\ é' });
    expect(Object.fromEntries(tensors.map(({ name, dtype, shape }) => [name, [dtype, shape]]))).to.deep.equal({
      latents: ["F32", [1, 2, 3, 4, 5]],
      half: ["F16", [3, 4, 5]],
      brain: ["BF16", [1, 2, 3, 4, 5]],
      steps: ["I64", [3]],
      empty: ["F32", [0]],
    });
    const values = Float32Array.from({ length: 120 }, (_, i) => (i - 60) / 8);
    expect((await readSafetensorsTensor(FIXTURE, "latents")).data).to.deep.equal(values);
    const brain = await readSafetensorsTensor(FIXTURE, "brain");
    expect(brain.dtype).to.equal("bfloat16");
    // bfloat16 is the upper half of float32, which holds these values whole.
    const upper = new Uint32Array(values.buffer).map((bits) => bits >>> 16);
    expect([...brain.data]).to.deep.equal([...upper]);
    const half = await readSafetensorsTensor(FIXTURE, "half");
    expect([half.dtype, half.data[0]]).to.deep.equal(["float16", 0x8000 | (17 << 10) | 896]);
  });

  it("reads back what it wrote, wide elements first and every one aligned", async () => {
    const tensors = {
      half: { dtype: "float16", shape: [3], data: Uint16Array.of(1, 2, 65535) },
      'a "name"\n': { dtype: "float32", shape: [1, 2], data: Float32Array.of(1.5, Number.NaN) },
      brain: { dtype: "bfloat16", shape: [], data: Uint16Array.of(0x7fc0) },
    } as const;
    const path = scratch.path("c.safetensors");
    await writeSafetensors(path, tensors, { metadata: { note: "é\u0000" } });
    const header = await readSafetensorsHeader(path);
    expect(header.metadata).to.deep.equal({ note: "é\u0000" });
    for (const [name, tensor] of Object.entries(tensors)) {
      expect(await readSafetensorsTensor(path, name)).to.deep.equal(tensor);
    }
    for (const { start, dtype } of header.tensors) expect(start % (dtype === "F32" ? 4 : 2)).to.equal(0);
    expect(await scratch.names()).to.deep.equal(["c.safetensors"]);
  });
});
