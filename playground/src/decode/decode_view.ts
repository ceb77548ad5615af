import type { PerAxis } from "tileblend";
import { byId, downloadFile } from "../page.js";
import { geometryOf, type PageState, tilingOf } from "../state.js";
import { type Clip, readClip } from "./clip.js";
import { FramePlayer } from "./frame_player.js";
import type { DecodeRequest, WorkerMessage } from "./messages.js";
import { ESRGAN, MODELS, type PageModel } from "./models.js";
import { TileCanvas } from "./tile_canvas.js";

/** How the view reads and sets what the controls say. */
export interface DecodeViewOptions {
  readonly state: () => PageState;
  readonly change: (part: Partial<PageState>) => void;
}

/** Makes the part of the page that decodes an image: what is chosen, the worker, and the pictures. */
export function createDecodeView(options: DecodeViewOptions): void {
  new DecodeView(options);
}

class DecodeView {
  readonly #options: DecodeViewOptions;
  readonly #picture = new TileCanvas(byId("decode-picture", HTMLCanvasElement));
  readonly #player = new FramePlayer(this.#picture);
  readonly #weights = new TileCanvas(byId("decode-weights", HTMLCanvasElement));
  readonly #status = byId("decode-status", HTMLElement);
  readonly #error = byId("decode-error", HTMLElement);
  readonly #progress = byId("decode-progress", HTMLProgressElement);
  readonly #go = byId("decode-go", HTMLButtonElement);
  readonly #cancel = byId("decode-cancel", HTMLButtonElement);
  readonly #save = byId("decode-save", HTMLButtonElement);
  readonly #choice = byId("model-name", HTMLSelectElement);
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  #isRunning = false;
  #file: Blob | undefined;
  #ownModel: Uint8Array<ArrayBuffer> | undefined;

  constructor(options: DecodeViewOptions) {
    this.#options = options;
    for (const [name, { label }] of Object.entries(MODELS)) this.#choice.add(new Option(label, name));
    this.#choice.add(new Option("your own .onnx file", "own"));
    this.#choice.addEventListener("change", () => this.#chooseModel());
    this.#worker.addEventListener("message", ({ data }: MessageEvent<WorkerMessage>) => this.#hear(data));
    this.#worker.addEventListener("error", ({ message }) => this.#fail(`the worker failed: ${message}`));
    this.#go.addEventListener("click", () => this.#start());
    this.#cancel.addEventListener("click", () => this.#worker.postMessage({ kind: "cancel" }));
    this.#save.addEventListener("click", async () =>
      downloadFile("decoded.png", await this.#picture.toPng(), "image/png"),
    );
    byId("sample", HTMLButtonElement).addEventListener("click", () => this.#takeSample());
    this.#listenForFiles();
    this.#chooseModel();
  }

  #listenForFiles(): void {
    const picker = byId("image-file", HTMLInputElement);
    picker.addEventListener("change", () => this.#takeFiles(picker.files));
    const modelPicker = byId("model-file", HTMLInputElement);
    modelPicker.addEventListener("change", () => this.#takeFiles(modelPicker.files));
    const zone = byId("drop", HTMLElement);
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
    zone.addEventListener("dragleave", () => zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("over");
      this.#takeFiles(event.dataTransfer?.files ?? null);
    });
  }

  /** Takes files as they are dropped or picked: models by their name, anything else as an image. */
  async #takeFiles(files: FileList | null): Promise<void> {
    for (const file of files ?? []) {
      if (file.name.endsWith(".onnx")) {
        this.#ownModel = new Uint8Array(await file.arrayBuffer());
        this.#choice.value = "own";
        this.#chooseModel();
        this.#say(`model: ${file.name}`);
      } else {
        await this.#takeClip(file);
      }
    }
  }

  #model(): PageModel | undefined {
    const known = MODELS[this.#choice.value];
    if (known !== undefined || this.#ownModel === undefined) return known;
    const ends = byId("model-range", HTMLSelectElement).value.split(":").map(Number);
    const clip = { range: [ends[0] ?? 0, ends[1] ?? 1] as const, multiple: 1, maxSide: 1024 };
    return { label: "own", model: this.#ownModel, clip, sample: ESRGAN.sample };
  }

  async #takeSample(): Promise<void> {
    const { sample } = this.#model() ?? ESRGAN;
    await this.#takeClip(await (await fetch(sample)).blob());
  }

  #chooseModel(): void {
    byId("own-model", HTMLElement).hidden = this.#choice.value !== "own";
    const model = this.#model();
    if (this.#file !== undefined && model !== undefined) this.#takeClip(this.#file);
  }

  /** Takes an image or a clip: the plan on the page becomes that of its latents. */
  async #takeClip(file: Blob): Promise<void> {
    this.#file = file;
    const clip = await this.#read();
    if (clip === undefined) return;
    const frames = clip.frames === 1 ? "" : `${clip.frames} frames of `;
    this.#say(`${frames}${clip.width} × ${clip.height} px; ready`);
    this.#go.disabled = this.#isRunning;
  }

  /** Reads the file for the model that is chosen, and plans for it. */
  async #read(): Promise<Clip | undefined> {
    const model = this.#model();
    if (this.#file === undefined) return undefined;
    if (model === undefined) {
      this.#refuse("choose an .onnx file, or one of the models that come with the page");
      return undefined;
    }
    try {
      const clip = await readClip(this.#file, model.clip);
      this.#error.textContent = "";
      const { multiple, frameStep = 1 } = model.clip;
      const frames = 1 + (clip.frames - 1) / frameStep;
      const latent = { frames, height: clip.height / multiple, width: clip.width / multiple };
      this.#options.change({ ...(this.#isPlannedFor(latent) ? {} : model.state), latent });
      return clip;
    } catch (error) {
      this.#refuse(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  /** Whether the controls already stand for these latents: then they are the user's, and stay. */
  #isPlannedFor(latent: PerAxis<number>): boolean {
    const { latent: shown, geometryName } = this.#options.state();
    const wanted = this.#model()?.state?.geometryName ?? geometryName;
    return geometryName === wanted && shown.height === latent.height && shown.width === latent.width;
  }

  async #start(): Promise<void> {
    const model = this.#model();
    const clip = await this.#read();
    if (clip === undefined || model === undefined) return;
    const state = this.#options.state();
    const { encoder } = model;
    const request: DecodeRequest = {
      kind: "decode",
      input: clip.pixels,
      ...(encoder === undefined ? {} : { encoder }),
      model: model.model,
      geometry: geometryOf(state),
      tiling: tilingOf(state),
      range: model.clip.range,
    };
    this.#setRunning(true);
    this.#worker.postMessage(request);
  }

  #setRunning(isRunning: boolean): void {
    this.#isRunning = isRunning;
    this.#go.disabled = isRunning;
    this.#cancel.disabled = !isRunning;
    this.#progress.hidden = !isRunning;
    if (isRunning) {
      this.#progress.removeAttribute("value");
      this.#save.disabled = true;
      this.#error.textContent = "";
    }
  }

  #hear(message: WorkerMessage): void {
    if (message.kind === "loading") this.#say(`loading ${message.what}`);
    else if (message.kind === "planned") this.#showPlanned(message);
    else if (message.kind === "started") this.#picture.outline(message.output);
    else if (message.kind === "tile") this.#showTile(message);
    else if (message.kind === "frame") this.#player.add(message);
    else if (message.kind === "finished") this.#finish(message.elapsedMs);
    else this.#fail(message.isCancelled ? "cancelled" : message.message);
  }

  #showPlanned({ output, tileCount }: WorkerMessage & { readonly kind: "planned" }): void {
    byId("decode-pictures", HTMLElement).hidden = false;
    this.#picture.reset(output.width, output.height);
    this.#weights.reset(output.width, output.height);
    this.#player.reset();
    this.#progress.max = tileCount;
    this.#progress.value = 0;
  }

  #showTile(message: WorkerMessage & { readonly kind: "tile" }): void {
    const { output, picture, weights, tilesDone, tileCount, etaMs } = message;
    this.#picture.drawPart(output, picture);
    this.#weights.drawPart(output, weights);
    this.#progress.value = tilesDone;
    this.#say(`tile ${tilesDone} of ${tileCount}, ${Math.ceil(etaMs / 1000)} s left`);
  }

  #finish(elapsedMs: number): void {
    this.#setRunning(false);
    this.#save.disabled = false;
    this.#player.rewind();
    this.#say(`done in ${(elapsedMs / 1000).toFixed(1)} s`);
  }

  /** The decode has failed. */
  #fail(message: string): void {
    this.#setRunning(false);
    this.#go.disabled = this.#file === undefined;
    this.#refuse(message);
  }

  /** What was chosen cannot be taken; a decode under way goes on. */
  #refuse(message: string): void {
    this.#say("");
    this.#error.textContent = message;
  }

  #say(text: string): void {
    this.#status.textContent = text;
  }
}
