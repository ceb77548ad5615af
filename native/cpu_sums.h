// Which voxels have a float32 sum, and where it lies.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "cache_lines.h"
#include "executor.h"

namespace tileblend {

/**
 * Sums of some voxels of one frame of one plane: of all columns of some rows, and of some columns of the others. Rows,
 * and runs of columns, start where a line of the cache does.
 */
class SumRegion {
 public:
  /** `isWhole`: by row; such a row has `wholeLength` columns. */
  SumRegion(const std::vector<uint8_t>& isWhole, Index wholeLength, const std::vector<Span>& columns, Index width)
      : rowStarts_(isWhole.size() + 1), isWhole_(isWhole), places_(static_cast<size_t>(width)) {
    Index length = 0;
    for (const auto& [start, stop] : columns) {
      for (Index column = start; column < stop; ++column)
        places_[static_cast<size_t>(column)] = length + column - start;
      length += wholeLines(stop - start);
    }
    for (size_t row = 0; row < isWhole.size(); ++row)
      rowStarts_[row + 1] = rowStarts_[row] + (isWhole[row] != 0 ? wholeLines(wholeLength) : length);
  }

  /** How many floats it takes. */
  Index size() const { return rowStarts_.back(); }
  /** Of a voxel that has a sum. */
  Index indexOf(Index row, Index column) const {
    const auto at = static_cast<size_t>(row);
    return rowStarts_[at] + (isWhole_[at] != 0 ? column : places_[static_cast<size_t>(column)]);
  }
  /** From a row to the next. */
  Index toNextRow(Index row) const {
    return rowStarts_[static_cast<size_t>(row) + 1] - rowStarts_[static_cast<size_t>(row)];
  }

 private:
  static Index wholeLines(Index floats) {
    constexpr Index line = CACHE_LINE / sizeof(float);
    return (floats + line - 1) / line * line;
  }

  std::vector<Index> rowStarts_;
  std::vector<uint8_t> isWhole_;
  /** Of rows that are not whole: where the sum of a column lies. */
  std::vector<Index> places_;
};

/**
 * The voxels of a frame that several tiles of one interval of the frames axis touch, `shared`, and the others, which
 * one tile of each interval touches, `alone`.
 */
class SumLayout {
 public:
  SumLayout(const WindowShape& shape, const std::vector<Span>& sharedRows, const std::vector<Span>& sharedColumns)
      : isRowShared_(marks(sharedRows, shape.height)),
        isColumnShared_(marks(sharedColumns, shape.width)),
        shared_(isRowShared_, shape.width, sharedColumns, shape.width),
        alone_(isRowShared_, 0, gapsOf(sharedColumns, shape.width), shape.width) {}

  const SumRegion& shared() const { return shared_; }
  const SumRegion& alone() const { return alone_; }
  bool isShared(Index row, Index column) const {
    return isRowShared_[static_cast<size_t>(row)] != 0 || isColumnShared_[static_cast<size_t>(column)] != 0;
  }

 private:
  static std::vector<uint8_t> marks(const std::vector<Span>& spans, Index length) {
    std::vector<uint8_t> marked(static_cast<size_t>(length));
    for (const auto& [start, stop] : spans) std::fill(marked.begin() + start, marked.begin() + stop, uint8_t{1});
    return marked;
  }

  static std::vector<Span> gapsOf(const std::vector<Span>& spans, Index length) {
    std::vector<Span> gaps;
    Index start = 0;
    for (const Span& span : spans) {
      gaps.push_back({start, span.start});
      start = span.stop;
    }
    gaps.push_back({start, length});
    return gaps;
  }

  std::vector<uint8_t> isRowShared_;
  std::vector<uint8_t> isColumnShared_;
  const SumRegion shared_;
  const SumRegion alone_;
};

/**
 * The sums of one frame, plane by plane. Those of frames of float32 that no other interval touches lie in the target:
 * then both are null.
 */
struct FrameSums {
  float* shared;
  float* alone;

  bool isInTarget() const { return shared == nullptr; }
};

/** Of the frames that a tile touches. */
struct TileSums {
  const SumLayout& layout;
  const FrameSums* frames;
};

}  // namespace tileblend
