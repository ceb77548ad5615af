// Blocks of memory so large that the system's pages matter.
#pragma once

#include <cstdint>
#include <new>

#include "cache_lines.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace tileblend {

/** A large page on the systems that have them on request (bytes). */
constexpr uintptr_t LARGE_PAGE = uintptr_t{1} << 21;

/** The allocator maps blocks from here on by themselves; large pages of others would stay with its heap (bytes). */
constexpr int64_t MAPPED_BYTES = int64_t{32} << 20;

#ifdef __linux__
/** Advises the system on the whole pages of [memory, memory + bytes). Returns whether there are any and it takes it. */
inline bool adviseWholePages(void* memory, int64_t bytes, uintptr_t page, int advice) {
  const auto begin = reinterpret_cast<uintptr_t>(memory);
  const uintptr_t first = (begin + page - 1) & ~(page - 1);
  const uintptr_t last = (begin + static_cast<uintptr_t>(bytes)) & ~(page - 1);
  return first < last && madvise(reinterpret_cast<void*>(first), last - first, advice) == 0;
}
#endif

/**
 * Asks for large pages where [memory, memory + bytes) holds whole ones: memory that is new comes in two hundred times
 * fewer faults. A hint, which changes no value; it does nothing where the system has no such thing.
 */
inline void hintLargePages([[maybe_unused]] void* memory, [[maybe_unused]] int64_t bytes) {
#ifdef __linux__
  if (bytes >= MAPPED_BYTES) adviseWholePages(memory, bytes, LARGE_PAGE, MADV_HUGEPAGE);
#endif
}

/** Memory that is not set and starts where a line of the caches does. Untouched pages take no memory. */
class LargeMemory {
 public:
  /** Throws std::bad_alloc. */
  explicit LargeMemory(int64_t bytes)
      : bytes_(bytes),
        alignment_{static_cast<uintptr_t>(bytes) < LARGE_PAGE ? CACHE_LINE : LARGE_PAGE},
        data_(::operator new(static_cast<size_t>(bytes), alignment_)) {
    hintLargePages(data_, bytes);
  }
  ~LargeMemory() { ::operator delete(data_, alignment_); }
  LargeMemory(const LargeMemory&) = delete;
  LargeMemory& operator=(const LargeMemory&) = delete;

  void* data() const { return data_; }
  int64_t bytes() const { return bytes_; }

  /**
   * Lets the system take the pages when it runs short, until they are written again; their contents may be lost.
   * Returns whether it can.
   */
  bool lend() const {
#ifdef __linux__
    constexpr uintptr_t longestSmallPage = 65536;
    return adviseWholePages(data_, bytes_, longestSmallPage, MADV_FREE);
#else
    return false;
#endif
  }

 private:
  const int64_t bytes_;
  const std::align_val_t alignment_;
  void* const data_;
};

}  // namespace tileblend
