// Adds the rows of one tile, and finishes those of its voxels that no later tile touches.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>
#include <vector>

#include "cpu_rows.h"
#include "cpu_weights.h"
#include "executor.h"
#include "stream_copy.h"

namespace tileblend {

/** The slot of frames whose sums lie in the target. */
constexpr Index IN_TARGET = -1;

/** Where the float32 sums of a tile's frames lie. */
struct SumBuffer {
  /** sums[planes][slots][height][width]. */
  float* sums;
  Index slots;
  /** The slot of each frame that the plan has the tile touch. */
  const Index* slotOfFrame;
};

/** Values that were not a number, and voxels that no tile covered. */
struct RowCounts {
  Index nan = 0;
  Index uncovered = 0;
};

/** Voxels that are worked on at a time, so that what lies between two steps stays in the first cache. */
constexpr Index BLOCK = 1024;

/**
 * The rows of one tile whose pixels are `Element` and finish as `Value`; `load` and `store` convert one value. One
 * object works on one thread.
 */
template <typename Element, typename Value, typename Load, typename Store>
class TileRows {
 public:
  /** `zeros`: as many floats of 0 as the tile touches columns, read where it is smaller than planned. */
  TileRows(const AccumulateJob& job, SumBuffer sums, const float* zeros, Load load, Store store)
      : job_(job), params_(job.params), sums_(sums), zeros_(zeros), weights_(job), load_(load), store_(store) {}

  /** Adds one row, counted from the first frame and the first row that the plan has the tile touch. */
  RowCounts add(Index frame, Index row) {
    slot_ = sums_.slotOfFrame[frame];
    const auto& [frames, height, width] = job_.axes;
    frame_ = params_.frames.start + frame;
    row_ = params_.height.start + row;
    const bool isPresent = frame < params_.frames.length && row < params_.height.length;
    rowMask_ = isPresent ? job_.masks[0][frame] * job_.masks[1][row] : 0.0f;
    tileRow_ = (params_.frames.offset + frame) * params_.tileHeight + params_.height.offset + row;
    const Index fresh = frame >= frames.fresh && row >= height.fresh ? width.fresh : width.planned;
    const Index final = frame < frames.final && row < height.final ? width.final : 0;
    const Index present = rowMask_ == 0.0f ? 0 : params_.width.length;
    RowCounts counts;
    if (final > 0) {
      weights_.make(frame_, row_);
      counts.uncovered = weights_.uncovered();
    }
    std::array<Index, 5> cuts{0, fresh, final, present, width.planned};
    std::sort(cuts.begin(), cuts.end());
    for (size_t i = 0; i + 1 < cuts.size(); ++i) {
      if (cuts[i] == cuts[i + 1]) continue;
      const Columns columns{cuts[i], cuts[i + 1], cuts[i] < present};
      if (cuts[i] < fresh) {
        counts.nan += addColumns<false>(columns, cuts[i] < final);
      } else {
        counts.nan += addColumns<true>(columns, cuts[i] < final);
      }
    }
    return counts;
  }

 private:
  /** Columns of a row that all fare alike. */
  struct Columns {
    Index begin;
    Index end;
    /** The tile has pixels there. */
    bool isPresent;
  };

  static constexpr bool IS_RGB24 = sizeof(Value) == 1;
  /** Planes that are finished together. */
  static constexpr Index GROUP = IS_RGB24 ? 3 : 1;

  template <bool IS_FRESH>
  Index addColumns(const Columns& columns, bool isFinal) {
    const Index planes = params_.window.batch * params_.window.channels;
    if (isFinal) {
      Index nanCount = 0;
      for (Index plane = 0; plane < planes; plane += GROUP) nanCount += finishColumns<IS_FRESH>(columns, plane);
      return nanCount;
    }
    for (Index plane = 0; plane < planes; ++plane) {
      addRow<IS_FRESH>(sumRow(plane) + columns.begin, piece(columns, plane, columns.begin, columns.end - columns.begin),
                       load_);
    }
    return 0;
  }

  /** Finishes columns of the planes from `plane` on that are finished together. Returns how many values are NaN. */
  template <bool IS_FRESH>
  Index finishColumns(const Columns& columns, Index plane) {
    Index nanCount = 0;
    for (Index begin = columns.begin; begin < columns.end; begin += BLOCK) {
      const Index length = std::min(BLOCK, columns.end - begin);
      const bool isDivided = !areOnes(weights_.weights() + begin, length);
      for (Index i = 0; i < GROUP; ++i) {
        const RowPiece<Element> source = piece(columns, plane + i, begin, length);
        nanCount += isDivided ? finishBlock<IS_FRESH, true>(source, plane + i, i, begin)
                              : finishBlock<IS_FRESH, false>(source, plane + i, i, begin);
      }
      hand<IS_FRESH>(plane, begin, length);
    }
    return nanCount;
  }

  template <bool IS_FRESH, bool IS_DIVIDED>
  Index finishBlock(const RowPiece<Element>& source, Index plane, Index inGroup, Index begin) {
    return finishRow<IS_FRESH, IS_DIVIDED>(finished_[inGroup], sumRow(plane) + begin, source,
                                           weights_.weights() + begin, load_, store_);
  }

  /** Brings a finished block to its place in the target. */
  template <bool IS_FRESH>
  void hand(Index plane, Index begin, Index length) {
    Value* target = targetRow(plane) + begin * GROUP;
    const Value* block = finished_[0];
    if constexpr (IS_RGB24) {
      interleave(pixels_, finished_[0], finished_[1], finished_[2], length);
      block = pixels_;
    }
    const size_t bytes = static_cast<size_t>(length * GROUP) * sizeof(Value);
    // Where the sums lie in the target and have just been read, the lines are in the cache.
    if (slot_ == IN_TARGET && !IS_FRESH) {
      std::memcpy(target, block, bytes);
    } else {
      streamCopy(target, block, bytes);
    }
  }

  RowPiece<Element> piece(const Columns& columns, Index plane, Index begin, Index length) const {
    if (!columns.isPresent) return {reinterpret_cast<const Element*>(zeros_), zeros_, 0.0f, length};
    const Index row = plane * params_.tileFrames * params_.tileHeight + tileRow_;
    const Element* pixels = static_cast<const Element*>(job_.pixels) + row * params_.tileWidth + params_.width.offset;
    return {pixels + begin, job_.masks[2] + begin, rowMask_, length};
  }

  /** The target's row of a plane, or of the group of planes, from the tile's first column on. */
  Value* targetRow(Index plane) const {
    const NormaliseParams& finish = job_.finish.params;
    const Index row =
        (plane / GROUP * finish.targetFrames + finish.targetStart + frame_ - finish.start) * params_.window.height +
        row_;
    return static_cast<Value*>(job_.finish.target) + (row * params_.window.width + params_.width.start) * GROUP;
  }

  /** The row of sums of a plane, from the tile's first column on. */
  float* sumRow(Index plane) const {
    if constexpr (std::is_same_v<Value, float>) {
      if (slot_ == IN_TARGET) return targetRow(plane);
    }
    const Index row = (plane * sums_.slots + slot_) * params_.window.height + row_;
    return sums_.sums + row * params_.window.width + params_.width.start;
  }

  const AccumulateJob& job_;
  const AccumulateParams& params_;
  const SumBuffer sums_;
  const float* const zeros_;
  WeightRow weights_;
  const Load load_;
  const Store store_;
  // Of the row that is being added: its place in the video, and in a plane of the tile.
  Index frame_ = 0;
  Index row_ = 0;
  Index slot_ = 0;
  Index tileRow_ = 0;
  float rowMask_ = 0.0f;
  Value finished_[GROUP][BLOCK];
  Byte pixels_[IS_RGB24 ? 3 * BLOCK : 1];
};

}  // namespace tileblend
