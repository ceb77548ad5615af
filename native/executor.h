// What a device has to do; the addon above it knows nothing else of the device. No Node here.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/blend_params.h"

namespace tileblend {

/** Frames to finish. The target belongs to the caller and stays until done is called. */
struct NormaliseJob {
  NormaliseParams params;
  PixelFormat format;
  void* target;
};

/**
 * How a tile meets the plan's other tiles on one axis. Positions count from the first that it touches. A voxel is
 * touched by no earlier tile when it lies at `fresh` or after on every axis, and by no later one when before `final`
 * on every axis.
 */
struct TileAxis {
  /** Positions that the plan has it touch: more than it does when the decoder's tile is smaller. */
  Index planned;
  Index fresh;
  Index final;
};

/** What a tile touched of frames, rows and columns, and the weights there. */
struct TouchedBox {
  std::array<TouchedPart, 3> parts;
  std::array<const float*, 3> masks;
};

/** A tile to add. The arrays belong to the caller and stay until done is called. */
struct AccumulateJob {
  AccumulateParams params;
  PixelFormat format;
  /** Elements of `format`. */
  const void* pixels;
  /** Weights of the touched frames, rows and columns. A part may be empty: then nothing is added. */
  std::array<const float*, 3> masks;
  std::array<TileAxis, 3> axes;
  /** The tiles that touch the voxels final with this one, in plan order; this one is the last. */
  std::vector<TouchedBox> contributors;
  /** The frames that are final once every tile of this interval of the frames axis is added. Its count may be 0. */
  NormaliseJob finish;
};

/** How a job ended. */
struct Outcome {
  /** Empty when it went well. */
  std::string error;
  /** normalise: values that were not a number. */
  int64_t nanCount = 0;
  /** normalise: voxels that no tile covered. */
  int64_t uncoveredCount = 0;
};

/** Called once, on any thread. Must not throw. */
using Done = std::function<void(const Outcome&)>;

/**
 * The output and weight buffers of one decode. Jobs are done in the order in which they come, and window and job stay
 * until it is done. A window may be destroyed after its executor.
 */
class Window {
 public:
  virtual ~Window() = default;
  /** Bytes of the buffers. */
  virtual int64_t byteLength() const = 0;
  /** How many jobs may be under way at once. */
  virtual int jobsUnderWay() const { return 1; }
  /** Adds a tile. Voxels that no later tile touches may be written to the place that `finish` gives them at once. */
  virtual void accumulate(const AccumulateJob& job, Done done) = 0;
  /** Sees to it that frames lie in the target, which is that of the tiles' `finish`, and frees their room. */
  virtual void normalise(const NormaliseJob& job, Done done) = 0;
  /** Memory for a target that frames are best finished into; null where any memory does. Throws std::bad_alloc. */
  virtual std::shared_ptr<void> allocateTarget(int64_t /* bytes */) { return nullptr; }
};

/** Some positions of an axis. */
struct Span {
  Index start;
  Index stop;
};

/** What a window is made for. */
struct WindowRequest {
  WindowShape shape;
  /** The most frames of an interval that other intervals touch too; at least 1. */
  Index carriedFrames;
  /** The most frames that an interval leaves to later ones to finish; at least 1. */
  Index lateFrames;
  /** Of every NormaliseJob. */
  PixelFormat format;
  /** Rows and columns that more than one interval of their axis touches. */
  std::vector<Span> sharedRows;
  std::vector<Span> sharedColumns;
};

/** Makes windows on one device. */
class Executor {
 public:
  virtual ~Executor() = default;
  /** One line: what it runs on. */
  virtual std::string description() const = 0;
  /** Whether it takes subnormal numbers for 0, and so may differ from the CPU where one occurs. */
  virtual bool flushesSubnormals() const { return false; }
  /** An empty window. Throws std::exception when it does not fit in memory. */
  virtual std::unique_ptr<Window> createWindow(const WindowRequest& request) = 0;
  /** Returns once nothing runs any more; a job that has not ended by then never calls done. */
  virtual void stop() = 0;
};

/** Bytes of one element. */
constexpr int64_t elementBytes(PixelFormat format) {
  if (format == FORMAT_FLOAT32) return 4;
  return format == FORMAT_RGB24 ? 1 : 2;
}

/** Bytes of so many planes of float32 of so many frames. Throws std::length_error when they cannot be addressed. */
int64_t bytesOfPlanes(const WindowShape& shape, Index planes, Index frames);

/** Bytes of a window that holds sums and weights of all frames. Throws std::length_error as bytesOfPlanes. */
int64_t windowByteLength(const WindowShape& shape);

}  // namespace tileblend
