// The work on one row of voxels. Each loop runs across voxels and has no branch: compilers make SIMD code of it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "kernels/blend.h"

namespace tileblend {

/** Adds the row of a tile to a row of sums. `rowMask` is the product of the frame's and the row's weight. */
template <typename Element, typename Load>
inline void accumulateRow(float* __restrict sums, const Element* __restrict pixels, const float* __restrict mask,
                          float rowMask, Index length, Load load) {
  for (Index x = 0; x < length; ++x) {
    const float weight = rowMask * mask[x];
    const float product = weightedProduct(load(pixels[x]), weight);
    sums[x] = sums[x] + product;
  }
}

/** Adds the weights of a tile's row to a row of weights. */
inline void accumulateWeights(float* __restrict weights, const float* __restrict mask, float rowMask, Index length) {
  for (Index x = 0; x < length; ++x) {
    const float weight = rowMask * mask[x];
    weights[x] = weights[x] + weight;
  }
}

/** Finishes a row of sums into the target, sets the sums to zero, and returns how many values are no number. */
template <typename Element, typename Store>
inline Index normaliseRow(Element* __restrict target, float* __restrict sums, const float* __restrict weights,
                          Index length, Store store) {
  Bits nanCount = 0;
  for (Index x = 0; x < length; ++x) {
    const float value = normalised(sums[x], weights[x]);
    sums[x] = 0.0f;
    nanCount += isNan(value) ? 1u : 0u;
    target[x] = store(value);
  }
  return static_cast<Index>(nanCount);
}

/** Voxels of a row that normaliseRgb24Row converts at a time. */
constexpr Index RGB24_BLOCK = 256;

/** The same for three rows of sums, into a row of red, green, blue, red ... */
inline Index normaliseRgb24Row(Byte* __restrict target, const std::array<float*, 3>& sums, const float* weights,
                               Index length, float low, float factor) {
  Byte bytes[3][RGB24_BLOCK];
  Index nanCount = 0;
  const auto store = [low, factor](float value) { return rgb24Byte(value, low, factor); };
  for (Index from = 0; from < length; from += RGB24_BLOCK) {
    const Index size = std::min(RGB24_BLOCK, length - from);
    for (size_t c = 0; c < 3; ++c) nanCount += normaliseRow(bytes[c], sums[c] + from, weights + from, size, store);
    Byte* __restrict pixel = target + 3 * from;
    for (Index x = 0; x < size; ++x, pixel += 3) {
      pixel[0] = bytes[0][x];
      pixel[1] = bytes[1][x];
      pixel[2] = bytes[2][x];
    }
  }
  return nanCount;
}

/** Sets a row of weights to zero and returns how many were. */
inline Index clearWeights(float* weights, Index length) {
  Bits uncovered = 0;
  for (Index x = 0; x < length; ++x) {
    uncovered += weights[x] == 0.0f ? 1u : 0u;
    weights[x] = 0.0f;
  }
  return static_cast<Index>(uncovered);
}

}  // namespace tileblend
