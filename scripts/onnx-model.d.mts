/** Element type of a tensor. */
export type OnnxElementType = "float32" | "uint8" | "int32" | "int64" | "bool" | "float16" | "float64" | "bfloat16";

/** An attribute: exactly one field. */
export type OnnxAttribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly string: string }
  | { readonly floats: readonly number[] }
  | { readonly ints: readonly number[] };

/** One operation. */
export interface OnnxNode {
  readonly op: string;
  /** Default: the name of the first output. */
  readonly name?: string;
  /** Names of values; an empty one is an input left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

/** A constant. */
export interface OnnxInitializer {
  readonly name: string;
  /** Default float32. */
  readonly type?: OnnxElementType;
  readonly dims: readonly number[];
  /** The elements; float16 and bfloat16 as bits. */
  readonly data: ArrayBufferView;
}

/** An input or output of the graph. */
export interface OnnxValue {
  readonly name: string;
  /** Default float32. */
  readonly type?: OnnxElementType;
  /** Lengths, or names of lengths that are free; absent: the rank is unknown. */
  readonly shape?: readonly (number | string)[];
}

/** A model of one graph. */
export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers?: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Version of the default operator set. Default 17. */
  readonly opset?: number;
  readonly docString?: string;
}

/** Returns the bytes of an ONNX model (IR version 8). The same model gives the same bytes. */
export function encodeOnnxModel(model: OnnxModel): Uint8Array<ArrayBuffer>;
