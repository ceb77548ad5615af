#import <Foundation/Foundation.h>
#import <Metal/Metal.h>

#include "metal_device.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "metal_source.h"
#include "objc_ptr.h"

// An exception never passes an autorelease pool: it would leave the pool's objects behind. What goes wrong inside one
// is carried out of it as text.

namespace tileblend {
namespace {

/** Threads of one threadgroup: enough to fill a GPU's core, few enough for every kernel and device. */
constexpr NSUInteger THREADGROUP_THREADS = 256;

/** What Metal says of an error, with the domain and code that one can search for. */
std::string describe(NSError* error) {
  if (error == nil) return "Metal gives no reason";
  const char* text = [[error localizedDescription] UTF8String];
  const char* domain = [[error domain] UTF8String];
  return std::string(text == nullptr ? "no description" : text) + " (" + (domain == nullptr ? "?" : domain) + " " +
         std::to_string([error code]) + ")";
}

class MetalBuffer final : public GpuBuffer {
 public:
  explicit MetalBuffer(ObjcPtr<id<MTLBuffer>> buffer) : buffer_(std::move(buffer)) {}
  id<MTLBuffer> get() const { return buffer_.get(); }

 private:
  const ObjcPtr<id<MTLBuffer>> buffer_;
};

/** The same rounding as on the CPU: no reassociation, no contraction, precise division. */
void forbidFastMath(MTLCompileOptions* options) {
#if defined(__MAC_OS_X_VERSION_MAX_ALLOWED) && __MAC_OS_X_VERSION_MAX_ALLOWED >= 150000
  if (@available(macOS 15.0, *)) {
    [options setMathMode:MTLMathModeSafe];
    [options setMathFloatingPointFunctions:MTLMathFloatingPointFunctionsPrecise];
    return;
  }
#endif
  [options setFastMathEnabled:NO];
}

class MetalDevice final : public GpuDevice {
 public:
  MetalDevice() {
    std::string failure;
    @autoreleasepool {
      failure = open();
    }
    if (!failure.empty()) throw std::runtime_error(failure);
  }

  std::string name() const override {
    @autoreleasepool {
      const char* name = [[device_.get() name] UTF8String];
      return name == nullptr ? "a GPU without a name" : name;
    }
  }

  int64_t maxBufferBytes() const override { return static_cast<int64_t>([device_.get() maxBufferLength]); }

  std::unique_ptr<GpuBuffer> wrap(void* memory, int64_t bytes) override {
    ObjcPtr<id<MTLBuffer>> buffer;
    @autoreleasepool {
      buffer = ObjcPtr<id<MTLBuffer>>::adopt([device_.get() newBufferWithBytesNoCopy:memory
                                                                              length:static_cast<NSUInteger>(bytes)
                                                                             options:MTLResourceStorageModeShared
                                                                         deallocator:nil]);
    }
    return buffer ? std::make_unique<MetalBuffer>(std::move(buffer)) : nullptr;
  }

  void launch(const GpuLaunch& launch, GpuDone done) override {
    std::string failure;
    @autoreleasepool {
      failure = commit(launch, std::move(done));
    }
    if (!failure.empty()) throw std::runtime_error(failure);
  }

 private:
  /** Each of these returns what went wrong, or an empty text. */
  std::string open();
  std::string compile();
  std::string createPipelines();
  std::string commit(const GpuLaunch& launch, GpuDone done);
  void encode(id<MTLComputeCommandEncoder> encoder, const GpuLaunch& launch) const;

  ObjcPtr<id<MTLDevice>> device_;
  ObjcPtr<id<MTLCommandQueue>> queue_;
  ObjcPtr<id<MTLLibrary>> library_;
  std::array<ObjcPtr<id<MTLComputePipelineState>>, KERNEL_NAMES.size()> pipelines_;
};

std::string MetalDevice::open() {
  device_ = ObjcPtr<id<MTLDevice>>::adopt(MTLCreateSystemDefaultDevice());
  if (!device_) return "no Metal device";
  queue_ = ObjcPtr<id<MTLCommandQueue>>::adopt([device_.get() newCommandQueue]);
  if (!queue_) return "no Metal command queue";
  const std::string failure = compile();
  return failure.empty() ? createPipelines() : failure;
}

std::string MetalDevice::compile() {
  const auto options = ObjcPtr<MTLCompileOptions*>::adopt([[MTLCompileOptions alloc] init]);
  forbidFastMath(options.get());
  NSError* error = nil;
  NSString* source = [NSString stringWithUTF8String:METAL_SOURCE];
  library_ = ObjcPtr<id<MTLLibrary>>::adopt([device_.get() newLibraryWithSource:source
                                                                        options:options.get()
                                                                          error:&error]);
  // A library may come with warnings in `error`.
  return library_ ? "" : "the Metal kernels do not compile: " + describe(error);
}

std::string MetalDevice::createPipelines() {
  for (size_t i = 0; i < KERNEL_NAMES.size(); ++i) {
    const std::string name = KERNEL_NAMES[i];
    NSString* functionName = [NSString stringWithUTF8String:KERNEL_NAMES[i]];
    const auto function = ObjcPtr<id<MTLFunction>>::adopt([library_.get() newFunctionWithName:functionName]);
    if (!function) return "the Metal library has no kernel " + name;
    NSError* error = nil;
    pipelines_[i] = ObjcPtr<id<MTLComputePipelineState>>::adopt(
        [device_.get() newComputePipelineStateWithFunction:function.get() error:&error]);
    if (!pipelines_[i]) return "no Metal pipeline for " + name + ": " + describe(error);
  }
  return "";
}

std::string MetalDevice::commit(const GpuLaunch& launch, GpuDone done) {
  id<MTLCommandBuffer> commands = [queue_.get() commandBuffer];
  if (commands == nil) return "no Metal command buffer";
  id<MTLComputeCommandEncoder> encoder = [commands computeCommandEncoder];
  if (encoder == nil) return "no Metal command encoder";
  encode(encoder, launch);
  [encoder endEncoding];
  // Errors come late, and only here. The queue's commands run one after the other where they share a buffer, but
  // these calls may come in any order.
  [commands addCompletedHandler:^(id<MTLCommandBuffer> completed) {
    std::string failure;
    @autoreleasepool {
      if ([completed status] != MTLCommandBufferStatusCompleted) {
        failure = "a Metal command buffer failed: " + describe([completed error]);
      }
    }
    done(failure);
  }];
  [commands commit];
  return "";
}

void MetalDevice::encode(id<MTLComputeCommandEncoder> encoder, const GpuLaunch& launch) const {
  id<MTLComputePipelineState> pipeline = pipelines_[launch.kernel].get();
  [encoder setComputePipelineState:pipeline];
  for (size_t i = 0; i < launch.buffers.size(); ++i) {
    const auto* buffer = static_cast<const MetalBuffer*>(launch.buffers[i].buffer);
    [encoder setBuffer:buffer->get() offset:static_cast<NSUInteger>(launch.buffers[i].offset) atIndex:i];
  }
  [encoder setBytes:launch.params length:launch.paramsBytes atIndex:ARGUMENT_PARAMS];
  [encoder setBytes:&launch.block length:sizeof launch.block atIndex:ARGUMENT_BLOCK];
  const NSUInteger threads = std::min([pipeline maxTotalThreadsPerThreadgroup], THREADGROUP_THREADS);
  const NSUInteger width = std::min([pipeline threadExecutionWidth], threads);
  const NSUInteger height = threads / width;
  // Whole threadgroups, since older GPUs have no other; the kernels leave out what lies beyond the block.
  const auto groups = [](Index length, NSUInteger size) { return (static_cast<NSUInteger>(length) + size - 1) / size; };
  const MTLSize grid = MTLSizeMake(groups(launch.columns, width), groups(launch.block.rows, height),
                                   static_cast<NSUInteger>(launch.block.frames));
  [encoder dispatchThreadgroups:grid threadsPerThreadgroup:MTLSizeMake(width, height, 1)];
}

}  // namespace

std::unique_ptr<GpuDevice> createMetalDevice() {
  return std::make_unique<MetalDevice>();
}

}  // namespace tileblend
