#include "cpu_window.h"

#include <algorithm>
#include <utility>

#include "cpu_tile_rows.h"

namespace tileblend {
namespace {

/** Voxels of all planes in one part of a task: enough to be worth a turn, few enough that all cores end together. */
constexpr Index PART_VOXELS = 1 << 16;

/** Slots for sums of voxels that tiles of one interval share. */
Index sharedSlotsOf(const WindowRequest& request) {
  return request.format == FORMAT_FLOAT32 ? request.carriedFrames : request.shape.frames;
}

/** Bytes of the whole target: all of its frames. */
int64_t targetBytes(const NormaliseJob& job) {
  const WindowShape& shape = job.params.window;
  return shape.batch * shape.channels * job.params.targetFrames * shape.height * shape.width * elementBytes(job.format);
}

}  // namespace

CpuWindow::CpuWindow(const WindowRequest& request, std::shared_ptr<ThreadPool> threads, const CpuMemory& memory)
    : planes_(request.shape.batch * request.shape.channels),
      format_(request.format),
      layout_(request.shape, request.sharedRows, request.sharedColumns),
      lateFrames_(request.lateFrames),
      sharedSlots_(sharedSlotsOf(request)),
      byteLength_(planes_ * static_cast<Index>(sizeof(float)) *
                  (sharedSlotsOf(request) * layout_.shared().size() + lateFrames_ * layout_.alone().size())),
      memory_(memory.sums->take(byteLength_)),
      sharedSums_(static_cast<float*>(memory_.get())),
      aloneSums_(sharedSums_ + sharedSlotsOf(request) * planes_ * layout_.shared().size()),
      threads_(std::move(threads)),
      targets_(memory.targets) {}

void CpuWindow::accumulate(const AccumulateJob& job, Done done) {
  prepare(job);
  const TileAxis& frames = job.axes[0];
  const auto end = [done = std::move(done)] { done(Outcome()); };
  const bool takesPlaces = frames.fresh > 0 && frames.final < frames.planned;
  if (!takesPlaces) return addFrames(job, {0, frames.planned}, end);
  addFrames(job, {0, frames.final},
            [this, &job, end] { addFrames(job, {job.axes[0].final, job.axes[0].planned}, end); });
}

void CpuWindow::addFrames(const AccumulateJob& job, Span frames, std::function<void()> done) {
  const Index height = job.axes[1].planned;
  const Index rows = (frames.stop - frames.start) * height;
  if (rows == 0) return done();
  const Index rowVoxels = job.params.window.batch * job.params.window.channels * job.axes[2].planned;
  const Index partRows = std::max<Index>(1, PART_VOXELS / std::max<Index>(1, rowVoxels));
  const Index first = frames.start * height;
  const auto run = [this, &job, first, rows, partRows](Index part) {
    const Index begin = part * partRows;
    const Index end = std::min(rows, begin + partRows);
    runFor(instructionSet_, [&](auto line) { addRows(job, first + begin, first + end, line); });
    endStreaming();
  };
  threads_->start({(rows + partRows - 1) / partRows, run, std::move(done)});
}

/** Finds the sums of each frame that the tile touches. */
void CpuWindow::prepare(const AccumulateJob& job) {
  const TileAxis& frames = job.axes[0];
  sumsOfFrame_.clear();
  for (Index frame = 0; frame < frames.planned; ++frame) {
    const bool isOnlyHere = frame >= frames.fresh && frame < frames.final;
    const bool isInTarget = format_ == FORMAT_FLOAT32 && isOnlyHere;
    sumsOfFrame_.push_back(isInTarget ? FrameSums{} : sumsOf(job.params.frames.start + frame));
  }
  const NormaliseParams& finish = job.finish.params;
  const bool isCounted = countStart_ == finish.start && counts_.size() == static_cast<size_t>(finish.count);
  if (finish.count == 0 || isCounted) return;
  hintLargePages(job.finish.target, targetBytes(job.finish));
  countStart_ = finish.start;
  counts_ = std::vector<FrameCounts>(static_cast<size_t>(finish.count));
}

FrameSums CpuWindow::sumsOf(Index frame) {
  return {sharedSums_ + sharedSlots_.slotOf(frame) * planes_ * layout_.shared().size(),
          aloneSums_ + frame % lateFrames_ * planes_ * layout_.alone().size()};
}

template <typename Line>
void CpuWindow::addRows(const AccumulateJob& job, Index begin, Index end, Line line) {
  switch (job.format) {
    case FORMAT_FLOAT32:
      return addRowsOf<float>(job, begin, end, line, [](float value) { return value; });
    case FORMAT_FLOAT16:
      return addRowsOf<HalfBits>(job, begin, end, line, [](HalfBits bits) { return floatFromHalf(bits); });
    case FORMAT_BFLOAT16:
      return addRowsOf<HalfBits>(job, begin, end, line, [](HalfBits bits) { return floatFromBfloat16(bits); });
    case FORMAT_RGB24:
      return;
  }
}

/** Makes the rows of the tile's and the target's types. */
template <typename Element, typename Value, typename Line, typename Load, typename Store>
TileRows<Element, Value, Line, Load, Store> createRows(const AccumulateJob& job, const TileSums& sums, Line, Load load,
                                                       Store store) {
  return {job, sums, load, store};
}

template <typename Element, typename Line, typename Load>
void CpuWindow::addRowsOf(const AccumulateJob& job, Index begin, Index end, Line line, Load load) {
  const TileSums sums{layout_, sumsOfFrame_.data()};
  const float low = job.finish.params.low;
  const float factor = job.finish.params.factor;
  switch (job.finish.format) {
    case FORMAT_FLOAT32:
      return visitRows(job, begin, end, createRows<Element, float>(job, sums, line, load, [](float value) {
                         return canonicalFloat(value);
                       }));
    case FORMAT_FLOAT16:
      return visitRows(job, begin, end, createRows<Element, HalfBits>(job, sums, line, load, [](float value) {
                         return halfFromFloat(value);
                       }));
    case FORMAT_BFLOAT16:
      return visitRows(job, begin, end, createRows<Element, HalfBits>(job, sums, line, load, [](float value) {
                         return bfloat16FromFloat(value);
                       }));
    case FORMAT_RGB24: {
      const auto store = [low, factor](float value) { return rgb24Bits(value, low, factor); };
      return visitRows(job, begin, end, createRows<Element, Byte>(job, sums, line, load, store));
    }
  }
}

template <typename Rows>
void CpuWindow::visitRows(const AccumulateJob& job, Index begin, Index end, Rows rows) {
  const Index height = job.axes[1].planned;
  for (Index row = begin; row < end; ++row) {
    const Index frame = row / height;
    const RowCounts found = rows.add(frame, row % height);
    if (found.nan == 0 && found.uncovered == 0) continue;
    FrameCounts& counts = counts_[static_cast<size_t>(job.params.frames.start + frame - countStart_)];
    counts.nan.fetch_add(found.nan, std::memory_order_relaxed);
    counts.uncovered.fetch_add(found.uncovered, std::memory_order_relaxed);
  }
}

std::shared_ptr<void> CpuWindow::allocateTarget(int64_t bytes) {
  return targets_->take(bytes);
}

/** The frames lie in the target already: tells what was met in them. */
void CpuWindow::normalise(const NormaliseJob& job, Done done) {
  Outcome outcome;
  const Index stop = job.params.start + job.params.count;
  for (Index frame = job.params.start; frame < stop; ++frame) {
    sharedSlots_.release(frame);
    const auto at = static_cast<size_t>(frame - countStart_);
    if (frame < countStart_ || at >= counts_.size()) continue;
    outcome.nanCount += counts_[at].nan.exchange(0);
    outcome.uncoveredCount += counts_[at].uncovered.exchange(0);
  }
  done(outcome);
}

}  // namespace tileblend
