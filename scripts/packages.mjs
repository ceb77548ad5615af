// What is published, as package.json files: docs/releasing.md. All take the version of the main package.

/** Where a prebuilt addon is published for: Node's process.platform and process.arch. */
export const PLATFORMS = [
  { os: "darwin", cpu: "arm64" },
  { os: "darwin", cpu: "x64" },
  // The executor on WebAssembly serves where the C library is another one, musl.
  { os: "linux", cpu: "arm64", libc: "glibc" },
  { os: "linux", cpu: "x64", libc: "glibc" },
  { os: "win32", cpu: "x64" },
];

/** The name of a platform's package, which src/executor/addon.ts looks for. */
export function platformPackageName({ os, cpu }) {
  return `@tileblend/${os}-${cpu}`;
}

/** The platform of a machine, or undefined where none is published. */
export function findPlatform(os, cpu) {
  return PLATFORMS.find((platform) => platform.os === os && platform.cpu === cpu);
}

/** The model that the command line encodes and decodes with by itself, where it is installed. */
const MODEL_PACKAGE = "@tileblend/tiny-video-vae";

/** Imports that only tests use. */
const CHECKOUT_IMPORTS = ["#src/*", "#scripts/*"];

/**
 * The published manifest of the main package. A checkout's has no platform packages, since `npm ci` would look for
 * versions that are not published yet; the published one has nothing that only a checkout needs.
 */
export function mainManifest(checkout) {
  const { scripts, devDependencies, binary, imports, ...published } = checkout;
  return {
    ...published,
    ...repositoryField(),
    imports: Object.fromEntries(Object.entries(imports).filter(([name]) => !CHECKOUT_IMPORTS.includes(name))),
    optionalDependencies: Object.fromEntries(
      PLATFORMS.map((platform) => [platformPackageName(platform), checkout.version]),
    ),
    peerDependencies: { ...published.peerDependencies, [MODEL_PACKAGE]: checkout.version },
    peerDependenciesMeta: { ...published.peerDependenciesMeta, [MODEL_PACKAGE]: { optional: true } },
  };
}

/** The manifest of a platform's package: the addon alone, and no script. */
export function platformManifest(checkout, platform) {
  const { version, license, engines } = checkout;
  const { os, cpu, libc } = platform;
  return {
    name: platformPackageName(platform),
    version,
    description: `Native addon of tileblend for ${os} ${cpu}${libc === undefined ? "" : ` (${libc})`}.`,
    license,
    ...repositoryField(),
    engines,
    os: [os],
    cpu: [cpu],
    ...(libc === undefined ? {} : { libc: [libc] }),
    type: "commonjs",
    main: "tileblend.node",
    files: ["tileblend.node"],
  };
}

/** The manifest of a package that has one of its own, in the version of the main package. */
export function folderManifest({ version }, own) {
  return { ...own, version, ...repositoryField() };
}

/** npm accepts a provenance statement only from the repository that the manifest names: the one that publishes. */
function repositoryField() {
  const name = process.env.GITHUB_REPOSITORY;
  return name ? { repository: { type: "git", url: `git+https://github.com/${name}.git` } } : {};
}
