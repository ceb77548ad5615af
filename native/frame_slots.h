// Which part of a buffer of frames holds which frame of the video.
#pragma once

#include <numeric>
#include <stdexcept>
#include <unordered_map>
#include <vector>

#include "kernels/blend_params.h"

namespace tileblend {

/** A fixed number of slots for frames that come and go. */
class FrameSlots {
 public:
  explicit FrameSlots(Index slots) : free_(static_cast<size_t>(slots)) {
    std::iota(free_.rbegin(), free_.rend(), Index{0});
  }

  /** The slot of a frame, which it keeps until it is released. Throws std::runtime_error when none is left. */
  Index slotOf(Index frame) {
    const auto known = slots_.find(frame);
    if (known != slots_.end()) return known->second;
    if (free_.empty()) throw std::runtime_error("the tile has more frames than the window");
    const Index slot = free_.back();
    free_.pop_back();
    slots_.emplace(frame, slot);
    return slot;
  }

  void release(Index frame) {
    const auto known = slots_.find(frame);
    if (known == slots_.end()) return;
    free_.push_back(known->second);
    slots_.erase(known);
  }

 private:
  std::vector<Index> free_;
  std::unordered_map<Index, Index> slots_;
};

}  // namespace tileblend
