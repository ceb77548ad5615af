import { createRequire } from "node:module";
import type { Kernel, OutputFormat, WindowLayout, WindowShape } from "./types.js";

/** An executor of the addon. Its jobs refer to the typed arrays they are given until their promises settle. */
export interface NativeExecutor {
  /** One line: what it runs on. */
  readonly description: string;
  readonly flushesSubnormals: boolean;
  /**
   * Makes a kernel, which may also throw where a Kernel rejects. Without its layout, a window has room for sums of every
   * voxel. Throws Error when it does not fit in memory.
   */
  open(window: WindowShape & Partial<WindowLayout>, format: OutputFormat): Kernel;
}

/** Settings of the executor on a Mac's GPU, for tests. */
export interface MetalOptions {
  /** A launch works on at most about so many elements. Default: some milliseconds of work. */
  readonly elementsPerLaunch?: number;
}

/** As native/addon.cc has it: raised there and here whenever the two sides say something else to each other. */
const INTERFACE_VERSION = 2;

/** What the addon exports. */
export interface NativeAddon {
  readonly interfaceVersion: number;
  /** The executor on the CPU, with so many threads of its own. Default: one for each core. */
  openCpu(threads?: number): NativeExecutor;
  /** The executor on the GPU of a Mac. Rejects with an Error, which says why, when it cannot be used here. */
  openMetal(options?: MetalOptions): Promise<NativeExecutor>;
}

const require = createRequire(import.meta.url);

/**
 * Where the addon may be, in the order of trying: the package with the prebuilt addon of this platform, then what
 * `npm run build:native` leaves in a checkout. TILEBLEND_ADDON names the only place, for builds of another kind.
 */
const PLACES: readonly string[] = process.env["TILEBLEND_ADDON"]
  ? [process.env["TILEBLEND_ADDON"]]
  : [`@tileblend/${process.platform}-${process.arch}`, "../../build/native/Release/tileblend.node"];

/**
 * Loads the native addon.
 * @throws Error, of one line, with what helps, and with each place that was tried and why it did not serve.
 */
export function loadAddon(): NativeAddon {
  const attempts: string[] = [];
  for (const place of PLACES) {
    try {
      // Boundary: the addon's own tests show that one of this version is of this shape.
      const addon = require(place) as NativeAddon;
      if (addon.interfaceVersion === INTERFACE_VERSION) return addon;
      attempts.push(`${place}: built from another version; run npm run build:native`);
    } catch (cause) {
      attempts.push(`${place}: ${reasonOf(cause)}`);
    }
  }
  const advice =
    "npm installs a prebuilt one with its optional packages where there is one for the platform; " +
    "in a checkout `npm run build:native` builds it (it needs cmake and a C++20 compiler)";
  throw new Error(`no native addon; ${advice}. Tried ${attempts.join("; ")}`);
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if ("code" in cause && cause.code === "MODULE_NOT_FOUND") return "not there";
  return cause.message.split("\n")[0] ?? "";
}
