import { geometries, planTiles, type TileContext } from "tileblend";

/** What a decoder is told of the only tile of a decode, with some of it changed. */
export function contextWith(changes: Partial<TileContext> = {}): TileContext {
  const plan = planTiles({ latent: { frames: 1, height: 1, width: 1 }, geometry: geometries.image({ scale: 1 }) });
  const signal = new AbortController().signal;
  return { tile: plan.tile(0), index: 0, count: 1, causal: false, timestep: undefined, signal, ...changes };
}

/** Awaits a rejection and returns its error. */
export async function errorOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error("the promise must reject, and was fulfilled");
}
