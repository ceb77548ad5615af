// The executor on the cores of the CPU.
#pragma once

#include <memory>

#include "executor.h"

namespace tileblend {

/** An executor with `threads` threads of its own, at least 1. Their number does not change a byte of a result. */
std::unique_ptr<Executor> createCpuExecutor(unsigned threads);

}  // namespace tileblend
