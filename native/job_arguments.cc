#include "job_arguments.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace tileblend {
namespace {

/** The largest length or position of an axis. Products of a few are checked by productOf. */
constexpr Index MAX_INDEX = std::numeric_limits<int32_t>::max();

Napi::Object objectAt(const Napi::Object& parent, const char* key) {
  const Napi::Value value = parent.Get(key);
  require(parent.Env(), value.IsObject(), "a field of the job is no object");
  return value.As<Napi::Object>();
}

/** A whole number from `least` to 2^31 - 1. */
Index toIndex(const Napi::Value& value, Index least) {
  require(value.Env(), value.IsNumber(), "a field of the job is no number");
  const double number = value.As<Napi::Number>().DoubleValue();
  const bool inRange = number >= static_cast<double>(least) && number <= static_cast<double>(MAX_INDEX);
  require(value.Env(), inRange, "a number of the job is out of range");
  const auto index = static_cast<Index>(number);
  require(value.Env(), static_cast<double>(index) == number, "a number of the job is not whole");
  return index;
}

Index indexAt(const Napi::Object& parent, const char* key, Index least = 0) {
  return toIndex(parent.Get(key), least);
}

float floatAt(const Napi::Object& parent, const char* key) {
  const Napi::Value value = parent.Get(key);
  require(parent.Env(), value.IsNumber(), "a field of the job is no number");
  return value.As<Napi::Number>().FloatValue();
}

PixelFormat formatOf(const Napi::Value& name) {
  require(name.Env(), name.IsString(), "the format is no string");
  const std::string text = name.As<Napi::String>();
  if (text == "float32") return FORMAT_FLOAT32;
  if (text == "float16") return FORMAT_FLOAT16;
  if (text == "bfloat16") return FORMAT_BFLOAT16;
  require(name.Env(), text == "rgb24", "the format is not known");
  return FORMAT_RGB24;
}

napi_typedarray_type arrayTypeOf(PixelFormat format) {
  if (format == FORMAT_FLOAT32) return napi_float32_array;
  return format == FORMAT_RGB24 ? napi_uint8_array : napi_uint16_array;
}

/** First element of a typed array of `count` elements of `format`. */
void* elementsOf(const Napi::Object& array, PixelFormat format, Index count) {
  const Napi::Env env = array.Env();
  require(env, array.IsTypedArray(), "the array is no typed array");
  const auto typed = array.As<Napi::TypedArray>();
  require(env, typed.TypedArrayType() == arrayTypeOf(format), "the array is not of the job's type");
  require(env, typed.ElementLength() == static_cast<size_t>(count), "the array is not of the job's length");
  void* data = nullptr;
  NAPI_THROW_IF_FAILED_VOID(env, napi_get_typedarray_info(env, array, nullptr, nullptr, &data, nullptr, nullptr));
  return data;
}

/** The product of lengths, which must stay below 2^53 as the length of any typed array does. */
template <typename... Lengths>
Index productOf(Napi::Env env, Lengths... lengths) {
  constexpr Index limit = Index{1} << 53;
  Index product = 1;
  for (const Index length : {lengths...}) {
    require(env, length == 0 || product <= limit / length, "the job's tensor is too large");
    product *= length;
  }
  return product;
}

/** Lengths that bound one axis of a tile. */
struct AxisLimits {
  Index tile;
  Index window;
};

TouchedPart readTouchedPart(const Napi::Object& object, AxisLimits limits, std::vector<float>& masks) {
  const Napi::Env env = object.Env();
  const Napi::Object mask = objectAt(object, "mask");
  require(env, mask.IsTypedArray(), "a mask is no typed array");
  require(env, mask.As<Napi::TypedArray>().TypedArrayType() == napi_float32_array, "a mask is no Float32Array");
  const auto weights = mask.As<Napi::Float32Array>();
  const auto length = static_cast<Index>(weights.ElementLength());
  masks.insert(masks.end(), weights.Data(), weights.Data() + length);
  const TouchedPart part{indexAt(object, "offset"), indexAt(object, "start"), length};
  require(env, part.offset + length <= limits.tile, "a touched part leaves the tile");
  require(env, part.start + length <= limits.window, "a touched part leaves the window");
  return part;
}

}  // namespace

void require(Napi::Env env, bool condition, const char* message) {
  if (!condition) throw Napi::Error::New(env, message);
}

WindowShape readWindowShape(const Napi::Object& shape) {
  return {indexAt(shape, "batch", 1), indexAt(shape, "channels", 1), indexAt(shape, "frames", 1),
          indexAt(shape, "height", 1), indexAt(shape, "width", 1)};
}

AccumulateJob readAccumulateJob(const Napi::Object& object, const WindowShape& shape, std::vector<float>& masks) {
  const Napi::Env env = object.Env();
  const Napi::Object pixels = objectAt(object, "pixels");
  const Napi::Object lengths = objectAt(pixels, "shape");
  const auto length = [&lengths](uint32_t axis) { return toIndex(lengths.Get(axis), 1); };
  require(env, length(0) == shape.batch && length(1) == shape.channels, "the tile is not of the window's planes");

  AccumulateJob job{};
  job.format = formatOf(pixels.Get("dtype"));
  require(env, job.format != FORMAT_RGB24, "a tile cannot be rgb24");
  AccumulateParams& params = job.params;
  params.window = shape;
  params.tileFrames = length(2);
  params.tileHeight = length(3);
  params.tileWidth = length(4);
  const Index count = productOf(env, shape.batch, shape.channels, length(2), length(3), length(4));
  job.pixels = elementsOf(objectAt(pixels, "data"), job.format, count);

  // The frames of the video go on while the window's are a ring.
  params.frames = readTouchedPart(objectAt(object, "frames"), {params.tileFrames, 2 * MAX_INDEX}, masks);
  params.height = readTouchedPart(objectAt(object, "height"), {params.tileHeight, shape.height}, masks);
  params.width = readTouchedPart(objectAt(object, "width"), {params.tileWidth, shape.width}, masks);
  require(env, params.frames.length <= shape.frames, "the tile has more frames than the window");
  job.masks[0] = masks.data();
  job.masks[1] = job.masks[0] + params.frames.length;
  job.masks[2] = job.masks[1] + params.height.length;
  return job;
}

NormaliseJob readNormaliseJob(const Napi::Object& object, const WindowShape& shape) {
  const Napi::Env env = object.Env();
  NormaliseJob job{};
  job.format = formatOf(object.Get("format"));
  NormaliseParams& params = job.params;
  params.window = shape;
  params.start = indexAt(object, "start");
  params.count = indexAt(object, "count");
  params.targetFrames = indexAt(object, "targetFrames");
  params.targetStart = indexAt(object, "targetStart");
  params.low = floatAt(object, "low");
  params.factor = floatAt(object, "factor");
  require(env, job.format != FORMAT_RGB24 || shape.channels == 3, "rgb24 takes 3 channels");
  require(env, params.count <= shape.frames, "more frames than the window holds");
  require(env, params.targetStart + params.count <= params.targetFrames, "the frames leave the target");
  const Index count = productOf(env, shape.batch, shape.channels, params.targetFrames, shape.height, shape.width);
  job.target = elementsOf(objectAt(object, "target"), job.format, count);
  return job;
}

}  // namespace tileblend
