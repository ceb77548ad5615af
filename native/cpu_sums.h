// Which voxels have a float32 sum, and where it lies.
#pragma once

#include <algorithm>
#include <vector>

#include "executor.h"

namespace tileblend {

/**
 * The sums of one frame of one plane. A frame that several intervals of the frames axis touch has one for each voxel.
 * In any other, a tile alone makes most voxels: only rows and columns that several tiles touch have sums.
 *
 *   | row shared by tiles: all its columns | other row: its shared columns | ...
 *
 * Rows, and runs of shared columns, start where a line of the cache does.
 */
class SumLayout {
 public:
  /** With a sum for each voxel. */
  SumLayout(Index height, Index width) : SumLayout(height, width, {{0, height}}, {}) {}

  SumLayout(Index height, Index width, const std::vector<Span>& sharedRows, const std::vector<Span>& sharedColumns)
      : rowStarts_(static_cast<size_t>(height) + 1), columns_(static_cast<size_t>(width)) {
    Index sharedCount = 0;
    for (const auto& [start, stop] : sharedColumns) {
      for (Index column = start; column < stop; ++column)
        columns_[static_cast<size_t>(column)] = sharedCount + column - start;
      sharedCount += wholeLines(stop - start);
    }
    isWhole_.resize(static_cast<size_t>(height));
    for (const auto& [start, stop] : sharedRows) std::fill(isWhole_.begin() + start, isWhole_.begin() + stop, 1);
    for (size_t row = 0; row < isWhole_.size(); ++row)
      rowStarts_[row + 1] = rowStarts_[row] + (isWhole_[row] != 0 ? wholeLines(width) : sharedCount);
  }

  /** How many floats it takes. */
  Index size() const { return rowStarts_.back(); }
  /** Of a voxel that has a sum. */
  Index indexOf(Index row, Index column) const {
    const auto at = static_cast<size_t>(row);
    return rowStarts_[at] + (isWhole_[at] != 0 ? column : columns_[static_cast<size_t>(column)]);
  }
  /** From a row to the next. */
  Index toNextRow(Index row) const {
    return rowStarts_[static_cast<size_t>(row) + 1] - rowStarts_[static_cast<size_t>(row)];
  }

 private:
  static Index wholeLines(Index floats) {
    constexpr Index line = 16;
    return (floats + line - 1) / line * line;
  }

  std::vector<Index> rowStarts_;
  std::vector<uint8_t> isWhole_;
  /** Of rows that are not whole: where the sum of each shared column lies. */
  std::vector<Index> columns_;
};

/** The sums of one frame, plane by plane. Those of frames of float32 that no other interval touches lie in the target.
 */
struct FrameSums {
  const SumLayout* layout;
  float* sums;

  bool isInTarget() const { return layout == nullptr; }
};

}  // namespace tileblend
