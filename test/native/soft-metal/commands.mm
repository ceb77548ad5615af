// The software device's queue, command buffers and encoders.
#include <Block.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

#include "faults.h"
#include "foundation.h"
#include "gpu.h"
#include "soft_objects.h"

namespace {

void execute(const SoftRun &run) {
  std::array<void *, SOFT_ARGUMENTS> arguments{};
  for (NSUInteger i = 0; i < SOFT_ARGUMENTS; ++i) {
    const SoftRun::Argument &from = run.arguments[i];
    arguments[i] = from.buffer != nil ? from.buffer->bytes + from.offset : const_cast<char *>(from.bytes.data());
  }
  const MTLSize end{run.groups.width * run.threads.width, run.groups.height * run.threads.height,
                    run.groups.depth * run.threads.depth};
  // From the last to the first: no order of threads is promised.
  for (NSUInteger z = end.depth; z-- > 0;) {
    for (NSUInteger y = end.height; y-- > 0;) {
      for (NSUInteger x = end.width; x-- > 0;) {
        const uint32_t position[3] = {static_cast<uint32_t>(x), static_cast<uint32_t>(y), static_cast<uint32_t>(z)};
        run.kernel->run(arguments.data(), position);
      }
    }
  }
}

/** On request, spoils one bit of the frames that a kernel has finished. */
void maySpoil(const SoftRun &run) {
  if (strncmp(run.kernel->name, "normalise", 9) != 0 || !softMetalFails("result")) return;
  const SoftRun::Argument &pixels = run.arguments[2];
  pixels.buffer->bytes[pixels.offset] ^= 1;
}

}  // namespace

@interface SoftCommandBuffer : NSObject <MTLCommandBuffer> {
 @public
  std::vector<SoftRun> *runs;
  std::vector<MTLCommandBufferHandler> *handlers;
  std::atomic<NSUInteger> status_;
  BOOL isEncoding;
  NSError *error_;
}
- (id)initForQueue;
@end

@interface SoftEncoder : NSObject <MTLComputeCommandEncoder> {
 @public
  SoftCommandBuffer *commands;
  SoftRun *run;
  BOOL hasEnded;
}
@end

@implementation SoftEncoder
- (id)init {
  run = new SoftRun;
  return self;
}
- (void)dealloc {
  softMetalRequire(hasEnded, "an encoder is released before endEncoding");
  for (SoftRun::Argument &argument : run->arguments) [argument.buffer release];
  delete run;
  [commands release];
  [super dealloc];
}
- (void)setComputePipelineState:(id<MTLComputePipelineState>)state {
  softMetalRequire(state != nil && !hasEnded, "no pipeline is set, or after endEncoding");
  run->kernel = static_cast<SoftPipeline *>(state)->kernel_;
}
- (void)setBuffer:(id<MTLBuffer>)buffer offset:(NSUInteger)offset atIndex:(NSUInteger)index {
  softMetalRequire(index < SOFT_ARGUMENTS && !hasEnded, "a buffer has no such index, or comes after endEncoding");
  softMetalRequire(buffer == nil || offset < [buffer length], "an offset is behind its buffer");
  softMetalRequire(offset % 4 == 0, "an offset is not a multiple of 4");
  SoftRun::Argument &argument = run->arguments[index];
  [argument.buffer release];
  argument.buffer = [static_cast<SoftBuffer *>(buffer) retain];
  argument.offset = offset;
  argument.bytes.clear();
}
- (void)setBytes:(const void *)bytes length:(NSUInteger)length atIndex:(NSUInteger)index {
  softMetalRequire(index < SOFT_ARGUMENTS && !hasEnded, "bytes have no such index, or come after endEncoding");
  softMetalRequire(length > 0 && length <= 4096, "setBytes takes 1 to 4096 bytes");
  SoftRun::Argument &argument = run->arguments[index];
  [argument.buffer release];
  argument.buffer = nil;
  argument.bytes.assign(static_cast<const char *>(bytes), static_cast<const char *>(bytes) + length);
}
- (void)dispatchThreadgroups:(MTLSize)groups threadsPerThreadgroup:(MTLSize)threads {
  softMetalRequire(run->kernel != nullptr && !hasEnded, "a dispatch without a pipeline, or after endEncoding");
  softMetalRequire(groups.width && groups.height && groups.depth, "a dispatch of no threadgroups");
  const NSUInteger size = threads.width * threads.height * threads.depth;
  softMetalRequire(size > 0 && size <= 224, "a threadgroup has no threads, or more than the pipeline takes");
  for (NSUInteger i = 0; i < SOFT_ARGUMENTS; ++i) {
    const SoftRun::Argument &argument = run->arguments[i];
    const bool isTaken = (run->kernel->arguments >> i & 1u) != 0;
    softMetalRequire(!isTaken || argument.buffer != nil || !argument.bytes.empty(), "an argument is not bound");
  }
  SoftRun encoded = *run;
  encoded.groups = groups;
  encoded.threads = threads;
  for (SoftRun::Argument &argument : encoded.arguments) [argument.buffer retain];
  commands->runs->push_back(std::move(encoded));
}
- (void)endEncoding {
  softMetalRequire(!hasEnded, "endEncoding comes twice");
  hasEnded = YES;
  commands->isEncoding = NO;
}
@end

@implementation SoftCommandBuffer
- (id)initForQueue {
  runs = new std::vector<SoftRun>;
  handlers = new std::vector<MTLCommandBufferHandler>;
  return self;
}
- (void)dealloc {
  for (SoftRun &run : *runs) {
    for (SoftRun::Argument &argument : run.arguments) [argument.buffer release];
  }
  for (MTLCommandBufferHandler handler : *handlers) _Block_release(reinterpret_cast<const void *>(handler));
  delete runs;
  delete handlers;
  [error_ release];
  [super dealloc];
}
- (id<MTLComputeCommandEncoder>)computeCommandEncoder {
  softMetalRequire(!isEncoding && status_ == MTLCommandBufferStatusNotEnqueued, "an encoder beside another, or late");
  if (softMetalFails("encoder")) return nil;
  isEncoding = YES;
  SoftEncoder *encoder = [[SoftEncoder alloc] init];
  encoder->commands = [self retain];
  return [encoder autorelease];
}
- (void)addCompletedHandler:(MTLCommandBufferHandler)handler {
  softMetalRequire(status_ == MTLCommandBufferStatusNotEnqueued, "a handler is added after commit");
  handlers->push_back(
      reinterpret_cast<MTLCommandBufferHandler>(_Block_copy(reinterpret_cast<const void *>(handler))));
}
- (void)commit {
  softMetalRequire(status_ == MTLCommandBufferStatusNotEnqueued, "commit comes twice");
  softMetalRequire(!isEncoding, "commit comes before endEncoding");
  status_ = MTLCommandBufferStatusCommitted;
  // As with Metal, it lives until its handlers have returned.
  [self retain];
  softGpuRun([self] { [self runAll]; }, [self] { [self tellEnd]; });
}
- (void)runAll {
  if (softMetalFails("command")) {
    NSAutoreleasePool *pool = [[NSAutoreleasePool alloc] init];
    error_ = [softMetalError("MTLCommandBufferErrorDomain", 8, "Insufficient Memory") retain];
    [pool drain];
    status_ = MTLCommandBufferStatusError;
    return;
  }
  for (const SoftRun &run : *runs) {
    execute(run);
    maySpoil(run);
  }
  status_ = MTLCommandBufferStatusCompleted;
}
- (void)tellEnd {
  for (MTLCommandBufferHandler handler : *handlers) handler(self);
  [self release];
}
- (MTLCommandBufferStatus)status {
  return static_cast<MTLCommandBufferStatus>(status_.load());
}
- (NSError *)error {
  return error_;
}
@end

@implementation SoftQueue
- (id<MTLCommandBuffer>)commandBuffer {
  if (softMetalFails("command-buffer")) return nil;
  return [[[SoftCommandBuffer alloc] initForQueue] autorelease];
}
@end
