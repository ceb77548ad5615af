import { encodeOnnxModel, type OnnxElementType, type OnnxNode, type OnnxValue } from "#scripts/onnx-model.mjs";

/** The shape of latents with every length free. */
export const FREE_SHAPES = {
  4: ["batch", "channels", "height", "width"],
  5: ["batch", "channels", "frames", "height", "width"],
} as const;

/** Doubles frames, height and width of (B, 2, F, H, W), each value repeated, and adds 0.5 and -0.25 to the channels. */
export function enlargeModel(): Uint8Array {
  const attributes = {
    mode: { string: "nearest" },
    coordinate_transformation_mode: { string: "asymmetric" },
    nearest_mode: { string: "floor" },
  };
  return encodeOnnxModel({
    name: "enlarge",
    nodes: [
      { op: "Resize", inputs: ["latents", "", "scales"], outputs: ["large"], attributes },
      { op: "Add", inputs: ["large", "bias"], outputs: ["video"] },
    ],
    initializers: [
      { name: "scales", dims: [5], data: Float32Array.of(1, 1, 2, 2, 2) },
      { name: "bias", dims: [1, 2, 1, 1, 1], data: Float32Array.of(0.5, -0.25) },
    ],
    inputs: [{ name: "latents", shape: ["batch", 2, "frames", "height", "width"] }],
    outputs: [{ name: "video", shape: ["batch", 2, "2f", "2h", "2w"] }],
  });
}

/** Adds to an image batch the largest value in the whole of it: shows which images ran together. */
export function addLargestModel(): Uint8Array {
  const attributes = { keepdims: { int: 1 } };
  return encodeOnnxModel({
    name: "add-largest",
    nodes: [
      { op: "ReduceMax", inputs: ["image"], outputs: ["largest"], attributes },
      { op: "Add", inputs: ["image", "largest"], outputs: ["result"] },
    ],
    inputs: [{ name: "image", shape: FREE_SHAPES[4] }],
    outputs: [{ name: "result", shape: FREE_SHAPES[4] }],
  });
}

/** Triples (B, C, F, H, W) in one type: float16 in, float16 out. */
export function tripleModel(type: OnnxElementType, three: ArrayBufferView): Uint8Array {
  return encodeOnnxModel({
    name: "triple",
    nodes: [{ op: "Mul", inputs: ["x", "three"], outputs: ["y"] }],
    initializers: [{ name: "three", type, dims: [], data: three }],
    inputs: [{ name: "x", type, shape: FREE_SHAPES[5] }],
    outputs: [{ name: "y", type, shape: FREE_SHAPES[5] }],
  });
}

/** x · gain + timestep + steps[0] + (flag ? 1 : 0), and its negative as a second output. */
export function manyInputsModel(): Uint8Array {
  const cast = (from: string): OnnxNode => ({
    op: "Cast",
    inputs: [from],
    outputs: [`${from}32`],
    attributes: { to: { int: 1 } },
  });
  return encodeOnnxModel({
    name: "many-inputs",
    nodes: [
      cast("steps"),
      cast("flag"),
      { op: "Mul", inputs: ["x", "gain"], outputs: ["scaled"] },
      { op: "Add", inputs: ["scaled", "timestep"], outputs: ["timed"] },
      { op: "Add", inputs: ["timed", "steps32"], outputs: ["stepped"] },
      { op: "Add", inputs: ["stepped", "flag32"], outputs: ["y"] },
      { op: "Neg", inputs: ["y"], outputs: ["negative"] },
    ],
    inputs: [
      { name: "x", shape: FREE_SHAPES[5] },
      { name: "gain", shape: [] },
      { name: "timestep", shape: ["batch", 1, 1, 1, 1] },
      { name: "steps", type: "int64", shape: [1] },
      { name: "flag", type: "bool", shape: [1] },
    ],
    outputs: [
      { name: "y", shape: FREE_SHAPES[5] },
      { name: "negative", shape: FREE_SHAPES[5] },
    ],
  });
}

/** x + offset, in float16. */
export function addHalfModel(): Uint8Array {
  const type = "float16";
  return encodeOnnxModel({
    name: "add-half",
    nodes: [{ op: "Add", inputs: ["x", "offset"], outputs: ["y"] }],
    inputs: [
      { name: "x", type, shape: FREE_SHAPES[5] },
      { name: "offset", type, shape: [1] },
    ],
    outputs: [{ name: "y", type, shape: FREE_SHAPES[5] }],
  });
}

/** Hands its input on: a model of any type and shape. */
export function identityModel(value: Omit<OnnxValue, "name">): Uint8Array {
  return encodeOnnxModel({
    name: "identity",
    nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
    inputs: [{ name: "x", ...value }],
    outputs: [{ name: "y", ...value }],
  });
}

/** The mean of all, without axes: no frames. */
export function meanModel(): Uint8Array {
  return encodeOnnxModel({
    name: "mean",
    nodes: [{ op: "ReduceMean", inputs: ["x"], outputs: ["y"], attributes: { keepdims: { int: 0 } } }],
    inputs: [{ name: "x", shape: FREE_SHAPES[5] }],
    outputs: [{ name: "y" }],
  });
}

/** Adds three numbers along the width: fails while it runs unless that is 1 or 3. */
export function clashModel(): Uint8Array {
  return encodeOnnxModel({
    name: "clash",
    nodes: [{ op: "Add", inputs: ["x", "three"], outputs: ["y"] }],
    initializers: [{ name: "three", dims: [3], data: Float32Array.of(1, 2, 3) }],
    inputs: [{ name: "x", shape: FREE_SHAPES[5] }],
    outputs: [{ name: "y", shape: FREE_SHAPES[5] }],
  });
}
