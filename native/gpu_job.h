// A job of the Metal executor: what it needs on the GPU, and the launches it is cut into.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "executor.h"
#include "gpu_device.h"
#include "pages.h"

namespace tileblend {

/** Zeroed memory that the CPU and the GPU see. */
class SharedMemory {
 public:
  /** Throws std::runtime_error, which names the bytes, when there is none. */
  SharedMemory(GpuDevice& device, int64_t bytes);

  void* data() const { return pages_.data(); }
  const GpuBuffer* buffer() const { return buffer_.get(); }

 private:
  const Pages pages_;
  /** Goes before the pages do. */
  std::unique_ptr<GpuBuffer> buffer_;
};

/** The buffers of a window. */
struct WindowMemory {
  SharedMemory sums;
  SharedMemory weights;
};

/** A tile as the GPU sees it: the caller's array where that begins at a page, else a copy of it. */
class TilePixels {
 public:
  /** Throws as SharedMemory does. */
  TilePixels(GpuDevice& device, const AccumulateJob& job);
  const GpuBuffer* buffer() const { return copy_ ? copy_->buffer() : wrapped_.get(); }

 private:
  std::unique_ptr<GpuBuffer> wrapped_;
  std::unique_ptr<SharedMemory> copy_;
};

/** Where the GPU puts finished frames: the caller's array where that begins at a page, else memory of their own. */
class FrameTarget {
 public:
  /** Throws as SharedMemory does. */
  FrameTarget(GpuDevice& device, const NormaliseJob& job);
  const GpuBuffer* buffer() const { return copy_ ? copy_->buffer() : wrapped_.get(); }
  /** The job's, for where the frames go on the GPU. */
  const NormaliseParams& params() const { return params_; }
  /** Brings the frames to where the caller wants them. */
  void copyBack(const NormaliseJob& job) const;

 private:
  NormaliseParams params_;
  std::unique_ptr<GpuBuffer> wrapped_;
  std::unique_ptr<SharedMemory> copy_;
};

/** The frames and rows of a job, cut into blocks. */
class Blocks {
 public:
  struct Size {
    Index frames;
    Index rows;
    /** Elements of all planes in one row. */
    Index rowElements;
  };

  Blocks(Size size, Index elementsPerBlock);

  Index count() const { return frameParts_ * rowParts_; }
  /** `firstSlot` is that of the job's first frame, in a ring of `slots`. */
  Block at(Index i, Index firstSlot, Index slots) const;

 private:
  const Size size_;
  /** Rows of one block, and frames: more than one frame only when all its rows fit. */
  Index rowsPerBlock_;
  Index framesPerBlock_;
  Index rowParts_;
  Index frameParts_;
};

/** Used by the worker's thread only, once it is made. */
class GpuJob {
 public:
  GpuJob(const AccumulateJob& job, Index elementsPerLaunch, Done done);
  GpuJob(const NormaliseJob& job, Index elementsPerLaunch, Done done);

  /** Makes the buffers. Throws std::exception. */
  void prepare(GpuDevice& device);
  bool hasLaunches() const { return launched_ < blocks_.count(); }
  /** Whether another launch may follow, in a window that failed for this reason or did not. */
  bool mayGoOn(const std::string& windowFailure) const {
    return hasLaunches() && error.empty() && windowFailure.empty();
  }
  GpuLaunch nextLaunch(const WindowMemory& memory);
  /** What the job came to, once all its launches have ended well. */
  Outcome finish() const;
  /** Calls the job's done. */
  void settle(const Outcome& outcome) const { done_(outcome); }

  /** Launches that have not ended. */
  Index underWay = 0;
  /** The first thing that went wrong. */
  std::string error;

 private:
  void prepareAccumulate(GpuDevice& device);
  void prepareNormalise(GpuDevice& device);

  /** One of the two is there. They belong to the caller and stay until done. */
  const AccumulateJob* const accumulate_ = nullptr;
  const NormaliseJob* const normalise_ = nullptr;
  const Blocks blocks_;
  const Done done_;
  std::unique_ptr<TilePixels> pixels_;
  std::unique_ptr<FrameTarget> target_;
  /** The masks of an accumulate, the counts of each launch of a normalise. */
  std::unique_ptr<SharedMemory> extra_;
  Index launched_ = 0;
};

}  // namespace tileblend
