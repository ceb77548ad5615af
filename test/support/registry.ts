import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { runProgram } from "./packages.js";

/** A package registry on the loopback interface. */
export interface Registry {
  /** Its address, for a client's `--registry`. */
  readonly url: string;
  /** Stops it. */
  close(): Promise<void>;
}

interface Published {
  readonly manifest: { readonly name: string; readonly version: string };
  readonly file: string;
  readonly bytes: Buffer;
}

/**
 * Starts a registry that has the packages of these tarballs, one version each, and nothing else: what a client asks
 * for besides is not found. So an install is that of a user, without network.
 */
export async function startRegistry(tarballs: readonly string[]): Promise<Registry> {
  const published = await Promise.all(tarballs.map(readTarball));
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "").slice(1);
    const body = published.map((each) => answer(each, path, url)).find((each) => each !== undefined);
    response.statusCode = body === undefined ? 404 : 200;
    response.end(body ?? "{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Boundary: a server that listens on a port has an address of this kind.
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readTarball(path: string): Promise<Published> {
  const manifest = JSON.parse(await runProgram("tar", ["-xzOf", path, "package/package.json"]));
  return { manifest, file: basename(path), bytes: readFileSync(path) };
}

/** What one package's part of the registry answers to a path, if it is one of its own. */
function answer({ manifest, file, bytes }: Published, path: string, url: string): Buffer | string | undefined {
  if (path === `-/${file}`) return bytes;
  if (path !== manifest.name) return undefined;
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  const version = { ...manifest, dist: { tarball: `${url}/-/${file}`, integrity } };
  return JSON.stringify({
    name: manifest.name,
    "dist-tags": { latest: manifest.version },
    versions: { [manifest.version]: version },
  });
}
