// Large blocks of memory that are used again.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "large_memory.h"

namespace tileblend {

/**
 * Keeps a large block that was let go for the next one: making fresh pages takes longer than the work that is done in
 * them. What is kept is the system's to take back, page by page, as soon as it needs memory; where it offers no such
 * thing, nothing is kept. But it counts as resident: one block is kept, and none while another is in use.
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
    inUse_.fetch_add(1);
    const auto letGo = [pool = weak_from_this(), owned = block.release()](void*) {
      std::unique_ptr<LargeMemory> returned(owned);
      if (const auto alive = pool.lock()) alive->keep(std::move(returned));
    };
    return {data, letGo};
  }

 private:
  /** Bytes of the largest block that is kept. */
  static constexpr int64_t MOST_KEPT = int64_t{1} << 29;

  /** The kept block, unless it is too small or much too large: then it goes, to make room for one that fits. */
  std::unique_ptr<LargeMemory> takeKept(int64_t bytes) {
    const std::lock_guard lock(mutex_);
    if (kept_ == nullptr || kept_->bytes() < bytes || kept_->bytes() > 2 * bytes) kept_.reset();
    return std::move(kept_);
  }

  void keep(std::unique_ptr<LargeMemory> block) {
    if (inUse_.fetch_sub(1) > 1) return;
    if (block->bytes() < MAPPED_BYTES || block->bytes() > MOST_KEPT || !block->lend()) return;
    const std::lock_guard lock(mutex_);
    kept_ = std::move(block);
  }

  std::atomic<int64_t> inUse_{0};
  std::mutex mutex_;
  std::unique_ptr<LargeMemory> kept_;
};

}  // namespace tileblend
