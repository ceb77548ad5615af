/** How a value is shown in a message: short, and never a whole array. */
export function showValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
  if (Array.isArray(value)) return `[${value.slice(0, 8).map(showValue).join(", ")}${value.length > 8 ? ", ..." : ""}]`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
  if (typeof value === "object" && value !== null) {
    const keys = Object.keys(value);
    return `{${keys.slice(0, 6).join(", ")}${keys.length > 6 ? ", ..." : ""}}`;
  }
  return String(value);
}

/** The one form of a message on bad input: `<path> must be <condition>, got <value>`. */
export function mustBe(path: string, condition: string, got: unknown): string {
  return `${path} must be ${condition}, got ${showValue(got)}`;
}

/** A plan file's digest, or one of its fields, is not that of the plan made anew from its request. */
export class PlanMismatchError extends Error {
  override readonly name = "PlanMismatchError";
  /** What differs: `digest`, `output`, `tileCount`, `axes`, or a mask such as `axes.frames[0].mask`. */
  readonly field: string;
  /** The value of the plan made anew. */
  readonly expected: string;
  /** The value that was read. */
  readonly actual: string;

  constructor(field: string, expected: string, actual: string) {
    super(`plan.${field} must be ${expected}, as planned anew from the plan's request, got ${actual}`);
    this.field = field;
    this.expected = expected;
    this.actual = actual;
  }
}

/** A decoder threw or rejected; its error is the `cause`. */
export class DecoderError extends Error {
  override readonly name = "DecoderError";
  /** Index of the tile in plan order. */
  readonly tileIndex: number;

  constructor(tileIndex: number, description: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : showValue(cause);
    super(`the decoder failed on ${description}: ${reason}`, { cause });
    this.tileIndex = tileIndex;
  }
}

/** A decoder answered with a tensor of another shape than the tile's. */
export class TileShapeError extends Error {
  override readonly name = "TileShapeError";
  /** Index of the tile in plan order. */
  readonly tileIndex: number;
  /** The shape that was planned: (B, C, frames, height, width). */
  readonly expected: readonly number[];
  /** The shape of what the decoder answered. */
  readonly actual: readonly number[];

  constructor(
    tileIndex: number,
    description: string,
    expected: readonly number[],
    actual: readonly number[],
    hint: string,
  ) {
    super(
      `the decoder's answer for ${description} must be of shape (${expected.join(", ")}), got (${actual.join(", ")})${hint}`,
    );
    this.tileIndex = tileIndex;
    this.expected = expected;
    this.actual = actual;
  }
}

/** One executor that was tried, and why it cannot be used here. */
export interface ExecutorAttempt {
  readonly name: string;
  readonly reason: string;
}

/** The executor asked for cannot be used here. */
export class ExecutorUnavailableError extends Error {
  override readonly name = "ExecutorUnavailableError";
  /** Each executor that was tried, and why it was not used. */
  readonly attempts: readonly ExecutorAttempt[];

  constructor(message: string, attempts: readonly ExecutorAttempt[], options?: ErrorOptions) {
    super([message, ...attempts.map((attempt) => `  ${attempt.name}: ${attempt.reason}`)].join("\n"), options);
    this.attempts = attempts;
  }
}

/** An executor failed while it worked. */
export class ExecutorError extends Error {
  override readonly name = "ExecutorError";
}

/** An optional npm package is needed and absent, or does not load: the `cause` says which. */
export class MissingPackageError extends Error {
  override readonly name = "MissingPackageError";
  /** Name of the package on npm. */
  readonly packageName: string;
  /** The command that installs it. */
  readonly installCommand: string;

  constructor(packageName: string, purpose: string, cause: unknown) {
    const installCommand = `npm install ${packageName}`;
    const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    super(`${purpose} needs the optional package ${packageName}: run ${installCommand} (${reason})`, { cause });
    this.packageName = packageName;
    this.installCommand = installCommand;
  }
}

/** A model or a module cannot be made a decoder. */
export class DecoderLoadError extends Error {
  override readonly name = "DecoderLoadError";
  /** The file, as it was given, or what was given instead of one. */
  readonly source: string;

  constructor(source: string, reason: string, options?: ErrorOptions) {
    super(`${source} cannot be used as a decoder: ${reason}`, options);
    this.source = source;
  }
}

/** A model failed while it ran, or gave something that is no frames. */
export class ModelRunError extends Error {
  override readonly name = "ModelRunError";
  /** The file, as it was given, or what was given instead of one. */
  readonly source: string;

  constructor(source: string, reason: string, options?: ErrorOptions) {
    super(`${source}: ${reason}`, options);
    this.source = source;
  }
}
