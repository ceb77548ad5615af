// Whole pages of memory, which a GPU can use without a copy.
#pragma once

#include <cstdint>

namespace tileblend {

/** Bytes of a page of memory. */
int64_t pageBytes();

/** `bytes`, rounded up to whole pages. */
int64_t wholePages(int64_t bytes);

/** Whether memory begins where a page does. */
bool isPageAligned(const void* memory);

/** Zeros in pages of their own, which the system hands out when they are first touched. */
class Pages {
 public:
  /** Throws std::bad_alloc. `bytes` is at least 1. */
  explicit Pages(int64_t bytes);
  ~Pages();
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  void* data() const { return data_; }

 private:
  const int64_t bytes_;
  void* const data_;
};

}  // namespace tileblend
