// Converts a network of @upscalerjs/esrgan-slim (MIT), a TensorFlow.js layers model, to ONNX.
//   npm pack @upscalerjs/esrgan-slim@1.0.0 && tar xzf upscalerjs-esrgan-slim-1.0.0.tgz
//   node scripts/convert-esrgan.mjs package -o models/esrgan-slim [--scale 4]
// The same package gives the same bytes. A layer or a setting that is not known here is an error.
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { encodeOnnxModel } from "./onnx-model.mjs";

/** Throws unless every setting of a layer has the value that its conversion below stands for. */
function expectSettings({ class_name: kind, config }, expected) {
  for (const [key, value] of Object.entries(expected)) {
    const [want, got] = [JSON.stringify(value), JSON.stringify(config[key])];
    if (want !== got) throw new Error(`${kind} ${config.name}: ${key} must be ${want}, got ${got}`);
  }
}

/** Reads the float32 weights by name: {shape, data}. */
function readWeights(manifest, bytes) {
  const weights = new Map();
  let offset = 0;
  for (const { name, shape, dtype, quantization } of manifest.flatMap((group) => group.weights)) {
    if (dtype !== "float32" || quantization) throw new Error(`weight ${name} must be plain float32, got ${dtype}`);
    const count = shape.reduce((product, size) => product * size, 1);
    // A copy, so that the array is aligned.
    weights.set(name, { shape, data: new Float32Array(bytes.slice(offset, offset + 4 * count).buffer) });
    offset += 4 * count;
  }
  if (offset !== bytes.length) throw new Error(`the weights must be ${offset} bytes long, got ${bytes.length}`);
  return weights;
}

/** Reorders a kernel (height, width, in, out) to (out, in, height, width). */
function transposeKernel({ shape, data }) {
  const [height, width, inputs, outputs] = shape;
  const result = new Float32Array(data.length);
  for (let at = 0; at < data.length; at++) {
    const out = at % outputs;
    const input = Math.floor(at / outputs) % inputs;
    const tap = Math.floor(at / (outputs * inputs));
    result[(out * inputs + input) * height * width + tap] = data[at];
  }
  return { dims: [outputs, inputs, height, width], data: result };
}

function convertConv2D(layer, inputs, weights) {
  const { name, kernel_size: kernelSize, padding } = layer.config;
  const unit = [1, 1];
  const plain = {
    activation: "linear",
    data_format: "channels_last",
    strides: unit,
    dilation_rate: unit,
    use_bias: true,
  };
  expectSettings(layer, plain);
  if (kernelSize.some((size) => size % 2 === 0))
    throw new Error(`Conv2D ${name}: the kernel must be odd, got ${kernelSize}`);
  const pads = padding === "same" ? kernelSize.map((size) => (size - 1) / 2) : [0, 0];
  const bias = weights.get(`${name}/bias`);
  return {
    initializers: [
      { name: `${name}/kernel`, ...transposeKernel(weights.get(`${name}/kernel`)) },
      { name: `${name}/bias`, dims: bias.shape, data: bias.data },
    ],
    node: {
      op: "Conv",
      inputs: [...inputs, `${name}/kernel`, `${name}/bias`],
      attributes: { kernel_shape: { ints: kernelSize }, pads: { ints: [...pads, ...pads] } },
    },
  };
}

function convertUpSampling2D(layer, inputs) {
  const { name, size } = layer.config;
  expectSettings(layer, { interpolation: "nearest", data_format: "channels_last" });
  const scales = { name: `${name}/scales`, dims: [4], data: Float32Array.of(1, 1, ...size) };
  const attributes = {
    mode: { string: "nearest" },
    coordinate_transformation_mode: { string: "asymmetric" },
    nearest_mode: { string: "floor" },
  };
  return { initializers: [scales], node: { op: "Resize", inputs: [...inputs, "", scales.name], attributes } };
}

/** What each kind of layer becomes: {node, initializers}. */
const CONVERSIONS = {
  Conv2D: convertConv2D,
  UpSampling2D: convertUpSampling2D,
  Activation(layer, inputs) {
    expectSettings(layer, { activation: "relu" });
    return { node: { op: "Relu", inputs } };
  },
  Concatenate(layer, inputs) {
    // The channels: axis 3 of NHWC, axis 1 of NCHW.
    expectSettings(layer, { axis: 3 });
    return { node: { op: "Concat", inputs, attributes: { axis: { int: 1 } } } };
  },
  Add: (_layer, inputs) => ({ node: { op: "Add", inputs } }),
};

/** Converts a layers model, given as its parsed model.json and its weights, to the bytes of an ONNX model. */
function convertLayersModel({ name, scale, topology, weights, docString }) {
  const {
    layers,
    input_layers: [[inputLayer]],
    output_layers: [[outputLayer]],
  } = topology;
  const valueNames = new Map([
    [inputLayer, "input"],
    [outputLayer, "output"],
  ]);
  const nameOf = (layer) => valueNames.get(layer) ?? layer;
  const nodes = [];
  const initializers = [];
  for (const layer of layers) {
    const { class_name: kind, config } = layer;
    if (kind === "InputLayer") continue;
    const convert = CONVERSIONS[kind];
    if (convert === undefined) throw new Error(`layer ${config.name} is a ${kind}, which is not known here`);
    const inputs = layer.inbound_nodes[0].map(([from]) => nameOf(from));
    const { node, initializers: constants = [] } = convert(layer, inputs, weights);
    nodes.push({ ...node, name: config.name, outputs: [nameOf(config.name)] });
    initializers.push(...constants);
  }
  return encodeOnnxModel({
    name,
    nodes,
    initializers,
    inputs: [{ name: "input", shape: ["batch", 3, "height", "width"] }],
    outputs: [{ name: "output", shape: ["batch", 3, `${scale}*height`, `${scale}*width`] }],
    docString,
  });
}

/** Reads the network of one scale from the unpacked package and converts it. */
async function convertPackage(packageDirectory, scale) {
  const directory = join(packageDirectory, "models", `x${scale}`);
  const model = JSON.parse(await readFile(join(directory, "model.json"), "utf8"));
  const paths = model.weightsManifest.flatMap((group) => group.paths);
  const bytes = Buffer.concat(await Promise.all(paths.map((path) => readFile(join(directory, path)))));
  const { name, version, license } = JSON.parse(await readFile(join(packageDirectory, "package.json"), "utf8"));
  return convertLayersModel({
    docString: `Converted from ${name} ${version}, ${license}. Values are 0 to 255, red, green, blue.`,
    name: `esrgan-slim-x${scale}`,
    scale,
    topology: model.modelTopology.model_config.config,
    weights: readWeights(model.weightsManifest, new Uint8Array(bytes)),
  });
}

async function main() {
  const options = { out: { type: "string", short: "o" }, scale: { type: "string", default: "4" } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [packageDirectory] = positionals;
  if (positionals.length !== 1 || values.out === undefined || !/^[2348]$/.test(values.scale)) {
    throw new Error("usage: node scripts/convert-esrgan.mjs PACKAGE_DIR -o DIRECTORY [--scale 2|3|4|8]");
  }
  const bytes = await convertPackage(packageDirectory, Number(values.scale));
  await mkdir(values.out, { recursive: true });
  const path = join(values.out, `esrgan-slim-x${values.scale}.onnx`);
  await writeFile(`${path}.part`, bytes);
  await rename(`${path}.part`, path);
  console.log(`${createHash("sha256").update(bytes).digest("hex")}  ${path} (${bytes.length} bytes)`);
}

await main();
