// The kernels of the Metal executor. A thread owns one voxel on all planes, so that no two touch the same element.
// The grid is (columns, rows, frames) of one Block, rounded up to whole threadgroups.
#include <metal_stdlib>
using namespace metal;

// The compile options turn fast math off as well; contraction they leave on, even across statements.
#pragma METAL fp math_mode(safe)
#pragma METAL fp contract(off)

#include "blend.h"
using namespace tileblend;

// How each format is read and written. MSL has no lambdas; its bfloat needs macOS 14, and its half flushes subnormals.
struct Float32Format {
  typedef float Element;
  static float load(Element value) { return value; }
  static Element store(float value) { return canonicalFloat(value); }
};

struct Float16Format {
  typedef HalfBits Element;
  static float load(Element bits) { return floatFromHalf(bits); }
  static Element store(float value) { return halfFromFloat(value); }
};

struct Bfloat16Format {
  typedef HalfBits Element;
  static float load(Element bits) { return floatFromBfloat16(bits); }
  static Element store(float value) { return bfloat16FromFloat(value); }
};

/** One voxel of a job: frame, row and column count from the first that the job touches. */
struct Voxel {
  Index frame;
  Index row;
  Index column;
  /** Frame of the window. */
  Index slot;
};

inline bool isInside(uint3 position, constant Block& block, Index columns) {
  return static_cast<Index>(position.x) < columns && static_cast<Index>(position.y) < block.rows &&
         static_cast<Index>(position.z) < block.frames;
}

inline Voxel voxelAt(uint3 position, constant Block& block, Index windowFrames) {
  Voxel voxel;
  voxel.frame = block.firstFrame + static_cast<Index>(position.z);
  voxel.row = block.firstRow + static_cast<Index>(position.y);
  voxel.column = static_cast<Index>(position.x);
  const Index slot = block.firstSlot + static_cast<Index>(position.z);
  voxel.slot = slot < windowFrames ? slot : slot - windowFrames;
  return voxel;
}

inline Index planeLength(constant WindowShape& window) { return window.frames * window.height * window.width; }

template <typename Format>
inline void accumulate(device float* sums, device float* weights, device const typename Format::Element* pixels,
                       device const float* masks, constant AccumulateParams& params, Voxel at) {
  const float frameMask = masks[at.frame];
  const float rowMask = frameMask * masks[params.frames.length + at.row];
  const float mask = rowMask * masks[params.frames.length + params.height.length + at.column];
  if (mask == 0.0f) return;
  const Index windowRow = at.slot * params.window.height + params.height.start + at.row;
  const Index inWindow = windowRow * params.window.width + params.width.start + at.column;
  const Index tileRow = (params.frames.offset + at.frame) * params.tileHeight + params.height.offset + at.row;
  const Index inTile = tileRow * params.tileWidth + params.width.offset + at.column;
  const Index tilePlane = params.tileFrames * params.tileHeight * params.tileWidth;
  const Index planes = params.window.batch * params.window.channels;
  for (Index plane = 0; plane < planes; ++plane) {
    const Index target = plane * planeLength(params.window) + inWindow;
    const float product = weightedProduct(Format::load(pixels[plane * tilePlane + inTile]), mask);
    const float sum = sums[target] + product;
    sums[target] = sum;
  }
  const float weight = weights[inWindow] + mask;
  weights[inWindow] = weight;
}

/** Takes the weight of a voxel, leaves 0 in its place, and counts it where no tile covered it. */
inline float takeWeight(device float* weights, Index index, device atomic_uint* counts) {
  const float weight = weights[index];
  weights[index] = 0.0f;
  if (weight == 0.0f) atomic_fetch_add_explicit(&counts[COUNT_UNCOVERED], 1u, memory_order_relaxed);
  return weight;
}

/** Takes the mean of one element, leaves 0 in its place, and counts it where it is no number. */
inline float takeMean(device float* sums, Index index, float weight, device atomic_uint* counts) {
  const float value = normalised(sums[index], weight);
  sums[index] = 0.0f;
  if (isNan(value)) atomic_fetch_add_explicit(&counts[COUNT_NAN], 1u, memory_order_relaxed);
  return value;
}

inline Index inWindowOf(constant NormaliseParams& params, Voxel at) {
  return (at.slot * params.window.height + at.row) * params.window.width + at.column;
}

/** Index of a voxel in the target, counted in voxels; `plane` is of the target's planes. */
inline Index inTargetOf(constant NormaliseParams& params, Index plane, Voxel at) {
  const Index frame = plane * params.targetFrames + params.targetStart + at.frame;
  return (frame * params.window.height + at.row) * params.window.width + at.column;
}

template <typename Format>
inline void normalise(device float* sums, device float* weights, device typename Format::Element* target,
                      device atomic_uint* counts, constant NormaliseParams& params, Voxel at) {
  const Index inWindow = inWindowOf(params, at);
  const float weight = takeWeight(weights, inWindow, counts);
  const Index planes = params.window.batch * params.window.channels;
  for (Index plane = 0; plane < planes; ++plane) {
    const float value = takeMean(sums, plane * planeLength(params.window) + inWindow, weight, counts);
    target[inTargetOf(params, plane, at)] = Format::store(value);
  }
}

kernel void accumulate_float32(device float* sums [[buffer(ARGUMENT_SUMS)]],
                               device float* weights [[buffer(ARGUMENT_WEIGHTS)]],
                               device const float* pixels [[buffer(ARGUMENT_PIXELS)]],
                               device const float* masks [[buffer(ARGUMENT_EXTRA)]],
                               constant AccumulateParams& params [[buffer(ARGUMENT_PARAMS)]],
                               constant Block& block [[buffer(ARGUMENT_BLOCK)]],
                               uint3 position [[thread_position_in_grid]]) {
  if (!isInside(position, block, params.width.length)) return;
  accumulate<Float32Format>(sums, weights, pixels, masks, params, voxelAt(position, block, params.window.frames));
}

kernel void accumulate_float16(device float* sums [[buffer(ARGUMENT_SUMS)]],
                               device float* weights [[buffer(ARGUMENT_WEIGHTS)]],
                               device const HalfBits* pixels [[buffer(ARGUMENT_PIXELS)]],
                               device const float* masks [[buffer(ARGUMENT_EXTRA)]],
                               constant AccumulateParams& params [[buffer(ARGUMENT_PARAMS)]],
                               constant Block& block [[buffer(ARGUMENT_BLOCK)]],
                               uint3 position [[thread_position_in_grid]]) {
  if (!isInside(position, block, params.width.length)) return;
  accumulate<Float16Format>(sums, weights, pixels, masks, params, voxelAt(position, block, params.window.frames));
}

kernel void accumulate_bfloat16(device float* sums [[buffer(ARGUMENT_SUMS)]],
                                device float* weights [[buffer(ARGUMENT_WEIGHTS)]],
                                device const HalfBits* pixels [[buffer(ARGUMENT_PIXELS)]],
                                device const float* masks [[buffer(ARGUMENT_EXTRA)]],
                                constant AccumulateParams& params [[buffer(ARGUMENT_PARAMS)]],
                                constant Block& block [[buffer(ARGUMENT_BLOCK)]],
                                uint3 position [[thread_position_in_grid]]) {
  if (!isInside(position, block, params.width.length)) return;
  accumulate<Bfloat16Format>(sums, weights, pixels, masks, params, voxelAt(position, block, params.window.frames));
}

kernel void normalise_float32(device float* sums [[buffer(ARGUMENT_SUMS)]],
                              device float* weights [[buffer(ARGUMENT_WEIGHTS)]],
                              device float* target [[buffer(ARGUMENT_PIXELS)]],
                              device atomic_uint* counts [[buffer(ARGUMENT_EXTRA)]],
                              constant NormaliseParams& params [[buffer(ARGUMENT_PARAMS)]],
                              constant Block& block [[buffer(ARGUMENT_BLOCK)]],
                              uint3 position [[thread_position_in_grid]]) {
  if (!isInside(position, block, params.window.width)) return;
  normalise<Float32Format>(sums, weights, target, counts, params, voxelAt(position, block, params.window.frames));
}

kernel void normalise_float16(device float* sums [[buffer(ARGUMENT_SUMS)]],
                              device float* weights [[buffer(ARGUMENT_WEIGHTS)]],
                              device HalfBits* target [[buffer(ARGUMENT_PIXELS)]],
                              device atomic_uint* counts [[buffer(ARGUMENT_EXTRA)]],
                              constant NormaliseParams& params [[buffer(ARGUMENT_PARAMS)]],
                              constant Block& block [[buffer(ARGUMENT_BLOCK)]],
                              uint3 position [[thread_position_in_grid]]) {
  if (!isInside(position, block, params.window.width)) return;
  normalise<Float16Format>(sums, weights, target, counts, params, voxelAt(position, block, params.window.frames));
}

kernel void normalise_bfloat16(device float* sums [[buffer(ARGUMENT_SUMS)]],
                               device float* weights [[buffer(ARGUMENT_WEIGHTS)]],
                               device HalfBits* target [[buffer(ARGUMENT_PIXELS)]],
                               device atomic_uint* counts [[buffer(ARGUMENT_EXTRA)]],
                               constant NormaliseParams& params [[buffer(ARGUMENT_PARAMS)]],
                               constant Block& block [[buffer(ARGUMENT_BLOCK)]],
                               uint3 position [[thread_position_in_grid]]) {
  if (!isInside(position, block, params.window.width)) return;
  normalise<Bfloat16Format>(sums, weights, target, counts, params, voxelAt(position, block, params.window.frames));
}

kernel void normalise_rgb24(device float* sums [[buffer(ARGUMENT_SUMS)]],
                            device float* weights [[buffer(ARGUMENT_WEIGHTS)]],
                            device Byte* target [[buffer(ARGUMENT_PIXELS)]],
                            device atomic_uint* counts [[buffer(ARGUMENT_EXTRA)]],
                            constant NormaliseParams& params [[buffer(ARGUMENT_PARAMS)]],
                            constant Block& block [[buffer(ARGUMENT_BLOCK)]],
                            uint3 position [[thread_position_in_grid]]) {
  if (!isInside(position, block, params.window.width)) return;
  const Voxel at = voxelAt(position, block, params.window.frames);
  const Index inWindow = inWindowOf(params, at);
  const float weight = takeWeight(weights, inWindow, counts);
  for (Index item = 0; item < params.window.batch; ++item) {
    for (Index channel = 0; channel < 3; ++channel) {
      const Index plane = item * 3 + channel;
      const float value = takeMean(sums, plane * planeLength(params.window) + inWindow, weight, counts);
      target[inTargetOf(params, item, at) * 3 + channel] = rgb24Byte(value, params.low, params.factor);
    }
  }
}
