import type { NativeAddon } from "./addon.js";

/**
 * Stands in for addon.ts outside Node.
 * @throws Error always.
 */
export function loadAddon(): NativeAddon {
  throw new Error("native addons need Node");
}
