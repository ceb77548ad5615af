// Writes ONNX models: the messages of onnx.proto that a small network needs, encoded with protobufjs. The same model
// gives the same bytes.
import protobuf from "protobufjs";

// Field names and numbers: onnx/onnx.proto of ONNX 1.14 (IR version 8), https://github.com/onnx/onnx, Apache-2.0.
const SCHEMA = `
  syntax = "proto2";
  message AttributeProto {
    optional string name = 1;
    optional float f = 2;
    optional int64 i = 3;
    optional bytes s = 4;
    repeated float floats = 7;
    repeated int64 ints = 8;
    optional int32 type = 20;
  }
  message NodeProto {
    repeated string input = 1;
    repeated string output = 2;
    optional string name = 3;
    optional string op_type = 4;
    repeated AttributeProto attribute = 5;
  }
  message TensorProto {
    repeated int64 dims = 1;
    optional int32 data_type = 2;
    optional string name = 8;
    optional bytes raw_data = 9;
  }
  message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
  message TensorShapeProto { repeated Dimension dim = 1; }
  message TensorTypeProto { optional int32 elem_type = 1; optional TensorShapeProto shape = 2; }
  message TypeProto { optional TensorTypeProto tensor_type = 1; }
  message ValueInfoProto { optional string name = 1; optional TypeProto type = 2; }
  message GraphProto {
    repeated NodeProto node = 1;
    optional string name = 2;
    repeated TensorProto initializer = 5;
    repeated ValueInfoProto input = 11;
    repeated ValueInfoProto output = 12;
  }
  message OperatorSetIdProto { optional string domain = 1; optional int64 version = 2; }
  message ModelProto {
    optional int64 ir_version = 1;
    optional string producer_name = 2;
    optional string producer_version = 3;
    optional string doc_string = 6;
    optional GraphProto graph = 7;
    repeated OperatorSetIdProto opset_import = 8;
  }`;

const ModelProto = protobuf.parse(SCHEMA, { keepCase: true }).root.lookupType("ModelProto");

/** TensorProto.DataType. */
const ELEMENT_TYPES = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float16: 10, float64: 11, bfloat16: 16 };

/** AttributeProto.AttributeType. */
const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, floats: 6, ints: 7 };

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function elementType(type) {
  const number = ELEMENT_TYPES[type];
  if (number === undefined)
    throw new TypeError(`type must be one of ${Object.keys(ELEMENT_TYPES).join(", ")}, got ${type}`);
  return number;
}

/** An attribute given as {float}, {int}, {string}, {floats} or {ints}. */
function encodeAttribute([name, attribute]) {
  const [[kind, value]] = Object.entries(attribute);
  const type = ATTRIBUTE_TYPES[kind];
  if (type === undefined)
    throw new TypeError(`attribute ${name} must be one of ${Object.keys(ATTRIBUTE_TYPES)}, got ${kind}`);
  if (kind === "string") return { name, type, s: new TextEncoder().encode(value) };
  const field = { float: "f", int: "i", floats: "floats", ints: "ints" }[kind];
  return { name, type, [field]: value };
}

function encodeNode({ op, name, inputs, outputs, attributes = {} }) {
  const attribute = Object.entries(attributes).map(encodeAttribute);
  return { op_type: op, name: name ?? outputs[0], input: inputs, output: outputs, attribute };
}

function encodeInitializer({ name, type = "float32", dims, data }) {
  if (!isLittleEndian) throw new Error("raw_data is little-endian, and this machine is not");
  return {
    name,
    dims,
    data_type: elementType(type),
    raw_data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

function encodeValue({ name, type = "float32", shape }) {
  const tensorType = { elem_type: elementType(type) };
  const dim = shape?.map((size) => (typeof size === "string" ? { dim_param: size } : { dim_value: size }));
  return { name, type: { tensor_type: dim === undefined ? tensorType : { ...tensorType, shape: { dim } } } };
}

/**
 * Returns the bytes of an ONNX model; onnx-model.d.mts has the types. Initializers hold their elements in a typed
 * array (float16 and bfloat16: bits in a Uint16Array); a value without a shape is of unknown rank.
 */
export function encodeOnnxModel({ name, nodes, initializers = [], inputs, outputs, opset = 17, docString }) {
  const model = {
    ir_version: 8,
    producer_name: "tileblend",
    ...(docString === undefined ? {} : { doc_string: docString }),
    graph: {
      name,
      node: nodes.map(encodeNode),
      initializer: initializers.map(encodeInitializer),
      input: inputs.map(encodeValue),
      output: outputs.map(encodeValue),
    },
    opset_import: [{ domain: "", version: opset }],
  };
  const problem = ModelProto.verify(model);
  if (problem !== null) throw new TypeError(`the model cannot be encoded: ${problem}`);
  return ModelProto.encode(ModelProto.create(model)).finish();
}
