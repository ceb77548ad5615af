// The work on one row of voxels. Each loop runs across voxels and has no branch: compilers make SIMD code of it.
#pragma once

#include <cstring>

#include "kernels/blend.h"

namespace tileblend {

/** Some voxels of a row of one plane of a tile. */
template <typename Element>
struct RowPiece {
  const Element* pixels;
  /** Their weights. */
  const float* weights;
  Index length;
};

/**
 * Writes what sums become with a tile into `result`. Where the tile is the first to touch a voxel, the old sum is not
 * read, and the new one is that of 0 and the product: -0 becomes +0.
 */
template <bool IS_FRESH, typename Element, typename Load>
inline void addRow(float* __restrict result, const float* __restrict sums, const RowPiece<Element>& piece, Load load) {
  for (Index x = 0; x < piece.length; ++x) {
    const float product = weightedProduct(load(piece.pixels[x]), piece.weights[x]);
    result[x] = (IS_FRESH ? 0.0f : sums[x]) + product;
  }
}

/** Finishes sums, without dividing where all weights are 1. Returns how many values are no number. */
template <bool IS_DIVIDED, typename Value, typename Store>
inline Index finishRow(Value* __restrict finished, const float* __restrict sums, const float* __restrict weights,
                       Index length, Store store) {
  Bits nanCount = 0;
  for (Index x = 0; x < length; ++x) {
    const float value = IS_DIVIDED ? normalised(sums[x], weights[x]) : sums[x];
    nanCount += isNan(value) ? 1u : 0u;
    finished[x] = store(value);
  }
  return static_cast<Index>(nanCount);
}

/** Finishes voxels whose only weight is 1, right from the tile. Returns how many values are no number. */
template <typename Element, typename Load, typename Value, typename Store>
inline Index passRow(Value* __restrict finished, const Element* __restrict pixels, Index length, Load load,
                     Store store) {
  Bits nanCount = 0;
  for (Index x = 0; x < length; ++x) {
    const float value = 0.0f + load(pixels[x]);
    nanCount += isNan(value) ? 1u : 0u;
    finished[x] = store(value);
  }
  return static_cast<Index>(nanCount);
}

/** Makes a tile's weights of a row. `rowMask` is the product of the frame's and the row's weight. */
inline void makeWeights(float* __restrict weights, const float* __restrict mask, float rowMask, Index length) {
  for (Index x = 0; x < length; ++x) weights[x] = rowMask * mask[x];
}

/** Adds a tile's weights to a row of weights. */
inline void addWeights(float* __restrict weights, const float* __restrict mask, float rowMask, Index length) {
  for (Index x = 0; x < length; ++x) {
    const float weight = rowMask * mask[x];
    weights[x] = weights[x] + weight;
  }
}

/** Whether all values are 1: dividing by them changes nothing. */
inline bool areOnes(const float* values, Index length) {
  Bits others = 0;
  for (Index x = 0; x < length; ++x) others |= bitsOf(values[x]) ^ bitsOf(1.0f);
  return others == 0;
}

/** How many values are 0. */
inline Index countZeros(const float* values, Index length) {
  Bits zeros = 0;
  for (Index x = 0; x < length; ++x) zeros += values[x] == 0.0f ? 1u : 0u;
  return static_cast<Index>(zeros);
}

/** Pixels that interleave packs at a time; past the last pixel it may write as many and four more bytes. */
constexpr Index PACKED_PIXELS = 4;

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define TILEBLEND_HAS_SHUFFLE 1
#endif
#endif

/**
 * Makes red, green, blue, red ... of three rows of numbers below 256, which have room for whole packs. The row of red
 * is overwritten.
 */
inline void interleave(Byte* __restrict pixels, Bits* __restrict red, const Bits* __restrict green,
                       const Bits* __restrict blue, Index length) {
  for (Index x = 0; x < length; ++x) red[x] = red[x] | green[x] << 8 | blue[x] << 16;
#ifdef TILEBLEND_HAS_SHUFFLE
  using Pack [[gnu::vector_size(16)]] = Byte;
  for (Index x = 0; x < length; x += PACKED_PIXELS) {
    Pack pack;
    std::memcpy(&pack, red + x, sizeof(pack));
    const Pack packed = __builtin_shufflevector(pack, pack, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0, 0, 0, 0);
    std::memcpy(pixels + 3 * x, &packed, sizeof(packed));
  }
#else
  for (Index x = 0; x < length; ++x) {
    pixels[3 * x] = static_cast<Byte>(red[x]);
    pixels[3 * x + 1] = static_cast<Byte>(red[x] >> 8);
    pixels[3 * x + 2] = static_cast<Byte>(red[x] >> 16);
  }
#endif
}

}  // namespace tileblend
