/** A file's bytes are not what its format, or this reader, asks for. */
export class FileFormatError extends Error {
  override readonly name = "FileFormatError";
  /** The file, as it was given. */
  readonly path: string;
  /** What is wrong with it, and where there is a way out, the way out. */
  readonly reason: string;

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`${path}: ${reason}`, options);
    this.path = path;
    this.reason = reason;
  }
}

/** A file or folder cannot be written as asked; nothing has been written. */
export class OutputPathError extends Error {
  override readonly name = "OutputPathError";
  /** The file or folder, as it was given. */
  readonly path: string;
  /** Why, and the way out. */
  readonly reason: string;

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`${path}: ${reason}`, options);
    this.path = path;
    this.reason = reason;
  }
}

/** A program is needed and cannot be started. */
export class MissingProgramError extends Error {
  override readonly name = "MissingProgramError";
  /** The program, as it was looked for. */
  readonly program: string;

  constructor(program: string, reason: string, cause?: unknown) {
    super(
      `cannot run ${program}: ${reason}; install ffmpeg from https://ffmpeg.org or with the system's package manager`,
      { cause },
    );
    this.program = program;
  }
}

/** How ffmpeg or ffprobe ended. */
export interface ProgramEnd {
  /** Exit code, or null when a signal ended it. */
  readonly exitCode: number | null;
  /** The signal that ended it, or null. */
  readonly signal: string | null;
  /** The last 4096 characters of its stderr. */
  readonly stderrTail: string;
}

/** ffmpeg or ffprobe ended before its work was done. */
export class FfmpegError extends Error {
  override readonly name = "FfmpegError";
  /** Exit code, or null when a signal ended it. */
  readonly exitCode: number | null;
  /** The signal that ended it, or null. */
  readonly signal: string | null;
  /** The last 4096 characters of its stderr. */
  readonly stderrTail: string;

  constructor(program: string, doing: string, end: ProgramEnd) {
    const how = end.signal === null ? `exit code ${end.exitCode}` : `signal ${end.signal}`;
    const said = end.stderrTail.trim();
    super(`${program} ended with ${how} while ${doing}${said === "" ? ", and said nothing" : `:\n${said}`}`);
    this.exitCode = end.exitCode;
    this.signal = end.signal;
    this.stderrTail = end.stderrTail;
  }
}
