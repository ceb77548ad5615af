// Weights of the voxels of one row, made anew from the masks of the tiles that touch it: no buffer holds them.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "cpu_rows.h"
#include "executor.h"

namespace tileblend {

/** The sums of the tiles' weights along the columns of a tile, row by row. */
class WeightRow {
 public:
  /** For the columns that are final with the job's tile. */
  explicit WeightRow(const AccumulateJob& job)
      : job_(job), weights_(static_cast<size_t>(std::max<Index>(1, job.axes[2].final))) {}

  const float* weights() const { return weights_.data(); }
  /** Voxels of the row that no tile covers. */
  Index uncovered() const { return uncovered_; }

  /** Makes the weights of a row of the video: each tile's added in plan order, as their pixels are. */
  void make(Index frame, Index row) {
    next_.clear();
    for (const TouchedBox& box : job_.contributors) {
      const float rowMask = maskAt(box, 0, frame) * maskAt(box, 1, row);
      if (rowMask != 0.0f) next_.emplace_back(&box, rowMask);
    }
    // Away from the ramps one row is as the one before.
    if (isMade_ && next_ == made_) return;
    std::swap(made_, next_);
    isMade_ = true;
    addAll();
  }

 private:
  using Contribution = std::pair<const TouchedBox*, float>;

  static float maskAt(const TouchedBox& box, size_t axis, Index position) {
    const Index at = position - box.parts[axis].start;
    return at >= 0 && at < box.parts[axis].length ? box.masks[axis][at] : 0.0f;
  }

  void addAll() {
    const Index origin = job_.params.width.start;
    const Index length = job_.axes[2].final;
    std::fill_n(weights_.begin(), length, 0.0f);
    for (const auto& [box, rowMask] : made_) {
      const TouchedPart& part = box->parts[2];
      const Index begin = std::max(part.start, origin);
      const Index end = std::min(part.start + part.length, origin + length);
      if (begin < end)
        addWeights(&weights_[static_cast<size_t>(begin - origin)], box->masks[2] + (begin - part.start), rowMask,
                   end - begin);
    }
    uncovered_ = countZeros(weights_.data(), length);
  }

  const AccumulateJob& job_;
  std::vector<float> weights_;
  Index uncovered_ = 0;
  bool isMade_ = false;
  std::vector<Contribution> made_;
  std::vector<Contribution> next_;
};

}  // namespace tileblend
