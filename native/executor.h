// What a device has to do; the addon above it knows nothing else of the device. No Node here.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "kernels/blend_params.h"

namespace tileblend {

/** A tile to add. The arrays belong to the caller and stay until done is called. */
struct AccumulateJob {
  AccumulateParams params;
  PixelFormat format;
  /** Elements of `format`. */
  const void* pixels;
  /** Weights of the touched frames, rows and columns. */
  std::array<const float*, 3> masks;
};

/** Frames to finish. The target belongs to the caller and stays until done is called. */
struct NormaliseJob {
  NormaliseParams params;
  PixelFormat format;
  void* target;
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
 * The output and weight buffers of one decode. At most one job runs at a time, and window and job stay until it is
 * done. A window may be destroyed after its executor.
 */
class Window {
 public:
  virtual ~Window() = default;
  /** Bytes of the buffers. */
  virtual int64_t byteLength() const = 0;
  virtual void accumulate(const AccumulateJob& job, Done done) = 0;
  virtual void normalise(const NormaliseJob& job, Done done) = 0;
};

/** Makes windows on one device. */
class Executor {
 public:
  virtual ~Executor() = default;
  /** One line: what it runs on. */
  virtual std::string description() const = 0;
  /** A window of zeros. Throws std::exception when it does not fit in memory. */
  virtual std::unique_ptr<Window> createWindow(const WindowShape& shape) = 0;
  /** Returns once nothing runs any more; a job that has not ended by then never calls done. */
  virtual void stop() = 0;
};

/** Bytes of a window's buffers. Throws std::length_error when they cannot be addressed. */
int64_t windowByteLength(const WindowShape& shape);

}  // namespace tileblend
