// The software device: buffers, the library, pipelines.
#include <unistd.h>

#include <cstring>
#include <string>

#include "faults.h"
#include "foundation.h"
#include "soft_objects.h"

@implementation MTLCompileOptions
- (id)init {
  isFast = YES;
  return self;
}
- (void)setFastMathEnabled:(BOOL)isEnabled {
  isFast = isEnabled;
}
#if __MAC_OS_X_VERSION_MAX_ALLOWED >= 150000
- (void)setMathMode:(MTLMathMode)mode {
  isFast = mode != MTLMathModeSafe;
}
- (void)setMathFloatingPointFunctions:(MTLMathFloatingPointFunctions)functions {
  softMetalRequire(functions == MTLMathFloatingPointFunctionsPrecise, "the library's functions are not precise");
}
#endif
@end

@implementation SoftBuffer
- (NSUInteger)length {
  return byteLength;
}
@end

@interface SoftFunction : NSObject <MTLFunction> {
 @public
  const SoftKernel *kernel_;
}
@end

@implementation SoftFunction
@end

@implementation SoftPipeline
- (NSUInteger)threadExecutionWidth {
  return 32;
}
// Not a power of two, as with kernels that use many registers.
- (NSUInteger)maxTotalThreadsPerThreadgroup {
  return 224;
}
@end

@interface SoftLibrary : NSObject <MTLLibrary> {
 @public
  std::string *source;
}
@end

@implementation SoftLibrary
- (id<MTLFunction>)newFunctionWithName:(NSString *)name {
  if (softMetalFails("function")) return nil;
  const std::string declaration = std::string("kernel void ") + [name UTF8String] + "(";
  if (source->find(declaration) == std::string::npos) return nil;
  for (const SoftKernel *each = SOFT_KERNELS; each->name != nullptr; ++each) {
    if (strcmp(each->name, [name UTF8String]) != 0) continue;
    SoftFunction *function = [[SoftFunction alloc] init];
    function->kernel_ = each;
    return function;
  }
  return nil;
}
- (void)dealloc {
  delete source;
  [super dealloc];
}
@end

@interface SoftDevice : NSObject <MTLDevice>
@end

@implementation SoftDevice
- (NSString *)name {
  return @"software Metal";
}
- (NSUInteger)maxBufferLength {
  return NSUInteger{1} << 36;
}
- (id<MTLCommandQueue>)newCommandQueue {
  return softMetalFails("queue") ? nil : [[SoftQueue alloc] init];
}
- (id<MTLBuffer>)newBufferWithBytesNoCopy:(void *)pointer
                                   length:(NSUInteger)length
                                  options:(MTLResourceOptions)options
                              deallocator:(void (^)(void *pointer, NSUInteger length))deallocator {
  const auto page = static_cast<NSUInteger>(sysconf(_SC_PAGESIZE));
  softMetalRequire(reinterpret_cast<NSUInteger>(pointer) % page == 0, "a wrapped buffer does not begin at a page");
  softMetalRequire(length > 0 && length % page == 0, "a wrapped buffer is not of whole pages");
  softMetalRequire(options == MTLResourceStorageModeShared, "the CPU reads what is not shared");
  softMetalRequire(deallocator == nil, "the buffer does not own its memory");
  if (length > [self maxBufferLength] || softMetalFails("buffer")) return nil;
  SoftBuffer *buffer = [[SoftBuffer alloc] init];
  buffer->bytes = static_cast<char *>(pointer);
  buffer->byteLength = length;
  return buffer;
}
- (id<MTLLibrary>)newLibraryWithSource:(NSString *)source
                               options:(MTLCompileOptions *)options
                                 error:(NSError **)error {
  softMetalRequire(options != nil && !options->isFast, "fast math is on");
  // Metal gives its warnings as an error beside the library.
  *error = softMetalError("MTLLibraryErrorDomain", 4, "program_source:1:1: warning: all is well");
  if (softMetalFails("library")) {
    *error = softMetalError("MTLLibraryErrorDomain", 3, "program_source:7:1: error: unknown type name 'kernl'");
    return nil;
  }
  SoftLibrary *library = [[SoftLibrary alloc] init];
  library->source = new std::string([source UTF8String]);
  return library;
}
- (id<MTLComputePipelineState>)newComputePipelineStateWithFunction:(id<MTLFunction>)function error:(NSError **)error {
  softMetalRequire(function != nil, "a pipeline is made of no function");
  if (softMetalFails("pipeline")) {
    *error = softMetalError("AGXMetalG13X", 3, "Compiler encountered an internal error");
    return nil;
  }
  SoftPipeline *pipeline = [[SoftPipeline alloc] init];
  pipeline->kernel_ = static_cast<SoftFunction *>(function)->kernel_;
  return pipeline;
}
@end

extern "C" id<MTLDevice> MTLCreateSystemDefaultDevice(void) {
  return softMetalFails("device") ? nil : [[SoftDevice alloc] init];
}
