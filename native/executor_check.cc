#include "executor_check.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kernels/blend.h"

namespace tileblend {
namespace {

using Bytes = std::vector<uint8_t>;

// Two videos of three channels; 8 rows of 37 columns are no whole threadgroups.
constexpr WindowShape SHAPE{2, 3, 2, 8, 37};
constexpr float LOW = -1.0f;
constexpr float FACTOR = 127.5f;
constexpr std::array<const char*, 4> FORMAT_NAMES{"float32", "float16", "bfloat16", "rgb24"};
constexpr std::array<PixelFormat, 3> TILE_FORMATS{FORMAT_FLOAT32, FORMAT_FLOAT16, FORMAT_BFLOAT16};
constexpr std::array<PixelFormat, 4> OUTPUT_FORMATS{FORMAT_FLOAT32, FORMAT_FLOAT16, FORMAT_BFLOAT16, FORMAT_RGB24};

/** A window with room for sums of every voxel. */
WindowRequest requestFor(const WindowShape& shape, PixelFormat format) {
  return {shape, shape.frames, shape.frames, format, {{0, shape.height}}, {{0, shape.width}}};
}

/** Runs one job to its end. */
template <typename Start>
void runJob(Start start) {
  std::promise<std::string> ended;
  start([&ended](const Outcome& outcome) { ended.set_value(outcome.error); });
  const std::string error = ended.get_future().get();
  if (!error.empty()) throw std::runtime_error(error);
}

/** A tile over the whole window: its pixels, and weights of its frames, rows and columns. */
struct CheckTile {
  PixelFormat format;
  Bytes pixels;
  std::array<std::vector<float>, 3> masks;
};

void addTile(Window& window, const WindowShape& shape, const CheckTile& tile) {
  AccumulateJob job{};
  job.format = tile.format;
  job.pixels = tile.pixels.data();
  for (size_t axis = 0; axis < 3; ++axis) job.masks[axis] = tile.masks[axis].data();
  job.params.window = shape;
  job.params.tileFrames = shape.frames;
  job.params.tileHeight = shape.height;
  job.params.tileWidth = shape.width;
  job.params.frames = {0, 0, shape.frames};
  job.params.height = {0, 0, shape.height};
  job.params.width = {0, 0, shape.width};
  runJob([&](Done done) { window.accumulate(job, std::move(done)); });
}

Bytes takeFrames(Window& window, const WindowShape& shape, PixelFormat format) {
  const auto elements = static_cast<size_t>(shape.batch * shape.channels * shape.frames * shape.height * shape.width);
  Bytes target(elements * static_cast<size_t>(elementBytes(format)));
  NormaliseJob job{};
  job.format = format;
  job.target = target.data();
  job.params.window = shape;
  job.params.count = shape.frames;
  job.params.targetFrames = shape.frames;
  job.params.low = LOW;
  job.params.factor = FACTOR;
  runJob([&](Done done) { window.normalise(job, std::move(done)); });
  return target;
}

/** Numbers of normal size in each format, of which the most part has no short products. */
CheckTile makeTile(PixelFormat format, uint32_t seed) {
  uint32_t state = seed;
  const auto next = [&state] { return state = state * 1664525u + 1013904223u; };
  const auto elements = static_cast<size_t>(SHAPE.batch * SHAPE.channels * SHAPE.frames * SHAPE.height * SHAPE.width);
  CheckTile tile{format, Bytes(elements * static_cast<size_t>(elementBytes(format))), {}};
  for (size_t i = 0; i < elements; ++i) {
    // Exponents from 2^-7 to 2^0, any fraction and sign.
    const uint32_t bits = next();
    const uint32_t sign = bits & 0x80000000u;
    const uint32_t exponent = (bits >> 23) & 7u;
    const uint32_t fraction = bits & 0x7FFFFFu;
    const uint32_t asFloat = sign | ((120u + exponent) << 23) | fraction;
    const uint32_t asHalf = (sign >> 16) | ((8u + exponent) << 10) | (fraction >> 13);
    const uint32_t element = format == FORMAT_FLOAT16 ? asHalf : asFloat >> (format == FORMAT_FLOAT32 ? 0 : 16);
    const size_t bytes = static_cast<size_t>(elementBytes(format));
    std::memcpy(tile.pixels.data() + i * bytes, &element, bytes);
  }
  const std::array<Index, 3> lengths{SHAPE.frames, SHAPE.height, SHAPE.width};
  for (size_t axis = 0; axis < 3; ++axis) {
    for (Index i = 0; i < lengths[axis]; ++i) {
      tile.masks[axis].push_back(static_cast<float>((next() >> 8) + 1) / 16777216.0f);
    }
  }
  return tile;
}

/** Floats that lie half way between two neighbours in each output format, with weights of 1. */
CheckTile makeTies() {
  CheckTile tile = makeTile(FORMAT_FLOAT32, 3);
  for (std::vector<float>& mask : tile.masks) mask.assign(mask.size(), 1.0f);
  std::vector<float> values(tile.pixels.size() / sizeof(float));
  for (size_t i = 0; i < values.size(); ++i) {
    const auto step = static_cast<float>(i % 127);
    const std::array<float, 3> ties{
        1.0f + (2.0f * step + 1.0f) / 2048.0f,  // float16
        1.0f + (2.0f * step + 1.0f) / 256.0f,   // bfloat16
        (2.0f * step + 0.5f) / 127.5f - 1.0f,   // rgb24
    };
    values[i] = ties[i % ties.size()];
  }
  std::memcpy(tile.pixels.data(), values.data(), tile.pixels.size());
  return tile;
}

/** What the executor makes of tiles, in one format. */
Bytes blend(Executor& executor, const std::vector<CheckTile>& tiles, PixelFormat format) {
  const std::unique_ptr<Window> window = executor.createWindow(requestFor(SHAPE, format));
  for (const CheckTile& tile : tiles) addTile(*window, SHAPE, tile);
  return takeFrames(*window, SHAPE, format);
}

float pixelOf(const CheckTile& tile, size_t i) {
  uint32_t element = 0;
  const auto bytes = static_cast<size_t>(elementBytes(tile.format));
  std::memcpy(&element, tile.pixels.data() + i * bytes, bytes);
  if (tile.format == FORMAT_FLOAT32) return floatOf(element);
  const auto half = static_cast<HalfBits>(element);
  return tile.format == FORMAT_FLOAT16 ? floatFromHalf(half) : floatFromBfloat16(half);
}

/** The finished element i of the window, counted by plane, frame, row, column. */
float meanOnCpu(const std::vector<CheckTile>& tiles, size_t i) {
  const auto [height, width] = std::pair(static_cast<size_t>(SHAPE.height), static_cast<size_t>(SHAPE.width));
  const size_t frame = i / (height * width) % static_cast<size_t>(SHAPE.frames);
  float sum = 0.0f;
  float weight = 0.0f;
  for (const CheckTile& tile : tiles) {
    const float rowMask = tile.masks[0][frame] * tile.masks[1][i / width % height];
    const float mask = rowMask * tile.masks[2][i % width];
    const float product = weightedProduct(pixelOf(tile, i), mask);
    sum = sum + product;
    weight = weight + mask;
  }
  return normalised(sum, weight);
}

uint32_t bitsIn(PixelFormat format, float value) {
  if (format == FORMAT_FLOAT32) return bitsOf(canonicalFloat(value));
  if (format == FORMAT_FLOAT16) return halfFromFloat(value);
  return format == FORMAT_BFLOAT16 ? bfloat16FromFloat(value) : rgb24Byte(value, LOW, FACTOR);
}

/** Where element i of the window, counted as above, lies in a target. */
size_t placeIn(PixelFormat format, size_t i) {
  if (format != FORMAT_RGB24) return i;
  const auto voxels = static_cast<size_t>(SHAPE.frames * SHAPE.height * SHAPE.width);
  const size_t plane = i / voxels;
  return (plane / 3 * voxels + i % voxels) * 3 + plane % 3;
}

std::string compare(Executor& executor, const std::vector<CheckTile>& tiles, PixelFormat format) {
  const Bytes actual = blend(executor, tiles, format);
  const auto bytes = static_cast<size_t>(elementBytes(format));
  for (size_t i = 0; i < actual.size() / bytes; ++i) {
    uint32_t bits = 0;
    std::memcpy(&bits, actual.data() + placeIn(format, i) * bytes, bytes);
    const uint32_t expected = bitsIn(format, meanOnCpu(tiles, i));
    if (bits == expected) continue;
    return std::string(FORMAT_NAMES[static_cast<size_t>(tiles[0].format)]) + " tiles to " +
           FORMAT_NAMES[static_cast<size_t>(format)] + ": element " + std::to_string(i) + " has the bits " +
           std::to_string(bits) + ", on the CPU " + std::to_string(expected);
  }
  return "";
}

}  // namespace

std::string differenceFromCpu(Executor& executor) {
  std::vector<std::vector<CheckTile>> cases{{makeTies()}};
  for (const PixelFormat format : TILE_FORMATS) cases.push_back({makeTile(format, 1), makeTile(format, 2)});
  for (const std::vector<CheckTile>& tiles : cases) {
    for (const PixelFormat format : OUTPUT_FORMATS) {
      const std::string difference = compare(executor, tiles, format);
      if (!difference.empty()) return difference;
    }
  }
  return "";
}

bool flushesSubnormals(Executor& executor) {
  constexpr WindowShape shape{1, 1, 1, 1, 1};
  const float pixel = 0x1p-100f;
  CheckTile tile{FORMAT_FLOAT32, Bytes(sizeof pixel), {{{0x1p-30f}, {1.0f}, {1.0f}}}};
  std::memcpy(tile.pixels.data(), &pixel, sizeof pixel);
  const std::unique_ptr<Window> window = executor.createWindow(requestFor(shape, FORMAT_FLOAT32));
  addTile(*window, shape, tile);
  // The weight, 2^-30, is below 1e-8: the mean is 2^-130 / 1e-8, a normal number unless the product became 0.
  const Bytes mean = takeFrames(*window, shape, FORMAT_FLOAT32);
  return mean == Bytes(sizeof pixel);
}

}  // namespace tileblend
