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
      : job_(job),
        weights_(static_cast<size_t>((job.axes[2].final + GRAIN - 1) / GRAIN * GRAIN), 1.0f),
        areOnes_(weights_.size() / GRAIN) {}

  const float* weights() const { return weights_.data(); }
  /** Whether dividing some columns by their weights is known to change nothing, since all are 1. */
  bool areOnes(Index begin, Index length) const {
    for (Index grain = begin / GRAIN; grain * GRAIN < begin + length; ++grain) {
      if (!areOnes_[static_cast<size_t>(grain)]) return false;
    }
    return true;
  }
  /** Voxels of the row that no tile covers. */
  Index uncovered() const { return uncovered_; }

  /** Makes the weights of a row of the video: each tile's added in plan order, as their pixels are. */
  void make(Index frame, Index row) {
    if (frame != frame_) findTiles(frame);
    next_.clear();
    for (const auto& [box, frameMask] : inFrame_) {
      const float rowMask = frameMask * maskAt(*box, 1, row);
      if (rowMask != 0.0f) next_.emplace_back(box, rowMask);
    }
    // Away from the ramps one row is as the one before.
    if (isMade_ && next_ == made_) return;
    std::swap(made_, next_);
    isMade_ = true;
    addAll();
  }

 private:
  /** Columns that are looked at together. */
  static constexpr Index GRAIN = 32;
  /** A tile and its weight in a frame or in a row. */
  using Contribution = std::pair<const TouchedBox*, float>;

  void findTiles(Index frame) {
    frame_ = frame;
    inFrame_.clear();
    for (const TouchedBox& box : job_.contributors) {
      const float frameMask = maskAt(box, 0, frame);
      if (frameMask != 0.0f) inFrame_.emplace_back(&box, frameMask);
    }
  }

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
    for (size_t grain = 0; grain < areOnes_.size(); ++grain)
      areOnes_[grain] = tileblend::areOnes(&weights_[grain * GRAIN], GRAIN) ? 1 : 0;
  }

  const AccumulateJob& job_;
  /** Filled up to whole grains with 1. */
  std::vector<float> weights_;
  std::vector<uint8_t> areOnes_;
  Index uncovered_ = 0;
  bool isMade_ = false;
  Index frame_ = -1;
  std::vector<Contribution> inFrame_;
  std::vector<Contribution> made_;
  std::vector<Contribution> next_;
};

}  // namespace tileblend
