// The system's default Metal device, with our kernels compiled for it.
#pragma once

#include <memory>

#include "gpu_device.h"

namespace tileblend {

/** Throws std::runtime_error with Metal's own words when there is no device, or it does not take the kernels. */
std::unique_ptr<GpuDevice> createMetalDevice();

}  // namespace tileblend
