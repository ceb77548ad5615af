// The text of kernels/blend.metal and what it includes, which the build puts into the addon.
#pragma once

namespace tileblend {

extern const char METAL_SOURCE[];

}  // namespace tileblend
