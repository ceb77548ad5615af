// The objects of the software Metal that several of its files handle.
#pragma once

#import <Metal/Metal.h>

#include <array>
#include <vector>

#include "kernels.h"

/** Indices of arguments that Metal has. */
constexpr NSUInteger SOFT_ARGUMENTS = 31;

@interface SoftBuffer : NSObject <MTLBuffer> {
 @public
  char *bytes;
  NSUInteger byteLength;
}
@end

@interface SoftPipeline : NSObject <MTLComputePipelineState> {
 @public
  const SoftKernel *kernel_;
}
@end

/** A run of a kernel as it was encoded. It holds its buffers. */
struct SoftRun {
  struct Argument {
    SoftBuffer *buffer = nil;
    NSUInteger offset = 0;
    std::vector<char> bytes;
  };

  const SoftKernel *kernel = nullptr;
  std::array<Argument, SOFT_ARGUMENTS> arguments;
  MTLSize groups{0, 0, 0};
  MTLSize threads{0, 0, 0};
};

@interface SoftQueue : NSObject <MTLCommandQueue>
@end
