#include "cpu_executor.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "cpu_rows.h"
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

/** Voxels of all planes in one part of a task: enough to be worth a turn, few enough that all cores end together. */
constexpr Index PART_VOXELS = 1 << 16;

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

/** Zeros. calloc takes large blocks from the system, which hands them out zeroed and only when first touched. */
std::unique_ptr<float[], Free> allocateZeros(Index elements) {
  void* memory = std::calloc(static_cast<size_t>(elements), sizeof(float));
  if (memory == nullptr) throw std::bad_alloc();
  return std::unique_ptr<float[], Free>(static_cast<float*>(memory));
}

/** Rows of one job, cut into parts. No two parts share a row, so each voxel is touched by one thread. */
struct RowParts {
  Index rows;
  Index rowsPerPart;

  RowParts(Index rowCount, Index voxelsPerRow)
      : rows(rowCount), rowsPerPart(std::max<Index>(1, PART_VOXELS / std::max<Index>(1, voxelsPerRow))) {}

  Index parts() const { return (rows + rowsPerPart - 1) / rowsPerPart; }

  template <typename Visit>
  void visit(Index part, Visit visitRow) const {
    const Index end = std::min(rows, (part + 1) * rowsPerPart);
    for (Index row = part * rowsPerPart; row < end; ++row) visitRow(row);
  }
};

/** One row of a tile, and where it goes. */
struct TileRow {
  /** Of the first touched pixel, in a plane of the tile. */
  Index inTile;
  /** The same in a plane of the window. */
  Index inWindow;
  /** Product of the frame's and the row's weight. */
  float mask;
};

/** One row of a frame to finish. */
struct FrameRow {
  /** Frame of the target. */
  Index frame;
  Index row;
  /** In a plane of the window. */
  Index inWindow;
};

class CpuWindow final : public Window {
 public:
  CpuWindow(const WindowShape& shape, std::shared_ptr<ThreadPool> pool)
      : shape_(shape),
        planes_(shape.batch * shape.channels),
        planeLength_(shape.frames * shape.height * shape.width),
        sums_(allocateZeros(planes_ * planeLength_)),
        weights_(allocateZeros(planeLength_)),
        pool_(std::move(pool)) {}

  int64_t byteLength() const override { return windowByteLength(shape_); }
  void accumulate(const AccumulateJob& job, Done done) override;
  void normalise(const NormaliseJob& job, Done done) override;

 private:
  /** Runs `visitRow(row)` for each row, on the pool. */
  template <typename VisitRow>
  void runRows(RowParts parts, VisitRow visitRow, std::function<void()> done);
  void accumulateTileRow(const AccumulateJob& job, Index frame, Index row);
  template <typename Element, typename Load>
  void accumulatePlanes(const AccumulateJob& job, const TileRow& at, Load load);
  Index normaliseRows(const NormaliseJob& job, Index frame, Index row);
  template <typename Element, typename Store>
  Index normalisePlanes(const NormaliseJob& job, const FrameRow& at, Store store);
  Index normaliseRgb24(const NormaliseJob& job, const FrameRow& at);
  /** Where the row of a frame of the video lies in a plane. */
  Index rowInPlane(Index frame, Index row) const {
    return ((frame % shape_.frames) * shape_.height + row) * shape_.width;
  }

  const WindowShape shape_;
  const Index planes_;
  const Index planeLength_;
  const std::unique_ptr<float[], Free> sums_;
  const std::unique_ptr<float[], Free> weights_;
  const std::shared_ptr<ThreadPool> pool_;
  /** Of the job that runs. */
  std::atomic<int64_t> nanCount_{0};
  std::atomic<int64_t> uncoveredCount_{0};
};

template <typename VisitRow>
void CpuWindow::runRows(RowParts parts, VisitRow visitRow, std::function<void()> done) {
  if (parts.rows == 0) return done();
  pool_->start({parts.parts(), [parts, visitRow](int64_t part) { parts.visit(part, visitRow); }, std::move(done)});
}

void CpuWindow::accumulate(const AccumulateJob& job, Done done) {
  const Index height = job.params.height.length;
  const RowParts parts(job.params.frames.length * height, planes_ * job.params.width.length);
  const auto visitRow = [this, &job, height](Index row) { accumulateTileRow(job, row / height, row % height); };
  runRows(parts, visitRow, [done = std::move(done)] { done(Outcome()); });
}

void CpuWindow::accumulateTileRow(const AccumulateJob& job, Index frame, Index row) {
  const AccumulateParams& params = job.params;
  const float mask = job.masks[0][frame] * job.masks[1][row];
  if (mask == 0.0f) return;
  const Index tileRow = (params.frames.offset + frame) * params.tileHeight + params.height.offset + row;
  const Index windowRow = rowInPlane(params.frames.start + frame, params.height.start + row);
  const TileRow at{tileRow * params.tileWidth + params.width.offset, windowRow + params.width.start, mask};
  accumulateWeights(weights_.get() + at.inWindow, job.masks[2], mask, params.width.length);
  switch (job.format) {
    case FORMAT_FLOAT32:
      return accumulatePlanes<float>(job, at, [](float value) { return value; });
    case FORMAT_FLOAT16:
      return accumulatePlanes<HalfBits>(job, at, [](HalfBits bits) { return floatFromHalf(bits); });
    case FORMAT_BFLOAT16:
      return accumulatePlanes<HalfBits>(job, at, [](HalfBits bits) { return floatFromBfloat16(bits); });
    case FORMAT_RGB24:
      return;
  }
}

template <typename Element, typename Load>
void CpuWindow::accumulatePlanes(const AccumulateJob& job, const TileRow& at, Load load) {
  const AccumulateParams& params = job.params;
  const Index tilePlane = params.tileFrames * params.tileHeight * params.tileWidth;
  const Element* pixels = static_cast<const Element*>(job.pixels) + at.inTile;
  float* sums = sums_.get() + at.inWindow;
  for (Index plane = 0; plane < planes_; ++plane) {
    accumulateRow(sums + plane * planeLength_, pixels + plane * tilePlane, job.masks[2], at.mask, params.width.length,
                  load);
  }
}

void CpuWindow::normalise(const NormaliseJob& job, Done done) {
  nanCount_ = 0;
  uncoveredCount_ = 0;
  const RowParts parts(job.params.count * shape_.height, planes_ * shape_.width);
  const auto visitRow = [this, &job](Index row) {
    const Index nanCount = normaliseRows(job, row / shape_.height, row % shape_.height);
    if (nanCount != 0) nanCount_.fetch_add(nanCount, std::memory_order_relaxed);
  };
  runRows(parts, visitRow, [this, done = std::move(done)] { done({"", nanCount_, uncoveredCount_}); });
}

/** Finishes one row of all planes, and only then its weights. Returns how many values are no number. */
Index CpuWindow::normaliseRows(const NormaliseJob& job, Index frame, Index row) {
  const FrameRow at{job.params.targetStart + frame, row, rowInPlane(job.params.start + frame, row)};
  Index nanCount = 0;
  switch (job.format) {
    case FORMAT_FLOAT32:
      nanCount = normalisePlanes<float>(job, at, [](float value) { return canonicalFloat(value); });
      break;
    case FORMAT_FLOAT16:
      nanCount = normalisePlanes<HalfBits>(job, at, [](float value) { return halfFromFloat(value); });
      break;
    case FORMAT_BFLOAT16:
      nanCount = normalisePlanes<HalfBits>(job, at, [](float value) { return bfloat16FromFloat(value); });
      break;
    case FORMAT_RGB24:
      nanCount = normaliseRgb24(job, at);
      break;
  }
  const Index uncovered = clearWeights(weights_.get() + at.inWindow, shape_.width);
  if (uncovered != 0) uncoveredCount_.fetch_add(uncovered, std::memory_order_relaxed);
  return nanCount;
}

template <typename Element, typename Store>
Index CpuWindow::normalisePlanes(const NormaliseJob& job, const FrameRow& at, Store store) {
  const Index targetPlane = job.params.targetFrames * shape_.height * shape_.width;
  Element* target = static_cast<Element*>(job.target) + (at.frame * shape_.height + at.row) * shape_.width;
  Index nanCount = 0;
  for (Index plane = 0; plane < planes_; ++plane) {
    nanCount += normaliseRow(target + plane * targetPlane, sums_.get() + plane * planeLength_ + at.inWindow,
                             weights_.get() + at.inWindow, shape_.width, store);
  }
  return nanCount;
}

Index CpuWindow::normaliseRgb24(const NormaliseJob& job, const FrameRow& at) {
  Index nanCount = 0;
  for (Index item = 0; item < shape_.batch; ++item) {
    const Index targetRow = (item * job.params.targetFrames + at.frame) * shape_.height + at.row;
    float* red = sums_.get() + item * 3 * planeLength_ + at.inWindow;
    nanCount += normaliseRgb24Row(static_cast<Byte*>(job.target) + targetRow * shape_.width * 3,
                                  {red, red + planeLength_, red + 2 * planeLength_}, weights_.get() + at.inWindow,
                                  shape_.width, job.params.low, job.params.factor);
  }
  return nanCount;
}

class CpuExecutor final : public Executor {
 public:
  explicit CpuExecutor(unsigned threads) : pool_(std::make_shared<ThreadPool>(threads)) {}

  std::string description() const override {
    const unsigned threads = pool_->size();
    return std::string("CPU, ") + ARCHITECTURE + ", " + std::to_string(threads) +
           (threads == 1 ? " thread" : " threads");
  }

  std::unique_ptr<Window> createWindow(const WindowRequest& request) override {
    const WindowShape& shape = request.shape;
    const int64_t bytes = windowByteLength(shape);
    try {
      return std::make_unique<CpuWindow>(shape, pool_);
    } catch (const std::bad_alloc&) {
      throw std::runtime_error("the window of " + std::to_string(bytes) + " bytes does not fit in memory");
    }
  }

  void stop() override { pool_->stop(); }

 private:
  const std::shared_ptr<ThreadPool> pool_;
};

}  // namespace

int64_t windowByteLength(const WindowShape& shape) {
  // One plane of weights beside those of the sums. The target of rgb24 and every index stay below this too.
  const std::array<Index, 4> factors{shape.frames, shape.height, shape.width, static_cast<Index>(sizeof(float))};
  constexpr Index limit = std::numeric_limits<Index>::max();
  if (shape.batch > limit / shape.channels - 1) throw std::length_error("the window is too large to be addressed");
  Index bytes = shape.batch * shape.channels + 1;
  for (const Index factor : factors) {
    if (bytes > limit / factor) throw std::length_error("the window is too large to be addressed");
    bytes *= factor;
  }
  return bytes;
}

std::unique_ptr<Executor> createCpuExecutor(unsigned threads) {
  return std::make_unique<CpuExecutor>(threads);
}

}  // namespace tileblend
