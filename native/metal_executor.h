// The executor on the GPU of a Mac.
#pragma once

#include <memory>

#include "executor.h"

namespace tileblend {

struct MetalOptions {
  /**
   * Elements of all planes that one command buffer works on, at least 1. The system kills what keeps a GPU busy for
   * seconds; these are some milliseconds.
   */
  Index elementsPerLaunch = Index{1} << 24;
};

/**
 * Compiles the kernels and compares them with the CPU, once in a process. Takes long the first time; may be called on
 * any thread. Throws std::runtime_error with the reason when there is no Metal here or its results are wrong.
 */
std::unique_ptr<Executor> createMetalExecutor(const MetalOptions& options);

}  // namespace tileblend
