import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { mustBe } from "../errors.js";
import { hasCode } from "./beside.js";
import { FfmpegError, MissingProgramError, type ProgramEnd } from "./errors.js";

/** Characters of stderr that are kept. */
const STDERR_TAIL = 4096;
/** How long an ended program's pipes may stay open (milliseconds): a grandchild can hold them. */
const PIPE_GRACE = 1000;
/** How long a program that has closed its input may take to end (milliseconds). */
const EXIT_GRACE = 2000;

/** Returns a program's path, or throws a TypeError. */
export function checkProgram(path: string, value: unknown): string {
  if (typeof value !== "string" || value === "") throw new TypeError(mustBe(path, "the path of a program", value));
  return value;
}

/** A program that runs, with pipes for its input and output. It never throws through a stream's event. */
export class RunningProgram {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  /** Settles when the program has ended; rejects with MissingProgramError when it cannot be started. */
  readonly ended: Promise<ProgramEnd>;
  readonly #program: string;
  readonly #child: ChildProcess;

  constructor(program: string, args: readonly string[], { input, output }: { input: boolean; output: boolean }) {
    this.#program = program;
    this.#child = spawn(program, args, {
      stdio: [input ? "pipe" : "ignore", output ? "pipe" : "ignore", "pipe"],
      windowsHide: true,
    });
    this.stdin = this.#child.stdin;
    this.stdout = this.#child.stdout;
    // EPIPE and the like: how the program ended says more, and an event without a listener would end the process.
    this.stdin?.on("error", () => {});
    this.ended = this.#watch();
    this.ended.catch(() => {});
  }

  #watch(): Promise<ProgramEnd> {
    const child = this.#child;
    let stderrTail = "";
    child.stderr?.setEncoding("utf8");
    child.stderr?.on("data", (text: string) => {
      stderrTail = (stderrTail + text).slice(-STDERR_TAIL);
    });
    return new Promise((resolve, reject) => {
      child.on("error", (error) => reject(startError(this.#program, error)));
      child.once("exit", () => {
        setTimeout(() => child.stderr?.destroy(), PIPE_GRACE).unref();
      });
      child.once("exit", (exitCode, signal) => {
        const settle = () => resolve({ exitCode, signal, stderrTail });
        if (child.stderr === null || child.stderr.closed) settle();
        else child.stderr.once("close", settle);
      });
    });
  }

  /**
   * Writes to the program and waits until the pipe has taken it.
   * @throws FfmpegError when the program ends first.
   */
  async write(bytes: Uint8Array, doing: string): Promise<void> {
    const { stdin } = this;
    const written = new Promise<boolean>((resolve) => {
      if (stdin === null) resolve(false);
      else stdin.write(bytes, (error) => resolve(!error));
    });
    const isWritten = await Promise.race([written, this.ended.then(() => false)]);
    if (!isWritten) throw this.error(doing, await this.#endSoon());
  }

  /** The error for a program that has ended as `end` says. */
  error(doing: string, end: ProgramEnd): FfmpegError {
    return new FfmpegError(this.#program, doing, end);
  }

  /** Ends the program at once, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended.catch(() => {});
  }

  /** Waits for a program that reads no more, and ends it when it stays. */
  async #endSoon(): Promise<ProgramEnd> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), EXIT_GRACE);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }
}

function startError(program: string, error: Error): MissingProgramError {
  const reason = hasCode(error, "ENOENT") ? "it is not on the PATH" : error.message;
  return new MissingProgramError(program, reason, error);
}

/**
 * Runs a program to its end and returns what it printed, UTF-8.
 * @throws MissingProgramError when it cannot be started, FfmpegError when it does not end with exit code 0.
 */
export async function runProgram(program: string, args: readonly string[], doing: string): Promise<string> {
  const running = new RunningProgram(program, args, { input: false, output: true });
  const [end, printed] = await Promise.all([running.ended, readText(running.stdout)]);
  if (end.exitCode !== 0) throw running.error(doing, end);
  return printed;
}

async function readText(stream: Readable | null): Promise<string> {
  let text = "";
  try {
    stream?.setEncoding("utf8");
    for await (const part of stream ?? []) text += part;
  } catch {
    // The stream of a program that does not start is cut off: how the program ended says it better.
  }
  return text;
}
