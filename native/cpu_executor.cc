#include "cpu_executor.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "cpu_window.h"
#include "executor.h"
#include "thread_pool.h"

namespace tileblend {
namespace {

#if defined(__aarch64__) || defined(_M_ARM64)
constexpr const char* ARCHITECTURE = "arm64";
#elif defined(__x86_64__) || defined(_M_X64)
constexpr const char* ARCHITECTURE = "x86-64";
#else
constexpr const char* ARCHITECTURE = "other";
#endif

class CpuExecutor final : public Executor {
 public:
  explicit CpuExecutor(unsigned threads) : threads_(std::make_shared<ThreadPool>(threads)) {}

  std::string description() const override {
    const unsigned threads = threads_->size();
    return std::string("CPU, ") + ARCHITECTURE + ", " + std::to_string(threads) +
           (threads == 1 ? " thread" : " threads");
  }

  std::unique_ptr<Window> createWindow(const WindowRequest& request) override {
    const WindowShape& shape = request.shape;
    const Index frames = std::max({shape.frames, request.carriedFrames, request.lateFrames});
    const int64_t bytes = bytesOfPlanes(shape, shape.batch * shape.channels, frames);
    try {
      return std::make_unique<CpuWindow>(request, threads_, memory_);
    } catch (const std::bad_alloc&) {
      throw std::runtime_error("the window of up to " + std::to_string(bytes) + " bytes does not fit in memory");
    }
  }

  void stop() override { threads_->stop(); }

 private:
  const std::shared_ptr<ThreadPool> threads_;
  const CpuMemory memory_;
};

}  // namespace

int64_t bytesOfPlanes(const WindowShape& shape, Index planes, Index frames) {
  // The target of rgb24 and every index stay below this too.
  const std::array<Index, 4> factors{frames, shape.height, shape.width, static_cast<Index>(sizeof(float))};
  constexpr Index limit = std::numeric_limits<Index>::max();
  Index bytes = planes;
  for (const Index factor : factors) {
    if (bytes > limit / factor) throw std::length_error("the window is too large to be addressed");
    bytes *= factor;
  }
  return bytes;
}

int64_t windowByteLength(const WindowShape& shape) {
  return bytesOfPlanes(shape, shape.batch * shape.channels + 1, shape.frames);
}

std::unique_ptr<Executor> createCpuExecutor(unsigned threads) {
  return std::make_unique<CpuExecutor>(threads);
}

}  // namespace tileblend
