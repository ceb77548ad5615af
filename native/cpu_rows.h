// The work on one row of voxels. Each loop runs across voxels and has no branch: compilers make SIMD code of it.
#pragma once

#include "kernels/blend.h"

namespace tileblend {

/** Some voxels of a row of one plane that a tile touches. */
template <typename Element>
struct RowPiece {
  /** Of the tile. */
  const Element* pixels;
  /** Weights of the columns. */
  const float* mask;
  /** Product of the frame's and the row's weight. */
  float rowMask;
  Index length;
};

/**
 * What the sum of a voxel becomes. Where a tile is the first to touch it, its old value is not read, and the sum is
 * that of 0 and the product: -0 becomes +0.
 */
template <bool IS_FRESH, typename Element, typename Load>
inline float sumAt(const float* __restrict sums, const RowPiece<Element>& piece, Index x, Load load) {
  const float weight = piece.rowMask * piece.mask[x];
  const float product = weightedProduct(load(piece.pixels[x]), weight);
  return (IS_FRESH ? 0.0f : sums[x]) + product;
}

/** Adds the row of a tile to a row of sums. */
template <bool IS_FRESH, typename Element, typename Load>
inline void addRow(float* __restrict sums, const RowPiece<Element>& piece, Load load) {
  for (Index x = 0; x < piece.length; ++x) sums[x] = sumAt<IS_FRESH>(sums, piece, x, load);
}

/**
 * Adds the row of a tile to a row of sums and finishes it into `finished`, without dividing where all weights are 1.
 * Returns how many values are no number.
 */
template <bool IS_FRESH, bool IS_DIVIDED, typename Element, typename Load, typename Value, typename Store>
inline Index finishRow(Value* __restrict finished, const float* __restrict sums, const RowPiece<Element>& piece,
                       const float* __restrict weights, Load load, Store store) {
  Bits nanCount = 0;
  for (Index x = 0; x < piece.length; ++x) {
    const float sum = sumAt<IS_FRESH>(sums, piece, x, load);
    const float value = IS_DIVIDED ? normalised(sum, weights[x]) : sum;
    nanCount += isNan(value) ? 1u : 0u;
    finished[x] = store(value);
  }
  return static_cast<Index>(nanCount);
}

/** Adds a tile's weights to a row of weights. `rowMask` is the product of the frame's and the row's weight. */
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

/** Makes red, green, blue, red ... of three rows. */
inline void interleave(Byte* __restrict pixels, const Byte* __restrict red, const Byte* __restrict green,
                       const Byte* __restrict blue, Index length) {
  for (Index x = 0; x < length; ++x) {
    pixels[3 * x] = red[x];
    pixels[3 * x + 1] = green[x];
    pixels[3 * x + 2] = blue[x];
  }
}

}  // namespace tileblend
