/** A platform that a prebuilt addon is published for. */
export interface Platform {
  /** Node's process.platform. */
  readonly os: string;
  /** Node's process.arch. */
  readonly cpu: string;
  /** The C library that the addon needs, where there are several. */
  readonly libc?: string;
}

/** The fields that a published manifest takes from the one of the checkout. */
export interface CheckoutManifest {
  readonly version: string;
  readonly license: string;
  readonly engines: object;
}

/** Where a prebuilt addon is published for. */
export declare const PLATFORMS: readonly Platform[];

/** The name of a platform's package. */
export declare function platformPackageName(platform: Platform): string;

/** The manifest of a platform's package: the addon alone, and no script. */
export declare function platformManifest(checkout: CheckoutManifest, platform: Platform): object;
