// Stands in for metal_executor.cc where there is no Metal.
#include <memory>
#include <stdexcept>

#include "metal_executor.h"

namespace tileblend {

std::unique_ptr<Executor> createMetalExecutor(const MetalOptions&) {
  throw std::runtime_error("Metal is on macOS only");
}

}  // namespace tileblend
