#include "gpu_job.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace tileblend {
namespace {

Index planesOf(const WindowShape& window) {
  return window.batch * window.channels;
}

Blocks::Size sizeOf(const AccumulateParams& params) {
  return {params.frames.length, params.height.length, planesOf(params.window) * params.width.length};
}

Blocks::Size sizeOf(const NormaliseParams& params) {
  return {params.count, params.window.height, planesOf(params.window) * params.window.width};
}

int64_t tileBytes(const AccumulateJob& job) {
  const AccumulateParams& params = job.params;
  return planesOf(params.window) * params.tileFrames * params.tileHeight * params.tileWidth * elementBytes(job.format);
}

/** Bytes of one frame of a plane of the target, and how many planes it has: rgb24 has its channels side by side. */
struct TargetLayout {
  int64_t frameBytes;
  Index planes;
};

TargetLayout layoutOf(const NormaliseJob& job) {
  const WindowShape& window = job.params.window;
  const int64_t pixels = window.height * window.width;
  if (job.format == FORMAT_RGB24) return {pixels * 3, window.batch};
  return {pixels * elementBytes(job.format), planesOf(window)};
}

/** Two uints for each launch, so that no count goes past 2^32. */
constexpr int64_t COUNTS_BYTES = 2 * sizeof(uint32_t);

}  // namespace

SharedMemory::SharedMemory(GpuDevice& device, int64_t bytes) : pages_(bytes) {
  buffer_ = device.wrap(pages_.data(), wholePages(bytes));
  if (buffer_) return;
  throw std::runtime_error("Metal gives no buffer of " + std::to_string(bytes) + " bytes; its longest is of " +
                           std::to_string(device.maxBufferBytes()));
}

TilePixels::TilePixels(GpuDevice& device, const AccumulateJob& job) {
  const int64_t bytes = tileBytes(job);
  // The last page may hold other things behind the array. The kernels do not touch them, and write to no tile.
  if (isPageAligned(job.pixels)) wrapped_ = device.wrap(const_cast<void*>(job.pixels), wholePages(bytes));
  if (wrapped_) return;
  copy_ = std::make_unique<SharedMemory>(device, bytes);
  std::memcpy(copy_->data(), job.pixels, static_cast<size_t>(bytes));
}

FrameTarget::FrameTarget(GpuDevice& device, const NormaliseJob& job) : params_(job.params) {
  const TargetLayout layout = layoutOf(job);
  const int64_t bytesPerFrame = layout.planes * layout.frameBytes;
  if (isPageAligned(job.target)) {
    wrapped_ = device.wrap(job.target, wholePages(job.params.targetFrames * bytesPerFrame));
  }
  if (wrapped_) return;
  params_.targetFrames = job.params.count;
  params_.targetStart = 0;
  copy_ = std::make_unique<SharedMemory>(device, job.params.count * bytesPerFrame);
}

void FrameTarget::copyBack(const NormaliseJob& job) const {
  if (!copy_) return;
  const TargetLayout layout = layoutOf(job);
  const int64_t bytes = job.params.count * layout.frameBytes;
  const auto* from = static_cast<const std::byte*>(copy_->data());
  auto* to = static_cast<std::byte*>(job.target) + job.params.targetStart * layout.frameBytes;
  for (Index plane = 0; plane < layout.planes; ++plane) {
    std::memcpy(to + plane * job.params.targetFrames * layout.frameBytes, from + plane * bytes,
                static_cast<size_t>(bytes));
  }
}

Blocks::Blocks(Size size, Index elementsPerBlock) : size_(size) {
  const Index fittingRows = std::max<Index>(1, elementsPerBlock / std::max<Index>(1, size.rowElements));
  rowsPerBlock_ = std::clamp<Index>(size.rows, 1, fittingRows);
  framesPerBlock_ = rowsPerBlock_ < size.rows ? 1 : std::max<Index>(1, fittingRows / rowsPerBlock_);
  const auto parts = [](Index length, Index part) { return (length + part - 1) / part; };
  const bool isEmpty = size.frames == 0 || size.rows == 0 || size.rowElements == 0;
  rowParts_ = isEmpty ? 0 : parts(size.rows, rowsPerBlock_);
  frameParts_ = isEmpty ? 0 : parts(size.frames, framesPerBlock_);
}

Block Blocks::at(Index i, Index firstSlot, Index slots) const {
  const Index frame = i / rowParts_ * framesPerBlock_;
  const Index row = i % rowParts_ * rowsPerBlock_;
  return {frame, std::min(framesPerBlock_, size_.frames - frame), (firstSlot + frame) % slots, row,
          std::min(rowsPerBlock_, size_.rows - row)};
}

GpuJob::GpuJob(const AccumulateJob& job, Index elementsPerLaunch, Done done)
    : accumulate_(&job), blocks_(sizeOf(job.params), elementsPerLaunch), done_(std::move(done)) {}

GpuJob::GpuJob(const NormaliseJob& job, Index elementsPerLaunch, Done done)
    : normalise_(&job), blocks_(sizeOf(job.params), elementsPerLaunch), done_(std::move(done)) {}

void GpuJob::prepare(GpuDevice& device) {
  if (blocks_.count() == 0) return;
  if (accumulate_ != nullptr) {
    prepareAccumulate(device);
  } else {
    prepareNormalise(device);
  }
}

void GpuJob::prepareAccumulate(GpuDevice& device) {
  pixels_ = std::make_unique<TilePixels>(device, *accumulate_);
  const AccumulateParams& params = accumulate_->params;
  const std::array<Index, 3> lengths{params.frames.length, params.height.length, params.width.length};
  extra_ = std::make_unique<SharedMemory>(device, (lengths[0] + lengths[1] + lengths[2]) * int64_t{sizeof(float)});
  float* masks = static_cast<float*>(extra_->data());
  for (size_t axis = 0; axis < lengths.size(); ++axis) {
    masks = std::copy_n(accumulate_->masks[axis], lengths[axis], masks);
  }
}

void GpuJob::prepareNormalise(GpuDevice& device) {
  target_ = std::make_unique<FrameTarget>(device, *normalise_);
  extra_ = std::make_unique<SharedMemory>(device, blocks_.count() * COUNTS_BYTES);
}

GpuLaunch GpuJob::nextLaunch(const WindowMemory& memory) {
  const Index i = launched_++;
  GpuLaunch launch{};
  launch.buffers[ARGUMENT_SUMS] = {memory.sums.buffer()};
  launch.buffers[ARGUMENT_WEIGHTS] = {memory.weights.buffer()};
  if (accumulate_ != nullptr) {
    const AccumulateParams& params = accumulate_->params;
    launch.kernel = FIRST_ACCUMULATE_KERNEL + static_cast<size_t>(accumulate_->format);
    launch.buffers[ARGUMENT_PIXELS] = {pixels_->buffer()};
    launch.buffers[ARGUMENT_EXTRA] = {extra_->buffer()};
    launch.params = &params;
    launch.paramsBytes = sizeof params;
    launch.block = blocks_.at(i, params.frames.start, params.window.frames);
    launch.columns = params.width.length;
  } else {
    const NormaliseParams& params = target_->params();
    launch.kernel = FIRST_NORMALISE_KERNEL + static_cast<size_t>(normalise_->format);
    launch.buffers[ARGUMENT_PIXELS] = {target_->buffer()};
    launch.buffers[ARGUMENT_EXTRA] = {extra_->buffer(), i * COUNTS_BYTES};
    launch.params = &params;
    launch.paramsBytes = sizeof params;
    launch.block = blocks_.at(i, params.start, params.window.frames);
    launch.columns = params.window.width;
  }
  return launch;
}

Outcome GpuJob::finish() const {
  Outcome outcome;
  if (normalise_ == nullptr || blocks_.count() == 0) return outcome;
  target_->copyBack(*normalise_);
  const auto* counts = static_cast<const uint32_t*>(extra_->data());
  for (Index i = 0; i < blocks_.count(); ++i) {
    outcome.nanCount += counts[2 * i + COUNT_NAN];
    outcome.uncoveredCount += counts[2 * i + COUNT_UNCOVERED];
  }
  return outcome;
}

}  // namespace tileblend
