#include "pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <new>

namespace tileblend {
namespace {

void* mapZeros(int64_t bytes) {
  void* memory = mmap(nullptr, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return memory;
}

}  // namespace

int64_t pageBytes() {
  static const int64_t bytes = sysconf(_SC_PAGESIZE);
  return bytes;
}

int64_t wholePages(int64_t bytes) {
  const int64_t page = pageBytes();
  return (bytes / page + (bytes % page == 0 ? 0 : 1)) * page;
}

bool isPageAligned(const void* memory) {
  return reinterpret_cast<uintptr_t>(memory) % static_cast<uintptr_t>(pageBytes()) == 0;
}

Pages::Pages(int64_t bytes) : bytes_(wholePages(bytes)), data_(mapZeros(bytes_)) {}

Pages::~Pages() {
  munmap(data_, static_cast<size_t>(bytes_));
}

}  // namespace tileblend
