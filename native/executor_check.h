// Shows that an executor gives the results of the CPU, on a few tiny tiles.
#pragma once

#include <string>

#include "executor.h"

namespace tileblend {

/**
 * Where an executor differs from what the CPU makes of the same arithmetic, in words, or an empty text. Every tile
 * format and output format is tried, on normal numbers and on ties. Throws std::runtime_error when the executor fails.
 */
std::string differenceFromCpu(Executor& executor);

/** Whether a product that is subnormal becomes 0. Throws std::runtime_error when the executor fails. */
bool flushesSubnormals(Executor& executor);

}  // namespace tileblend
