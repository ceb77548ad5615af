import { readFile, writeFile } from "node:fs/promises";
import { expect } from "chai";
import fc from "fast-check";
import { FileFormatError, OutputPathError, readNpy, writeNpy } from "tileblend/io";
import { rejection, scratchFolder } from "../support/scratch.js";

const fixture = (name: string) => `test/fixtures/io/${name}`;
/** Element i of the fixtures. */
const expected = (count: number) => Float32Array.from({ length: count }, (_, i) => (i - 60) / 8);

/** An .npy file by hand: version 1.0, header as given, ended by a newline. */
function npyBytes(header: string, dataBytes: number, version = 1): Buffer {
  const text = Buffer.from(`${header}\n`, "latin1");
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  const magic = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  return Buffer.concat([magic, length, text, Buffer.alloc(dataBytes)]);
}

const header = (descr: string, shape: string, fortran = "False") =>
  `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

describe("npy", () => {
  const scratch = scratchFolder();

  const read = async (bytes: Uint8Array) => {
    await writeFile(scratch.path("a.npy"), bytes);
    return readNpy(scratch.path("a.npy"));
  };
  const refuse = async (bytes: Uint8Array) => (await rejection(read(bytes), FileFormatError)).reason;

  describe("refuses", () => {
    const f4 = "'<f4'";
    const cases: readonly (readonly [string, Buffer, RegExp])[] = [
      ["float64", npyBytes(header("'<f8'", "(2,)"), 16), /holds "<f8".*astype\('<f4'\)/],
      ["big-endian", npyBytes(header("'>f4'", "(2,)"), 8), /big-endian.*astype\('<f4'\)/],
      ["integers", npyBytes(header("'<i4'", "(2,)"), 8), /only '<f4' and '<f2' are read/],
      ["objects", npyBytes(header("'|O'", "(2,)"), 8), /Python objects.*never loaded/],
      ["bfloat16 as void", npyBytes(header("'|V2'", "(2,)"), 4), /bfloat16 most likely/],
      ["a structured dtype", npyBytes(header("[('a', '<f4')]", "(2,)"), 8), /structured dtype/],
      ["Fortran order", npyBytes(header(f4, "(2, 2)", "True"), 16), /np\.ascontiguousarray/],
      ["a negative axis", npyBytes(header(f4, "(-2,)"), 8), /at least 1 long/],
      ["an axis of 0", npyBytes(header(f4, "(0, 2)"), 0), /at least 1 long/],
      ["2^60 elements", npyBytes(header(f4, `(${2n ** 60n},)`), 8), /above 2\^53/],
      ["a product above 2^53", npyBytes(header(f4, "(2147483647, 2147483647, 9)"), 8), /absurdly large/],
      [
        "a product that wraps to 2 in 64 bits",
        npyBytes(header(f4, "(4294967296, 4294967296, 2)"), 8),
        /absurdly large/,
      ],
      ["1 TiB that is not there", npyBytes(header(f4, "(274877906944,)"), 8), /the file holds 8/],
      ["one byte too few", npyBytes(header(f4, "(2,)"), 7), /takes 8 bytes, but the file holds 7/],
      ["one byte too many", npyBytes(header(f4, "(2,)"), 9), /takes 8 bytes, but the file holds 9/],
      ["a number for a tuple", npyBytes(header(f4, "(2)"), 8), /cannot be read/],
      ["a float in the shape", npyBytes(header(f4, "(2.0,)"), 8), /cannot be read/],
      ["an expression", npyBytes(header(f4, "(1+1,)"), 8), /cannot be read/],
      ["a call", npyBytes(header(f4, "__import__('os')"), 8), /cannot be read/],
      ["a string for the order", npyBytes(header(f4, "(2,)", "'False'"), 8), /fortran_order must be True or False/],
      ["a tuple for the dtype", npyBytes(header("(1,)", "(2,)"), 8), /descr must be a string/],
      ["a string for the shape", npyBytes(header(f4, "'2'"), 8), /shape must be a tuple/],
      ["a missing key", npyBytes("{'descr': '<f4', 'shape': (2,)}", 8), /must hold descr, fortran_order and shape/],
      ["a key too many", npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 'y'}", 8), /must hold/],
      ["a key twice", npyBytes("{'descr': '<f4', 'descr': '<f4'}", 8), /comes twice/],
      ["text behind the dict", npyBytes(`${header(f4, "(2,)")} 1`, 8), /nothing more/],
      ["65 axes", npyBytes(header(f4, `(${"1, ".repeat(65)})`), 4), /at most 64 axes/],
      ["format 4", npyBytes(header(f4, "(2,)"), 8, 4), /format 1.0, 2.0 or 3.0/],
      ["another magic", Buffer.from("PK\x03\x04 this is a zip"), /not an .npy file/],
      ["an empty file", Buffer.alloc(0), /not an .npy file/],
      ["a header of 4 GiB", Buffer.from("934e554d50590200ffffffff7b7d", "hex"), /at most 65535/],
    ];
    for (const [name, bytes, reason] of cases) {
      it(name, async () => {
        const before = process.memoryUsage().arrayBuffers;
        expect(await refuse(bytes)).to.match(reason);
        // The files are below 1 KiB; room for the reads of Node itself.
        expect(process.memoryUsage().arrayBuffers - before).to.be.below(2 ** 20);
      });
    }

    it("a file cut short at any length", async () => {
      const whole = await readFile(fixture("float32_v3.npy"));
      for (let length = 0; length < whole.length; length++) await refuse(whole.subarray(0, length));
    });

    it("a header length that lies", async () => {
      const whole = npyBytes(header(f4, "(2,)"), 8);
      for (const length of [0, 1, 20, 64, 100, 65535]) {
        const lying = Buffer.from(whole);
        lying.writeUInt16LE(length, 8);
        await refuse(lying);
      }
    });

    it("random bytes", async () => {
      const start = fc.constantFrom("", "934e554d5059", "934e554d50590100", "934e554d505903000a000000");
      await fc.assert(
        fc.asyncProperty(start, fc.uint8Array({ maxLength: 100 }), async (hex, bytes) => {
          await refuse(Buffer.concat([Buffer.from(hex, "hex"), bytes]));
        }),
        { numRuns: 150, seed: 1 },
      );
    });

    it("a valid file with one byte of its header changed, or reads it as another valid header", async () => {
      const whole = await readFile(fixture("float16.npy"));
      await fc.assert(
        fc.asyncProperty(fc.nat(127), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
          const bytes = Buffer.from(whole);
          bytes[at] = (bytes[at] ?? 0) ^ mask;
          const outcome = await read(bytes).catch((error: unknown) => error);
          if (outcome instanceof FileFormatError) return;
          // Some changes mean the same: a space for a newline, one kind of quotes for the other.
          expect(outcome).to.have.property("dtype", "float16");
          expect(outcome).to.have.deep.property("shape", [2, 3, 4, 5]);
        }),
        { numRuns: 300, seed: 2 },
      );
    });

    it("a folder, and with Node's error a file that is not there", async () => {
      await rejection(readNpy(scratch.folder), FileFormatError);
      expect(await rejection(readNpy(scratch.path("none.npy")), Error)).to.have.property("code", "ENOENT");
    });

    it("to write bfloat16, over a file, or into no folder", async () => {
      const path = scratch.path("a.npy");
      const tensor = { dtype: "bfloat16", shape: [1], data: new Uint16Array(1) } as const;
      expect((await rejection(writeNpy(path, tensor), OutputPathError)).reason).to.match(/safetensors/);
      const float = { dtype: "float32", shape: [1], data: new Float32Array(1) } as const;
      await writeNpy(path, float);
      expect((await rejection(writeNpy(path, float), OutputPathError)).reason).to.match(/overwrite/);
      await rejection(writeNpy(scratch.path("no/a.npy"), float), OutputPathError);
      await rejection(writeNpy(path, { ...float, shape: [2] }), RangeError);
      expect(await scratch.names()).to.deep.equal(["a.npy"]);
      await writeNpy(path, { ...float, data: Float32Array.of(7) }, { overwrite: true });
      expect((await readNpy(path)).data).to.deep.equal(Float32Array.of(7));
    });
  });

  it("reads the smallest array by hand", async () => {
    const bytes = npyBytes(header('"<f4"', "(1,)"), 4);
    bytes.writeFloatLE(-1.5, bytes.length - 4);
    expect(await read(bytes)).to.deep.equal({ dtype: "float32", shape: [1], data: Float32Array.of(-1.5) });
  });

  it("reads what NumPy wrote, formats 1, 2 and 3", async () => {
    expect(await readNpy(fixture("float32.npy"))).to.deep.equal({
      dtype: "float32",
      shape: [1, 2, 3, 4, 5],
      data: expected(120),
    });
    expect(await readNpy(fixture("float32_v2.npy"))).to.deep.equal({
      dtype: "float32",
      shape: [3, 4, 5],
      data: expected(60),
    });
    expect((await readNpy(fixture("float32_v3.npy"))).data).to.deep.equal(expected(5));
    const { dtype, shape, data } = await readNpy(fixture("float16.npy"));
    expect([dtype, shape]).to.deep.equal(["float16", [2, 3, 4, 5]]);
    // -7.5 = -1.875 · 2^2: sign 1, exponent 2 + 15, fraction 0.875 · 1024.
    expect(data[0]).to.equal(0x8000 | (17 << 10) | 896);
  });

  it("refuses NumPy's Fortran order and float64", async () => {
    await rejection(readNpy(fixture("float32_fortran.npy")), FileFormatError);
    await rejection(readNpy(fixture("float64.npy")), FileFormatError);
  });

  it("writes the bytes that NumPy writes", async () => {
    await writeNpy(scratch.path("a.npy"), await readNpy(fixture("float32.npy")));
    expect(await readFile(scratch.path("a.npy"))).to.deep.equal(await readFile(fixture("float32.npy")));
    await writeNpy(scratch.path("b.npy"), await readNpy(fixture("float16.npy")));
    expect(await readFile(scratch.path("b.npy"))).to.deep.equal(await readFile(fixture("float16.npy")));
    expect(await scratch.names()).to.deep.equal(["a.npy", "b.npy"]);
  });

  it("reads back shapes of every rank from 0 to 6, bit for bit", async () => {
    for (let rank = 0; rank <= 6; rank++) {
      const shape = Array.from({ length: rank }, (_, axis) => (axis % 3) + 1);
      const count = shape.reduce((a, b) => a * b, 1);
      const tensor = {
        dtype: "float16",
        shape,
        data: Uint16Array.from({ length: count }, (_, i) => i * 9973),
      } as const;
      await writeNpy(scratch.path("r.npy"), tensor, { overwrite: true });
      expect(await readNpy(scratch.path("r.npy"))).to.deep.equal(tensor);
    }
  });
});
