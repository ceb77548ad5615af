import {
  type ConformanceVectors,
  compareResult,
  nameOfCall,
  PLANNER_SUITES,
  type PlannerCase,
  runSuite,
  type SuiteResult,
} from "./vectors.js";

/** planner.wasm in a plain WebAssembly engine, as docs/planner-abi.md describes it. */
class PlannerHost {
  readonly #exports: WebAssembly.Exports;

  constructor(instance: WebAssembly.Instance) {
    this.#exports = instance.exports;
  }

  constant(name: string): number {
    // Boundary: the document says which exports are globals.
    return Number((this.#exports[name] as WebAssembly.Global).value);
  }

  #call(name: string, values: readonly number[] = []): number {
    // Boundary: the document says which exports are functions.
    return (this.#exports[name] as (...values: number[]) => number)(...values);
  }

  #view(address: number, bytes: number): DataView<ArrayBuffer> {
    // Read anew each time: a call may grow the memory, and then the old buffer is gone.
    const { buffer } = this.#exports["memory"] as WebAssembly.Memory;
    return new DataView(buffer, address, bytes);
  }

  /** Makes the call of a case. Returns the number of bytes of the result, or minus an error code. */
  invoke({ call, arguments: values }: PlannerCase): number {
    if (call !== "plan") return this.#call(call, values);
    const request = this.#view(this.#call("request_ptr"), this.constant("REQUEST_BYTES"));
    values.forEach((value, i) => {
      request.setInt32(4 * i, value, true);
    });
    return this.#call("plan");
  }

  /** A copy of the last result; of a plan with an axis, its records and masks. */
  result(bytes: number, axis?: number): Uint8Array<ArrayBuffer> {
    const view = this.#view(this.#call("result_ptr"), bytes);
    const block = new Uint8Array(view.buffer, view.byteOffset, bytes);
    if (axis === undefined) return block.slice();
    const header = this.constant("PLAN_AXES") + axis * this.constant("AXIS_HEADER_BYTES");
    const [records, masks, maskBytes] = [8, 12, 16].map((field) => view.getInt32(header + field, true));
    return block.slice(records, (masks ?? 0) + (maskBytes ?? 0));
  }

  /** The error record: code, axis, got, limit. */
  error(): readonly [number, number, bigint, bigint] {
    const record = this.#view(this.#call("error_ptr"), this.constant("ERROR_BYTES"));
    return [
      record.getInt32(0, true),
      record.getInt32(4, true),
      record.getBigInt64(8, true),
      record.getBigInt64(16, true),
    ];
  }
}

function checkCase(host: PlannerHost, each: PlannerCase): Promise<string | null> | string | null {
  const status = host.invoke(each);
  if (each.error === undefined) {
    if (status < 0) return `expected a result, got error ${host.error().join(", ")}`;
    return compareResult(each, host.result(status, each.axis));
  }
  if (status >= 0) return `expected ${each.error.name}, got a result of ${status} bytes`;
  const { code, name, axis, got, limit } = each.error;
  const expected = [code, axis, got, limit].join(", ");
  const actual = host.error().join(", ");
  if (status !== -code || actual !== expected) return `expected ${name}: ${expected}, got ${actual}`;
  return host.constant(name) === code ? null : `expected ${name} to be ${code}, got ${host.constant(name)}`;
}

/**
 * Runs the suites of planner.wasm in this engine's WebAssembly.
 * @throws RangeError when the vectors are of another plan format than the module.
 */
export async function runPlannerSuites(
  vectors: ConformanceVectors,
  wasm: Uint8Array<ArrayBuffer>,
): Promise<Record<string, SuiteResult>> {
  const { instance } = await WebAssembly.instantiate(wasm, {});
  const host = new PlannerHost(instance);
  const version = host.constant("PLAN_VERSION");
  if (version !== vectors.planVersion) {
    throw new RangeError(`the vectors are of plan format ${vectors.planVersion}, planner.wasm is of ${version}`);
  }
  const results: Record<string, SuiteResult> = {};
  for (const suite of PLANNER_SUITES) {
    results[suite] = await runSuite(vectors.suites[suite], nameOfCall, (each) => checkCase(host, each));
  }
  return results;
}
