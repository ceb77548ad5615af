import { MissingPackageError } from "../errors.js";

/** The function that the package sharp exports. */
export type Sharp = typeof import("sharp").default;

/**
 * Loads the optional package sharp.
 * @throws MissingPackageError when it is absent or does not load.
 */
export async function loadSharp(
  purpose: string,
  importPackage: () => Promise<{ readonly default: Sharp }> = () => import("sharp"),
): Promise<Sharp> {
  try {
    return (await importPackage()).default;
  } catch (cause) {
    throw new MissingPackageError("sharp", purpose, cause);
  }
}
