// Large blocks of memory that are used again.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "large_memory.h"

namespace tileblend {

/**
 * Keeps large blocks that were let go for later ones: making fresh pages takes longer than the work that is done in
 * them. What is kept is the system's to take back, page by page, as soon as it needs memory; where it offers no such
 * thing, nothing is kept.
 */
class MemoryPool : public std::enable_shared_from_this<MemoryPool> {
 public:
  /**
   * Memory that is not set and starts where a line of the caches does, until it is let go, on any thread. Throws
   * std::bad_alloc.
   */
  std::shared_ptr<void> take(int64_t bytes) {
    std::unique_ptr<LargeMemory> block = bytes < MAPPED_BYTES ? nullptr : takeKept(bytes);
    if (block == nullptr) block = std::make_unique<LargeMemory>(bytes);
    void* const data = block->data();
    const auto letGo = [pool = weak_from_this(), owned = block.release()](void*) {
      std::unique_ptr<LargeMemory> returned(owned);
      if (const auto alive = pool.lock()) alive->keep(std::move(returned));
    };
    return {data, letGo};
  }

 private:
  /** Bytes that are kept at most. */
  static constexpr int64_t MOST_KEPT = int64_t{1} << 29;

  /** The smallest block that serves and is not much too large. None: then what is too small makes room. */
  std::unique_ptr<LargeMemory> takeKept(int64_t bytes) {
    const std::lock_guard lock(mutex_);
    size_t best = kept_.size();
    for (size_t i = 0; i < kept_.size(); ++i) {
      const int64_t size = kept_[i]->bytes();
      if (size < bytes || size > 2 * bytes) continue;
      if (best == kept_.size() || size < kept_[best]->bytes()) best = i;
    }
    if (best == kept_.size()) {
      kept_.clear();
      return nullptr;
    }
    std::unique_ptr<LargeMemory> block = std::move(kept_[best]);
    kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(best));
    return block;
  }

  void keep(std::unique_ptr<LargeMemory> block) {
    if (block->bytes() < MAPPED_BYTES || block->bytes() > MOST_KEPT || !block->lend()) return;
    const std::lock_guard lock(mutex_);
    kept_.push_back(std::move(block));
    int64_t total = 0;
    for (const auto& each : kept_) total += each->bytes();
    // The oldest go first.
    while (total > MOST_KEPT) {
      total -= kept_.front()->bytes();
      kept_.erase(kept_.begin());
    }
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<LargeMemory>> kept_;
};

}  // namespace tileblend
