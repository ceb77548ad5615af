// Blocks of memory so large that the system's pages matter.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace tileblend {

/** A large page on the systems that have them on request (bytes). */
constexpr uintptr_t LARGE_PAGE = uintptr_t{1} << 21;

/**
 * Asks for large pages where [memory, memory + bytes) holds whole ones: memory that is new comes in two hundred times
 * fewer faults. A hint, which changes no value; it does nothing where the system has no such thing.
 */
inline void hintLargePages([[maybe_unused]] void* memory, [[maybe_unused]] int64_t bytes) {
#ifdef __linux__
  const auto begin = reinterpret_cast<uintptr_t>(memory);
  const uintptr_t first = (begin + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
  const uintptr_t last = (begin + static_cast<uintptr_t>(bytes)) & ~(LARGE_PAGE - 1);
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#endif
}

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

using Floats = std::unique_ptr<float[], Free>;

/** Room for so many values, which are not set. Untouched pages take no memory. */
inline Floats allocateFloats(int64_t count) {
  void* memory = std::malloc(static_cast<size_t>(count) * sizeof(float));
  if (memory == nullptr) throw std::bad_alloc();
  hintLargePages(memory, count * static_cast<int64_t>(sizeof(float)));
  return Floats(static_cast<float*>(memory));
}

}  // namespace tileblend
