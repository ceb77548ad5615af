// Adds the rows of one tile, and finishes those of its voxels that no later tile touches.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "cache_lines.h"
#include "cpu_rows.h"
#include "cpu_sums.h"
#include "cpu_weights.h"
#include "executor.h"

namespace tileblend {

/** Values that were not a number, and voxels that no tile covered. */
struct RowCounts {
  Index nan = 0;
  Index uncovered = 0;
};

/**
 * The rows of one tile whose pixels are `Element` and finish as `Value`; `load` and `store` convert one value. One
 * object works on one thread.
 */
template <typename Element, typename Value, typename Line, typename Load, typename Store>
class TileRows {
 public:
  TileRows(const AccumulateJob& job, const TileSums& sums, Load load, Store store)
      : job_(job),
        params_(job.params),
        sums_(sums),
        tileWeights_(static_cast<size_t>(job.axes[2].planned)),
        weights_(job),
        load_(load),
        store_(store) {}

  /** Adds one row, counted from the first frame and the first row that the plan has the tile touch. */
  RowCounts add(Index frame, Index row) {
    const auto& [frames, height, width] = job_.axes;
    enter(frame, row);
    const bool isPresent = frame < params_.frames.length && row < params_.height.length;
    const float rowMask = isPresent ? job_.masks[0][frame] * job_.masks[1][row] : 0.0f;
    const Index fresh = frame >= frames.fresh && row >= height.fresh ? width.fresh : width.planned;
    const Index final = frame < frames.final && row < height.final ? width.final : 0;
    const Index present = rowMask == 0.0f ? 0 : params_.width.length;
    RowCounts counts;
    if (present > 0) makeTileWeights(rowMask);
    if (final > 0) {
      weights_.make(params_.frames.start + frame, params_.height.start + row);
      counts.uncovered = weights_.uncovered();
    }
    // Between them columns fare alike, and their sums lie together.
    std::array<Index, 7> cuts{0, fresh, final, present, width.fresh, width.final, width.planned};
    std::sort(cuts.begin(), cuts.end());
    for (size_t i = 0; i + 1 < cuts.size(); ++i) {
      const Index begin = cuts[i];
      if (begin == cuts[i + 1]) continue;
      counts.nan += addColumns({begin, cuts[i + 1], begin < present, begin >= fresh, begin < final});
    }
    return counts;
  }

 private:
  static constexpr bool IS_RGB24 = sizeof(Value) == 1;
  /** Planes that are finished together. */
  static constexpr Index GROUP = IS_RGB24 ? 3 : 1;
  /** What a value is while its group is being finished. */
  using Finished = std::conditional_t<IS_RGB24, Bits, Value>;
  /** Columns that are worked on at a time: few, so that reading, arithmetic and writing overlap. */
  static constexpr Index BLOCK = 128;
  using WholeBlock = std::integral_constant<Index, BLOCK>;
  /** How far ahead pixels are fetched into the cache (bytes). */
  static constexpr Index FETCHED_AHEAD = 2048;

  /** The row of a plane, and how far it is to that of the next plane. */
  template <typename T>
  struct PlaneRows {
    T* first;
    Index stride;

    T* of(Index plane) const { return first + plane * stride; }
    PlaneRows from(Index column) const { return {first + column, stride}; }
  };

  /** Columns of a row that all fare alike. */
  struct Columns {
    Index begin;
    Index end;
    /** The tile has pixels there. */
    bool isPresent;
    bool isFresh;
    bool isFinal;
  };

  /** Where the rows of the coming columns lie. */
  struct Rows {
    PlaneRows<const Element> pixels;
    PlaneRows<float> sums;
    /** How far it is from a row of sums to the next. */
    Index toNextSums;
    /** By group of planes. */
    PlaneRows<Value> target;
  };

  /** Finds the places of a row, from the tile's first column on. */
  void enter(Index frame, Index row) {
    const auto [height, width] = std::pair(params_.window.height, params_.window.width);
    const NormaliseParams& finish = job_.finish.params;
    const Index videoRow = params_.height.start + row;
    const Index targetFrame = finish.targetStart + params_.frames.start + frame - finish.start;
    const Index tileRow = (params_.frames.offset + frame) * params_.tileHeight + params_.height.offset + row;
    pixels_ = {static_cast<const Element*>(job_.pixels) + tileRow * params_.tileWidth + params_.width.offset,
               params_.tileFrames * params_.tileHeight * params_.tileWidth};
    target_ = {static_cast<Value*>(job_.finish.target) +
                   ((targetFrame * height + videoRow) * width + params_.width.start) * GROUP,
               finish.targetFrames * height * width * GROUP};
    frameSums_ = &sums_.frames[frame];
    videoRow_ = videoRow;
  }

  /** Where sums lie from a column of the row on, counted from the tile's first. */
  PlaneRows<float> sumsFrom(Index column) const {
    if constexpr (std::is_same_v<Value, float>) {
      if (frameSums_->isInTarget()) return target_.from(column);
    }
    const Index videoColumn = params_.width.start + column;
    const bool isShared = sums_.layout.isShared(videoRow_, videoColumn);
    const SumRegion& region = isShared ? sums_.layout.shared() : sums_.layout.alone();
    return {(isShared ? frameSums_->shared : frameSums_->alone) + region.indexOf(videoRow_, videoColumn),
            region.size()};
  }

  Index toNextSums(Index column) const {
    if (frameSums_->isInTarget()) return params_.window.width;
    const bool isShared = sums_.layout.isShared(videoRow_, params_.width.start + column);
    return (isShared ? sums_.layout.shared() : sums_.layout.alone()).toNextRow(videoRow_);
  }

  /** Away from the ramps one row is as the one before. */
  void makeTileWeights(float rowMask) {
    if (rowMask == tileRowMask_) return;
    makeWeights(tileWeights_.data(), job_.masks[2], rowMask, params_.width.length);
    tileRowMask_ = rowMask;
  }

  /** Columns of one kind, in blocks that start where a line of the cache does. Returns how many values are NaN. */
  Index addColumns(const Columns& columns) {
    const bool hasSums = !columns.isFresh || !columns.isFinal;
    const Rows rows{pixels_.from(columns.begin), hasSums ? sumsFrom(columns.begin) : PlaneRows<float>{},
                    hasSums ? toNextSums(columns.begin) : 0, target_.from(columns.begin * GROUP)};
    const Index length = columns.end - columns.begin;
    const Index head = columns.isFinal ? headOf(rows.target.first) : headOf(rows.sums.first);
    if (columns.isFinal) fetchEnds(rows.target, length);
    Index nanCount = 0;
    Index stop = head > 0 ? head : BLOCK;
    for (Index at = 0; at < length; at = stop, stop += BLOCK) {
      stop = std::min(stop, length);
      nanCount +=
          stop - at == BLOCK ? addBlock(columns, rows, at, WholeBlock()) : addBlock(columns, rows, at, stop - at);
    }
    return nanCount;
  }

  /** Lines of the next row's target that are not wholly its are read before they are written: fetches them early. */
  void fetchEnds(const PlaneRows<Value>& target, Index length) const {
    const Index planes = params_.window.batch * params_.window.channels;
    for (Index group = 0; group < planes / GROUP; ++group) {
      const Value* next = target.of(group) + params_.window.width * GROUP;
      fetchToWrite(next);
      fetchToWrite(next + length * GROUP);
    }
  }

  /** How many pixels lie before the first line of the cache that begins with one. */
  template <typename T>
  static Index headOf(const T* values) {
    const auto bytes = static_cast<Index>(-reinterpret_cast<uintptr_t>(values) % CACHE_LINE);
    // The inverse of 3 modulo a line tells where pixels of three bytes meet its start.
    constexpr Index inverse = 43;
    static_assert(3 * inverse % CACHE_LINE == 1);
    return sizeof(T) == 1 ? bytes * inverse % static_cast<Index>(CACHE_LINE) : bytes / static_cast<Index>(sizeof(T));
  }

  /** Columns from `at` of `columns` on. Returns how many values are NaN. */
  template <typename Length>
  Index addBlock(const Columns& columns, const Rows& rows, Index at, Length length) {
    const Index planes = params_.window.batch * params_.window.channels;
    const Index column = columns.begin + at;
    const bool isDivided = columns.isFinal && !weights_.areOnes(column, length);
    // Where only this tile has a weight, and that is 1.
    const bool isPassed = columns.isFinal && columns.isFresh && columns.isPresent && !isDivided;
    const float* weights = weights_.weights() + column;
    Index nanCount = 0;
    for (Index plane = 0; plane < planes; ++plane) {
      Finished* finished = finished_[plane % GROUP];
      if (isPassed) {
        nanCount += passRow(finished, fetch(rows.pixels.of(plane) + at, length), length, load_, store_);
      } else {
        addSums(columns, rows, plane, at, length);
        if (!columns.isFinal) {
          bring(rows.sums.of(plane) + at, result_, length, columns.isFresh);
          continue;
        }
        nanCount += isDivided ? finishRow<true>(finished, result_, weights, length, store_)
                              : finishRow<false>(finished, result_, weights, length, store_);
      }
      if (plane % GROUP == GROUP - 1) hand(columns, rows.target.of(plane / GROUP) + at * GROUP, length);
    }
    return nanCount;
  }

  /** Makes the new sums of a block in result_. */
  template <typename Length>
  void addSums(const Columns& columns, const Rows& rows, Index plane, Index at, Length length) {
    const float* sums = columns.isFresh ? nullptr : rows.sums.of(plane) + at;
    if (columns.isPresent) {
      const Element* pixels = fetch(rows.pixels.of(plane) + at, length);
      const RowPiece<Element> piece{pixels, tileWeights_.data() + columns.begin + at, length};
      if (columns.isFresh) return addRow<true>(result_, sums, piece, load_);
      prefetch(sums + rows.toNextSums, length);
      return addRow<false>(result_, sums, piece, load_);
    }
    if (columns.isFresh) {
      std::fill_n(result_, length, 0.0f);
    } else {
      std::copy_n(sums, length, result_);
    }
  }

  /** Brings a finished block to its place in the target. */
  template <typename Length>
  void hand(const Columns& columns, Value* target, Length length) {
    // Where the sums lie in the target and have just been read, the lines are in the cache.
    const bool isLeaving = columns.isFresh || !frameSums_->isInTarget();
    if constexpr (IS_RGB24) {
      interleave(interleaved_, finished_[0], finished_[1], finished_[2], length);
      bring(target, interleaved_, 3 * length, isLeaving);
    } else {
      bring(target, finished_[0], length, isLeaving);
    }
  }

  /** `isLeaving`: nobody reads them soon. */
  template <typename T>
  static void bring(T* target, const T* values, Index count, bool isLeaving) {
    const size_t bytes = static_cast<size_t>(count) * sizeof(T);
    if (isLeaving) {
      streamCopy<Line>(target, values, bytes);
    } else {
      std::memcpy(target, values, bytes);
    }
  }

  /** The pixels; those that are read soon are on their way to the cache from now on. */
  const Element* fetch(const Element* pixels, Index count) const {
    prefetch(pixels + std::max(params_.tileWidth, FETCHED_AHEAD / static_cast<Index>(sizeof(Element))), count);
    return pixels;
  }

  const AccumulateJob& job_;
  const AccumulateParams& params_;
  const TileSums sums_;
  std::vector<float> tileWeights_;
  /** What they are made with; those of 0 never are. */
  float tileRowMask_ = 0.0f;
  WeightRow weights_;
  const Load load_;
  const Store store_;
  // Of the row that is being added.
  const FrameSums* frameSums_ = nullptr;
  Index videoRow_ = 0;
  PlaneRows<const Element> pixels_{};
  PlaneRows<Value> target_{};
  // Of the block.
  float result_[BLOCK];
  Finished finished_[GROUP][BLOCK];
  Byte interleaved_[IS_RGB24 ? 3 * BLOCK + PACKED_PIXELS : 1];
};

}  // namespace tileblend
