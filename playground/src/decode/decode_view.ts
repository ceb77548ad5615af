import type { PerAxis } from "tileblend";
import sampleUrl from "../../../examples/assets/astronaut-256.png?url";
import { byId, downloadFile } from "../page.js";
import { geometryOf, type PageState, tilingOf } from "../state.js";
import { type PageImage, readImage } from "./image.js";
import type { DecodeRequest, WorkerMessage } from "./messages.js";
import { MODELS, type PageModel } from "./models.js";
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
  readonly #weights = new TileCanvas(byId("decode-weights", HTMLCanvasElement));
  readonly #status = byId("decode-status", HTMLElement);
  readonly #error = byId("decode-error", HTMLElement);
  readonly #progress = byId("decode-progress", HTMLProgressElement);
  readonly #go = byId("decode-go", HTMLButtonElement);
  readonly #cancel = byId("decode-cancel", HTMLButtonElement);
  readonly #save = byId("decode-save", HTMLButtonElement);
  readonly #choice = byId("model-name", HTMLSelectElement);
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
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
    byId("sample", HTMLButtonElement).addEventListener("click", async () => {
      await this.#takeImage(await (await fetch(sampleUrl)).blob());
    });
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
        await this.#takeImage(file);
      }
    }
  }

  #model(): PageModel | undefined {
    const known = MODELS[this.#choice.value];
    if (known !== undefined || this.#ownModel === undefined) return known;
    const ends = byId("model-range", HTMLSelectElement).value.split(":").map(Number);
    return { label: "own", model: this.#ownModel, range: [ends[0] ?? 0, ends[1] ?? 1], multiple: 1 };
  }

  #chooseModel(): void {
    byId("own-model", HTMLElement).hidden = this.#choice.value !== "own";
    const model = this.#model();
    if (this.#file !== undefined && model !== undefined) this.#takeImage(this.#file);
  }

  /** Takes an image: the plan on the page becomes the image's. */
  async #takeImage(file: Blob): Promise<void> {
    this.#file = file;
    const image = await this.#read();
    if (image === undefined) return;
    this.#say(`image: ${image.width} × ${image.height} px; ready`);
    this.#go.disabled = false;
  }

  /** Reads the image for the model that is chosen, and plans for it. */
  async #read(): Promise<PageImage | undefined> {
    const model = this.#model();
    if (this.#file === undefined) return undefined;
    if (model === undefined) {
      this.#fail("choose an .onnx file, or one of the models that come with the page");
      return undefined;
    }
    try {
      const image = await readImage(this.#file, model);
      this.#error.textContent = "";
      const { multiple } = model;
      const latent = { frames: 1, height: image.height / multiple, width: image.width / multiple };
      this.#options.change({ ...(this.#isPlannedFor(latent) ? {} : model.state), latent });
      return image;
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  /** Whether the controls already stand for this image: then they are the user's, and stay. */
  #isPlannedFor(latent: PerAxis<number>): boolean {
    const { latent: shown, geometryName } = this.#options.state();
    const wanted = this.#model()?.state?.geometryName ?? geometryName;
    return geometryName === wanted && shown.height === latent.height && shown.width === latent.width;
  }

  async #start(): Promise<void> {
    const model = this.#model();
    const image = await this.#read();
    if (image === undefined || model === undefined) return;
    const state = this.#options.state();
    const { encoder, range } = model;
    const request: DecodeRequest = {
      kind: "decode",
      input: image.pixels,
      ...(encoder === undefined ? {} : { encoder }),
      model: model.model,
      geometry: geometryOf(state),
      tiling: tilingOf(state),
      range,
    };
    this.#setRunning(true);
    this.#worker.postMessage(request);
  }

  #setRunning(isRunning: boolean): void {
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
    else if (message.kind === "frame") this.#picture.drawFrame(message.data, message.width, message.height);
    else if (message.kind === "finished") this.#finish(message.elapsedMs);
    else this.#fail(message.isCancelled ? "cancelled" : message.message);
  }

  #showPlanned({ output, tileCount }: WorkerMessage & { readonly kind: "planned" }): void {
    byId("decode-pictures", HTMLElement).hidden = false;
    this.#picture.reset(output.width, output.height);
    this.#weights.reset(output.width, output.height);
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
    this.#say(`done in ${(elapsedMs / 1000).toFixed(1)} s`);
  }

  #fail(message: string): void {
    this.#setRunning(false);
    this.#go.disabled = this.#file === undefined;
    this.#say("");
    this.#error.textContent = message;
  }

  #say(text: string): void {
    this.#status.textContent = text;
  }
}
