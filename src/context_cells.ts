import { checkInteger, checkKeys, checkObject } from "./validate.js";

/** How far a decoder looks beyond the latent cell that it makes pixels of (latent cells). Plain data. */
export interface ContextCells {
  /** Downwards and upwards. */
  readonly height: number;
  /** To the left and to the right. */
  readonly width: number;
  /** In time; absent: it takes each latent frame by itself. */
  readonly frames?: {
    readonly before: number;
    /** 0 for a decoder that never looks ahead. */
    readonly after: number;
  };
}

/**
 * Checks how far a decoder looks and returns a frozen copy of it.
 * @throws TypeError for the wrong kind, RangeError for a number below 0.
 */
export function checkContextCells(path: string, value: unknown): Required<ContextCells> {
  const fields = checkObject(path, value);
  checkKeys(path, fields, ["height", "width", "frames"]);
  const time = checkObject(`${path}.frames`, fields["frames"] ?? { before: 0, after: 0 });
  checkKeys(`${path}.frames`, time, ["before", "after"]);
  const frames = Object.freeze({
    before: checkInteger(`${path}.frames.before`, time["before"], { min: 0, unit: "latent frames" }),
    after: checkInteger(`${path}.frames.after`, time["after"], { min: 0, unit: "latent frames" }),
  });
  return Object.freeze({
    height: checkInteger(`${path}.height`, fields["height"], { min: 0, unit: "latent cells" }),
    width: checkInteger(`${path}.width`, fields["width"], { min: 0, unit: "latent cells" }),
    frames,
  });
}
