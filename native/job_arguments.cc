#include "job_arguments.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace tileblend {
namespace {

/** The largest length or position of an axis. Products of a few are checked by productOf. */
constexpr Index MAX_INDEX = std::numeric_limits<int32_t>::max();

/** The longest typed array, and as a double still exact. */
constexpr double MAX_ELEMENTS = 9007199254740991.0;

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

/** A mask of the job, copied. */
struct Mask {
  const float* weights;
  Index length;
};

Mask readMask(const Napi::Object& part, Masks& masks) {
  const Napi::Env env = part.Env();
  const Napi::Object mask = objectAt(part, "mask");
  require(env, mask.IsTypedArray(), "a mask is no typed array");
  require(env, mask.As<Napi::TypedArray>().TypedArrayType() == napi_float32_array, "a mask is no Float32Array");
  const auto weights = mask.As<Napi::Float32Array>();
  masks.emplace_back(weights.Data(), weights.Data() + weights.ElementLength());
  return {masks.back().data(), static_cast<Index>(weights.ElementLength())};
}

TouchedPart readTouchedPart(const Napi::Object& object, const Mask& mask) {
  return {indexAt(object, "offset"), indexAt(object, "start"), mask.length};
}

/** What bounds one axis of a tile. */
struct AxisLimits {
  Index tile;
  Index window;
  /** The positions that several intervals may touch; null where all are. */
  const std::vector<Span>* shared;
};

/** Whether all of some positions are in one span. */
bool isIn(const std::vector<Span>& spans, Span part) {
  const auto holds = [part](const Span& span) { return span.start <= part.start && part.stop <= span.stop; };
  return part.start >= part.stop || std::any_of(spans.begin(), spans.end(), holds);
}

TileAxis readTileAxis(const Napi::Object& object, const TouchedPart& part, AxisLimits limits) {
  const Napi::Env env = object.Env();
  const TileAxis axis{indexAt(object, "planned"), indexAt(object, "fresh"), indexAt(object, "final")};
  require(env, part.length == 0 || part.offset + part.length <= limits.tile, "a touched part leaves the tile");
  require(env, part.start + axis.planned <= limits.window, "a touched part leaves the window");
  const bool isInside = part.length <= axis.planned && axis.fresh <= axis.planned && axis.final <= axis.planned;
  require(env, isInside, "a position of the job is past what is planned");
  if (limits.shared != nullptr) {
    const Span before{part.start, part.start + axis.fresh};
    const Span after{part.start + axis.final, part.start + axis.planned};
    require(env, isIn(*limits.shared, before) && isIn(*limits.shared, after), "the window shares no such positions");
  }
  return axis;
}

TouchedBox readTouchedBox(const Napi::Value& value, Masks& masks) {
  require(value.Env(), value.IsObject(), "a contributor is no object");
  TouchedBox box{};
  for (uint32_t axis = 0; axis < 3; ++axis) {
    const Napi::Value part = value.As<Napi::Object>().Get(axis);
    require(value.Env(), part.IsObject(), "a part of a contributor is no object");
    const Mask mask = readMask(part.As<Napi::Object>(), masks);
    box.parts[axis] = readTouchedPart(part.As<Napi::Object>(), mask);
    box.masks[axis] = mask.weights;
  }
  return box;
}

std::vector<TouchedBox> readContributors(const Napi::Object& job, Masks& masks) {
  const Napi::Object list = objectAt(job, "contributors");
  const Index count = indexAt(list, "length");
  std::vector<TouchedBox> contributors;
  for (uint32_t i = 0; i < static_cast<uint32_t>(count); ++i)
    contributors.push_back(readTouchedBox(list.Get(i), masks));
  return contributors;
}

/** Spans in order that do not meet. Where there are none, all of the axis. */
std::vector<Span> readSpans(const Napi::Value& value, Index limit) {
  if (value.IsUndefined()) return {{0, limit}};
  const Napi::Env env = value.Env();
  require(env, value.IsObject(), "the spans are no list");
  const auto list = value.As<Napi::Object>();
  const Index count = indexAt(list, "length");
  std::vector<Span> spans;
  for (uint32_t i = 0; i < static_cast<uint32_t>(count); ++i) {
    const Napi::Value item = list.Get(i);
    require(env, item.IsObject(), "a span is no object");
    const Span span{indexAt(item.As<Napi::Object>(), "start"), indexAt(item.As<Napi::Object>(), "stop")};
    const Index before = spans.empty() ? 0 : spans.back().stop;
    require(env, before <= span.start && span.start <= span.stop && span.stop <= limit, "a span is out of place");
    spans.push_back(span);
  }
  return spans;
}

/** Sets the size of the tile and where its pixels lie. */
void readPixels(const Napi::Object& pixels, AccumulateJob& job) {
  const Napi::Env env = pixels.Env();
  const Napi::Object lengths = objectAt(pixels, "shape");
  const auto length = [&lengths](uint32_t axis) { return toIndex(lengths.Get(axis), 1); };
  const WindowShape& shape = job.params.window;
  require(env, length(0) == shape.batch && length(1) == shape.channels, "the tile is not of the window's planes");
  job.format = formatOf(pixels.Get("dtype"));
  require(env, job.format != FORMAT_RGB24, "a tile cannot be rgb24");
  job.params.tileFrames = length(2);
  job.params.tileHeight = length(3);
  job.params.tileWidth = length(4);
  const Index count = productOf(env, shape.batch, shape.channels, length(2), length(3), length(4));
  job.pixels = elementsOf(objectAt(pixels, "data"), job.format, count);
}

/** Reads where voxels go that are final with the tile, and checks that all of them are among the frames to finish. */
void readFinish(const Napi::Object& object, const WindowRequest& window, AccumulateJob& job) {
  const Napi::Env env = object.Env();
  const Index final = job.axes[0].final;
  const Index start = job.params.frames.start;
  require(env, job.axes[0].planned <= window.shape.frames, "the tile has more frames than the window");
  const Napi::Value finish = object.Get("finish");
  if (!finish.IsUndefined()) job.finish = readNormaliseJob(objectAt(object, "finish"), window);
  const NormaliseParams& params = job.finish.params;
  const bool isInside = start >= params.start && start + final <= params.start + params.count;
  require(env, final == 0 || isInside, "frames that are final have no place in the target");
}

}  // namespace

void require(Napi::Env env, bool condition, const char* message) {
  if (!condition) throw Napi::Error::New(env, message);
}

napi_typedarray_type arrayTypeOf(PixelFormat format) {
  if (format == FORMAT_FLOAT32) return napi_float32_array;
  return format == FORMAT_RGB24 ? napi_uint8_array : napi_uint16_array;
}

Index readElementsPerLaunch(const Napi::Object& options) {
  return indexAt(options, "elementsPerLaunch", 1);
}

ArrayRequest readArrayRequest(const Napi::CallbackInfo& info) {
  const double elements = info[1].IsNumber() ? info[1].As<Napi::Number>().DoubleValue() : 0;
  require(info.Env(), elements >= 1 && elements <= MAX_ELEMENTS, "the number of elements is out of range");
  return {formatOf(info[0]), static_cast<Index>(elements)};
}

WindowRequest readWindowRequest(const Napi::Object& shape, const Napi::Value& format) {
  const WindowShape size{indexAt(shape, "batch", 1), indexAt(shape, "channels", 1), indexAt(shape, "frames", 1),
                         indexAt(shape, "height", 1), indexAt(shape, "width", 1)};
  const WindowRequest request{size,
                              indexAt(shape, "carriedFrames", 1),
                              shape.Has("lateFrames") ? indexAt(shape, "lateFrames", 1) : size.frames,
                              formatOf(format),
                              readSpans(shape.Get("sharedRows"), size.height),
                              readSpans(shape.Get("sharedColumns"), size.width)};
  require(shape.Env(), request.format != FORMAT_RGB24 || size.channels == 3, "rgb24 takes 3 channels");
  return request;
}

AccumulateJob readAccumulateJob(const Napi::Object& object, const WindowRequest& window, Masks& masks) {
  AccumulateJob job{};
  AccumulateParams& params = job.params;
  params.window = window.shape;
  readPixels(objectAt(object, "pixels"), job);
  // The frames of the video go on while the window's are a ring.
  const std::array<AxisLimits, 3> limits{{{params.tileFrames, 2 * MAX_INDEX, nullptr},
                                          {params.tileHeight, window.shape.height, &window.sharedRows},
                                          {params.tileWidth, window.shape.width, &window.sharedColumns}}};
  const std::array<const char*, 3> names{"frames", "height", "width"};
  const std::array<TouchedPart*, 3> parts{&params.frames, &params.height, &params.width};
  for (size_t axis = 0; axis < 3; ++axis) {
    const Napi::Object part = objectAt(object, names[axis]);
    const Mask mask = readMask(part, masks);
    *parts[axis] = readTouchedPart(part, mask);
    job.masks[axis] = mask.weights;
    job.axes[axis] = readTileAxis(part, *parts[axis], limits[axis]);
  }
  job.contributors = readContributors(object, masks);
  readFinish(object, window, job);
  return job;
}

NormaliseJob readNormaliseJob(const Napi::Object& object, const WindowRequest& window) {
  const Napi::Env env = object.Env();
  const WindowShape& shape = window.shape;
  NormaliseJob job{};
  job.format = formatOf(object.Get("format"));
  require(env, job.format == window.format, "the format is not the window's");
  NormaliseParams& params = job.params;
  params.window = shape;
  params.start = indexAt(object, "start");
  params.count = indexAt(object, "count");
  params.targetFrames = indexAt(object, "targetFrames");
  params.targetStart = indexAt(object, "targetStart");
  params.low = floatAt(object, "low");
  params.factor = floatAt(object, "factor");
  require(env, params.count <= shape.frames, "more frames than the window holds");
  require(env, params.targetStart + params.count <= params.targetFrames, "the frames leave the target");
  const Index count = productOf(env, shape.batch, shape.channels, params.targetFrames, shape.height, shape.width);
  job.target = elementsOf(objectAt(object, "target"), job.format, count);
  return job;
}

}  // namespace tileblend
