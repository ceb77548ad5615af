// What the Metal executor asks of a GPU. No Node and no Objective-C here: the executor above it is plain C++.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "kernels/blend_params.h"

namespace tileblend {

/** The functions of kernels/blend.metal: each job's, in the order of PixelFormat. */
inline constexpr std::array<const char*, 7> KERNEL_NAMES{
    "accumulate_float32", "accumulate_float16",  "accumulate_bfloat16", "normalise_float32",
    "normalise_float16",  "normalise_bfloat16", "normalise_rgb24"};
inline constexpr size_t FIRST_ACCUMULATE_KERNEL = 0;
inline constexpr size_t FIRST_NORMALISE_KERNEL = 3;

/** Memory that the GPU sees. It does not own the memory. */
class GpuBuffer {
 public:
  virtual ~GpuBuffer() = default;
};

/** A buffer as an argument of a kernel. */
struct GpuArgument {
  const GpuBuffer* buffer = nullptr;
  /** Bytes, a multiple of 4. */
  int64_t offset = 0;
};

/** One run of a kernel. */
struct GpuLaunch {
  /** Index in KERNEL_NAMES. */
  size_t kernel;
  /** ARGUMENT_SUMS, WEIGHTS, PIXELS and EXTRA. */
  std::array<GpuArgument, 4> buffers;
  /** ARGUMENT_PARAMS: a struct, copied at once. */
  const void* params;
  size_t paramsBytes;
  Block block;
  /** Columns of the grid; its rows and frames are the block's. */
  Index columns;
};

/** Called once, on any thread, with what went wrong or an empty text. Must not throw. */
using GpuDone = std::function<void(const std::string& error)>;

/** May be used by several threads at once. */
class GpuDevice {
 public:
  virtual ~GpuDevice() = default;
  virtual std::string name() const = 0;
  /** Bytes of the longest buffer. */
  virtual int64_t maxBufferBytes() const = 0;
  /**
   * Shows whole pages of memory, which begin at a page, to the GPU; null when it will not have them. The memory must
   * outlive the buffer and every launch on it.
   */
  virtual std::unique_ptr<GpuBuffer> wrap(void* memory, int64_t bytes) = 0;
  /** Starts a run. Runs that touch the same buffer take effect in the order of these calls. Throws when it cannot. */
  virtual void launch(const GpuLaunch& launch, GpuDone done) = 0;
};

}  // namespace tileblend
