// How fast this machine copies, and what fresh memory costs: memory_limit THREADS prints one line of JSON.
// The fastest of a plain and of a streaming copy, of 400 MiB each way, which no cache holds, and the cheaper of small
// and of large pages.
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "cache_lines.h"
#include "large_memory.h"

namespace {

constexpr size_t BYTES = size_t{400} << 20;
constexpr int ROUNDS = 3;

unsigned char* mapPages() {
  void* memory = mmap(nullptr, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::exit(1);
  return static_cast<unsigned char*>(memory);
}

/** Seconds that `run(part, bytes)` takes on so many threads, each with its part of the memory. */
template <typename Run>
double measure(unsigned threads, Run run) {
  const size_t part = BYTES / threads / 64 * 64;
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < threads; ++i) workers.emplace_back([=] { run(i * part, part); });
  for (std::thread& worker : workers) worker.join();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/** Seconds until the system has given all of new memory, in pages of one kind. */
double measureFaults(unsigned threads, bool areLarge) {
  unsigned char* target = mapPages();
  if (areLarge) tileblend::hintLargePages(target, BYTES);
  const double seconds = measure(threads, [=](size_t at, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 4096) target[at + i] = 1;
  });
  munmap(target, BYTES);
  return seconds;
}

}  // namespace

int main(int count, char** arguments) {
  const unsigned threads = count > 1 ? static_cast<unsigned>(std::max(1, std::atoi(arguments[1]))) : 1;
  unsigned char* source = mapPages();
  unsigned char* target = mapPages();
  std::memset(source, 1, BYTES);
  std::memset(target, 1, BYTES);
  double plain = 1e9;
  double streaming = 1e9;
  for (int round = 0; round < ROUNDS; ++round) {
    plain = std::min(plain,
                     measure(threads, [=](size_t at, size_t bytes) { std::memcpy(target + at, source + at, bytes); }));
    streaming = std::min(streaming, measure(threads, [=](size_t at, size_t bytes) {
                           tileblend::streamCopy(target + at, source + at, bytes);
                           tileblend::endStreaming();
                         }));
  }
  munmap(target, BYTES);
  double fresh = 1e9;
  for (int round = 0; round < ROUNDS; ++round) {
    for (const bool isLarge : {false, true}) fresh = std::min(fresh, measureFaults(threads, isLarge));
  }
  std::printf("{\"copyBytesPerSecond\":%.0f,\"faultSecondsPerByte\":%.4g}\n", 2.0 * BYTES / std::min(plain, streaming),
              fresh / BYTES);
  return 0;
}
