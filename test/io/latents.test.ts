import { writeFile } from "node:fs/promises";
import { expect } from "chai";
import { FileFormatError, readLatents, writeNpy, writeSafetensors } from "tileblend/io";
import { rejection, scratchFolder } from "../support/scratch.js";
import { safetensorsBytes } from "../support/tensor_files.js";

const float = (...shape: number[]) => {
  const count = shape.reduce((a, b) => a * b, 1);
  return { dtype: "float32", shape, data: Float32Array.from({ length: count }, (_, i) => i - 1.5) } as const;
};

describe("latents", () => {
  const scratch = scratchFolder();

  /** A file as ComfyUI's SaveLatent makes it: the marker is an empty tensor, torch.tensor([]). */
  async function comfyFile(name: string, shape: readonly number[], dtype: "F32" | "F16", isMarked: boolean) {
    const count = shape.reduce((a, b) => a * b, 1);
    const bytes = count * (dtype === "F32" ? 4 : 2);
    const data = Buffer.alloc(bytes);
    if (dtype === "F32") for (let i = 0; i < count; i++) data.writeFloatLE(i - 1.5, i * 4);
    const marker = { dtype: "F32", shape: [0], data_offsets: [bytes, bytes] };
    const header = {
      __metadata__: { prompt: "{}" },
      latent_tensor: { dtype, shape, data_offsets: [0, bytes] },
      ...(isMarked ? { latent_format_version_0: marker } : {}),
    };
    await writeFile(scratch.path(name), safetensorsBytes(header, data));
    return scratch.path(name);
  }

  describe("refuses", () => {
    const reasonOf = async (promise: Promise<unknown>) => (await rejection(promise, FileFormatError)).reason;

    it("another extension", async () => {
      expect(await reasonOf(readLatents("a.pt"))).to.match(/\.npy, \.safetensors or \.latent/);
    });

    it("3 and 6 axes", async () => {
      for (const shape of [
        [2, 3, 4],
        [1, 1, 1, 2, 3, 4],
      ]) {
        await writeNpy(scratch.path("a.npy"), float(...shape), { overwrite: true });
        expect(await reasonOf(readLatents(scratch.path("a.npy")))).to.match(/must be \(B, C, F, H, W\)/);
      }
    });

    it("a tensor name for .npy, and options that are not known", async () => {
      await writeNpy(scratch.path("a.npy"), float(1, 1, 1, 1, 1));
      expect(await reasonOf(readLatents(scratch.path("a.npy"), { tensor: "x" }))).to.match(/no tensor names/);
      // Boundary: what a caller without types can do.
      await rejection(readLatents("a.npy", { name: "x" } as object), TypeError);
      await rejection(readLatents("a.npy", { tensor: 1 } as unknown as object), TypeError);
    });

    it("to choose among unusual names", async () => {
      await writeSafetensors(scratch.path("a.safetensors"), { x: float(1, 1, 1, 1), y: float(1, 1, 1, 1) });
      expect(await reasonOf(readLatents(scratch.path("a.safetensors")))).to.match(/it holds "x", "y"/);
      expect(await reasonOf(readLatents(scratch.path("a.safetensors"), { tensor: "z" }))).to.match(/no tensor "z"/);
    });

    it("an old ComfyUI file of float16", async () => {
      const path = await comfyFile("a.latent", [1, 4, 2, 2], "F16", false);
      expect(await reasonOf(readLatents(path))).to.match(/0\.18215.*float32 only/);
    });
  });

  it("reads five axes as they are, and four as one video, with a note", async () => {
    await writeNpy(scratch.path("a.npy"), float(1, 2, 3, 2, 2));
    expect(await readLatents(scratch.path("a.npy"))).to.deep.equal({
      latents: float(1, 2, 3, 2, 2),
      metadata: {},
      name: null,
      notes: [],
    });
    await writeNpy(scratch.path("b.npy"), float(2, 3, 2, 2));
    const { latents, notes } = await readLatents(scratch.path("b.npy"));
    expect(latents).to.deep.equal(float(1, 2, 3, 2, 2));
    expect(notes).to.deep.equal(["shape (2, 3, 2, 2) was taken for (C, F, H, W), batch 1"]);
  });

  it("chooses the only tensor, a usual name, or the one named", async () => {
    const [a, b] = [float(1, 1, 1, 1, 1), float(1, 1, 2, 1, 1)];
    const path = (name: string) => scratch.path(`${name}.safetensors`);
    await writeSafetensors(path("one"), { odd: b }, { metadata: { made: "here" } });
    expect(await readLatents(path("one"))).to.deep.include({ name: "odd", latents: b, metadata: { made: "here" } });
    await writeSafetensors(path("two"), { samples: a, latents: b });
    expect((await readLatents(path("two"))).name).to.equal("latents");
    expect((await readLatents(path("two"), { tensor: "samples" })).latents).to.deep.equal(a);
  });

  it("reads ComfyUI's images and videos", async () => {
    for (const name of ["a.latent", "a.safetensors"]) {
      const images = await readLatents(await comfyFile(name, [2, 4, 1, 2], "F32", true));
      expect(images.latents).to.deep.equal(float(2, 4, 1, 1, 2));
      expect(images.notes).to.deep.equal(["shape (2, 4, 1, 2) was taken for (B, C, H, W) of images, one frame each"]);
      expect([images.name, images.metadata]).to.deep.equal(["latent_tensor", { prompt: "{}" }]);
    }
    const video = await readLatents(await comfyFile("v.latent", [1, 4, 2, 2, 2], "F32", true));
    expect(video.latents).to.deep.equal(float(1, 4, 2, 2, 2));
    expect(video.notes).to.deep.equal([]);
  });

  it("multiplies an old ComfyUI file by 1/0.18215 in float32, and says so", async () => {
    const { latents, notes } = await readLatents(await comfyFile("a.latent", [1, 4, 2, 2], "F32", false));
    const factor = Math.fround(1 / 0.18215);
    expect([...latents.data]).to.deep.equal(Array.from({ length: 16 }, (_, i) => Math.fround((i - 1.5) * factor)));
    expect(notes[0]).to.match(/old ComfyUI file.*1\/0\.18215/);
    expect(notes).to.have.length(2);
  });

  it("does not take a .safetensors without the marker for ComfyUI's", async () => {
    const { latents, notes } = await readLatents(await comfyFile("a.safetensors", [4, 2, 1, 2], "F32", false));
    expect(latents).to.deep.equal(float(1, 4, 2, 1, 2));
    expect(notes[0]).to.match(/\(C, F, H, W\)/);
  });
});
