import { expect } from "chai";

// Boundary: error classes take arguments of their own.
// biome-ignore lint/suspicious/noExplicitAny: any class of error will do
export type ErrorClass = new (...args: any[]) => Error;

/** Runs what must reject and returns its error, of exactly this class and with this message. */
export async function expectRejection(
  run: () => Promise<unknown>,
  errorClass: ErrorClass,
  message: RegExp,
): Promise<Error> {
  let error: unknown;
  try {
    await run();
  } catch (thrown) {
    error = thrown;
  }
  expect(error, "nothing was thrown").to.be.an.instanceOf(Error);
  // Boundary: the line above has shown what it is.
  const caught = error as Error;
  expect(caught.constructor.name, caught.message).to.equal(errorClass.name);
  expect(caught.message).to.match(message);
  return caught;
}

/** Runs what must throw at once, as expectRejection does. */
export async function expectThrow(run: () => unknown, errorClass: ErrorClass, message: RegExp): Promise<Error> {
  return expectRejection(async () => void run(), errorClass, message);
}

/** Lets the event loop go round `count` times. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Runs what must reject, and gives the error. */
export async function failure(work: () => Promise<unknown>): Promise<Error> {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was rejected");
}
