import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { geometries } from "tileblend";
import { loadModuleDecoder } from "#src/decoder/module.js";
import { contextWith, errorOf } from "../support/decoder_context.js";

const tensor = { dtype: "float32", shape: [1, 1, 1, 1, 1], data: Float32Array.of(2) } as const;
const TRIPLE = "(tile) => ({ ...tile, data: tile.data.map((value) => 3 * value) })";
const WAN21 = "{ temporalScale: 4, heightScale: 8, widthScale: 8, causal: true, latentChannels: 16 }";

describe("loadModuleDecoder", () => {
  let directory: string;
  let count = 0;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "tileblend-module-"));
  });

  after(() => rmSync(directory, { recursive: true }));

  /** Writes a module under a name of its own: Node keeps what it has loaded. */
  function write(source: string, extension = "mjs"): string {
    count += 1;
    const path = join(directory, `decoder ${count}#.${extension}`);
    writeFileSync(path, source);
    return path;
  }

  it("refuses what is no path", async () => {
    const error = await errorOf(loadModuleDecoder(""));
    expect(error).to.be.instanceOf(TypeError);
    expect(error.message).to.equal('path must be the path of a module, got ""');
  });

  it("refuses modules that give no decoder", async () => {
    const refused: [string, RegExp][] = [
      [
        "export const a = 1, b = 2;",
        /it must export one of decoder, createDecoder and a default function; it exports a, b$/,
      ],
      ["", /; it exports nothing$/],
      ["export const decoder = () => 1; export function createDecoder() {}", /; it exports more$/],
      ["export const decoder = 7;", /decoder must be a function, got 7$/],
      ["export const createDecoder = 7;", /createDecoder must be a function, got 7$/],
      ["export const createDecoder = () => 7;", /decoder must be a function, got 7$/],
      ["export function createDecoder() { throw new Error('no weights'); }", /createDecoder failed: no weights$/],
      ["export const decoder = () => 1, close = 1;", /close must be a function, got 1$/],
      ["export const decoder = () => 1, geometry = { scale: 2 };", /geometry.scale is not known/],
      ["export const decoder = () => 1, contextCells = { space: 2 };", /contextCells.space is not known/],
      ["export const decoder = () => 1, range = [1, 0];", /range must be two finite numbers \[low, high\]/],
      ["export const decoder = ;", /Unexpected token/],
    ];
    for (const [source, message] of refused) {
      const path = write(source);
      const error = await errorOf(loadModuleDecoder(path));
      expect(error).to.have.property("name", "DecoderLoadError");
      expect(error).to.have.property("source", path);
      expect(error.message).to.match(message);
    }
    expect((await errorOf(loadModuleDecoder("no/such.mjs"))).message).to.match(/^no\/such.mjs cannot be used as a/);
  });

  it("refuses options for a module that takes none", async () => {
    const error = await errorOf(loadModuleDecoder(write("export const decoder = () => 1;"), { a: 1 }));
    expect(error.message).to.contain("options are given, and it exports no createDecoder");
  });

  it("loads a decoder in each form", async () => {
    const forms: [string, string?][] = [
      [`export const decoder = ${TRIPLE};`],
      [`export default ${TRIPLE};`],
      [`export const decoder = ${TRIPLE}; export default decoder;`],
      [`export const createDecoder = async ({ factor }) => ${TRIPLE.replace("3", "factor")};`],
      [`export const createDecoder = ({ factor }) => ({ decoder: ${TRIPLE.replace("3", "factor")} });`],
      [`exports.decoder = ${TRIPLE};`, "cjs"],
    ];
    for (const [source, extension] of forms) {
      const options = source.includes("factor") ? { factor: 3 } : undefined;
      const { decoder, close, ...rest } = await loadModuleDecoder(write(source, extension), options);
      expect((await decoder(tensor, contextWith())).data).to.deep.equal(Float32Array.of(6));
      expect(rest).to.deep.equal({});
      await close();
    }
  });

  it("takes over geometry, contextCells, range and close", async () => {
    const settings = `geometry = ${WAN21}, contextCells = { height: 2, width: 3 }, range = [0, 255]`;
    const loaded = await loadModuleDecoder(write(`export const decoder = ${TRIPLE}, ${settings};`));
    expect(loaded.geometry).to.deep.equal(geometries.wan21);
    expect(loaded.contextCells).to.deep.equal({ height: 2, width: 3, frames: { before: 0, after: 0 } });
    expect(loaded.range).to.deep.equal([0, 255]);
    const options = { closed: 0 };
    const source = `export const createDecoder = (o) => ({ decoder: ${TRIPLE}, close: () => { o.closed += 1; } });`;
    const { close } = await loadModuleDecoder(write(source), options);
    await Promise.all([close(), close()]);
    expect(options.closed).to.equal(1);
  });
});
