// The kernels, compiled for the CPU. The build writes their table from the signatures in the Metal source.
#pragma once

#include <cstdint>

/** Arguments of a kernel by index, each the first byte that its buffer or its struct shows. */
using SoftArguments = void *const *;

struct SoftKernel {
  const char *name;
  /** One bit for each index that the kernel takes. */
  uint32_t arguments;
  void (*run)(SoftArguments arguments, const uint32_t position[3]);
};

/** Ends with a kernel without a name. */
extern const SoftKernel SOFT_KERNELS[];
