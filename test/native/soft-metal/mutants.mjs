// Deliberate mistakes in the Metal executor: [what is wrong, file of native/, text, what it becomes, tests that must see].

const BYTES = ["native/metal", "native/blend"];
const FAULTS = ["native/metal_faults"];
const CONVERT = ["native/convert"];

const device = [
  ["commands are not committed", "[commands commit];", "", BYTES],
  ["encoding is not ended", "[encoder endEncoding];", "", BYTES],
  ["fast math is on", "setMathMode:MTLMathModeSafe", "setMathMode:MTLMathModeFast", BYTES],
  ["the library's functions are fast", "FloatingPointFunctionsPrecise]", "FloatingPointFunctionsFast]", BYTES],
  ["threadgroups are too large", "height = threads / width", "height = threads", BYTES],
  ["the last threadgroup is missing", "+ size - 1) / size", "/ size)", BYTES],
  ["a buffer is not bound", "i < launch.buffers.size()", "i + 1 < launch.buffers.size()", BYTES],
  ["buffers are swapped", "atIndex:i]", "atIndex:i ^ 1]", BYTES],
  [
    "the parameters are not bound",
    "[encoder setBytes:launch.params length:launch.paramsBytes atIndex:ARGUMENT_PARAMS];",
    "",
    BYTES,
  ],
  ["the buffer is not shared", "MTLResourceStorageModeShared", "static_cast<MTLResourceOptions>(16)", BYTES],
  [
    "a launch has no autorelease pool",
    "@autoreleasepool {\n      failure = commit",
    "{\n      failure = commit",
    BYTES,
  ],
  ["commands are released too often", "[commands commit];", "[commands commit];\n  [commands release];", BYTES],
  ["a warning is taken for an error", 'return library_ ? ""', 'return error == nil ? ""', BYTES],
  [
    "how commands end is not looked at",
    "status] != MTLCommandBufferStatusCompleted",
    "status] == MTLCommandBufferStatusNotEnqueued",
    FAULTS,
  ],
  ["a missing device is not seen", 'if (!device_) return "no Metal device";', "", FAULTS],
  ["a missing queue is not seen", 'if (!queue_) return "no Metal command queue";', "", FAULTS],
  ["a missing pipeline is not seen", "if (!pipelines_[i]) return", "if (false) return", FAULTS],
  ["missing commands are not seen", 'if (commands == nil) return "no Metal command buffer";', "", FAULTS],
  [
    "the reason of an error is lost",
    'std::string(text == nullptr ? "no description" : text)',
    'std::string("failed")',
    FAULTS,
  ],
  [
    "an exception passes the autorelease pool",
    "failure = commit(launch, std::move(done));",
    "failure = commit(launch, std::move(done));\n      if (!failure.empty()) throw std::runtime_error(failure);",
    FAULTS,
  ],
].map(([title, ...rest]) => [title, "metal_device.mm", ...rest]);

const host = [
  ["objects are not released", "objc_ptr.h", "~ObjcPtr() { [object_ release]; }", "~ObjcPtr() {}", BYTES],
  ["a moved object has two owners", "objc_ptr.h", "std::exchange(other.object_, nil)", "other.object_", BYTES],
  ["any tile is used in place", "gpu_job.cc", "if (isPageAligned(job.pixels))", "if (true)", BYTES],
  ["a part of a page is wrapped", "gpu_job.cc", "job.pixels), wholePages(bytes))", "job.pixels), bytes)", BYTES],
  ["finished frames are not copied back", "gpu_job.cc", "target_->copyBack(*normalise_);", "", BYTES],
  ["they are copied to the first frames", "gpu_job.cc", " + job.params.targetStart * layout.frameBytes", "", BYTES],
  [
    "the counts are swapped",
    "gpu_job.cc",
    "outcome.nanCount += counts[2 * i + COUNT_NAN]",
    "outcome.nanCount += counts[2 * i + COUNT_UNCOVERED]",
    BYTES,
  ],
  [
    "a block has rows that are not there",
    "gpu_job.cc",
    "std::min(rowsPerBlock_, size_.rows - row)",
    "rowsPerBlock_",
    BYTES,
  ],
  ["the ring of frames does not close", "gpu_job.cc", "(firstSlot + frame) % slots", "firstSlot + frame", BYTES],
  ["a job ends before its launches", "metal_executor.cc", "job->underWay > 0 || ", "", BYTES],
  ["a launch's error is dropped", "metal_executor.cc", "if (job.error.empty()) job.error = error;", "", FAULTS],
  ["a failed window goes on", "metal_executor.cc", "if (failure_.empty()) failure_ = job.error;", "", FAULTS],
  ["the self-test's result is not looked at", "metal_executor.cc", "if (!difference.empty())", "if (false)", FAULTS],
  ["flushing is not found out", "metal_executor.cc", "flushesSubnormals(executor)}", "false}", FAULTS],
  ["pages are not given back", "pages.cc", "munmap(data_, static_cast<size_t>(bytes_));", "", BYTES],
];

const kernels = [
  [
    "product and sum are fused",
    "const float sum = sums[target] + product;",
    "const float sum = fma(Format::load(pixels[plane * tilePlane + inTile]), mask, sums[target]);",
    BYTES,
  ],
  ["the compiler may fuse", "#pragma METAL fp contract(off)", "", BYTES],
  ["one column too many", "(position.x) < columns", "(position.x) <= columns", BYTES],
  ["one row too many", "(position.y) < block.rows", "(position.y) <= block.rows", BYTES],
  ["an index is too narrow", "const Index target = plane", "const uint target = (ushort)plane", BYTES],
  ["the ring of frames is not followed", "slot < windowFrames ? slot : slot - windowFrames", "slot", BYTES],
  [
    "an argument has another's index",
    "device Byte* target [[buffer(ARGUMENT_PIXELS)]]",
    "device Byte* target [[buffer(ARGUMENT_EXTRA)]]",
    BYTES,
  ],
  ["sums are not set to zero", "sums[index] = 0.0f;", "", BYTES],
  ["weights are not set to zero", "weights[index] = 0.0f;", "", BYTES],
  ["uncovered voxels are not counted", "if (weight == 0.0f) atomic", "if (weight < 0.0f) atomic", BYTES],
  ["the tile's offset is left out", "params.height.offset + at.row", "at.row", BYTES],
  [
    "planes and channels are mixed up",
    "const Index plane = item * 3 + channel",
    "const Index plane = channel * 3 + item",
    CONVERT,
  ],
].map(([title, ...rest]) => [title, "kernels/blend.metal", ...rest]);

const layout = [
  ["the kernels' index is another type", "kernels/blend_params.h", "typedef long Index;", "typedef int Index;", BYTES],
  ["halves are not rounded to even", "kernels/blend.h", "0xFFFu + odd", "0x1000u + 0u * odd", CONVERT],
];

export const MUTANTS = [...device, ...host, ...kernels, ...layout].map(([title, file, from, to, tests]) => ({
  ...{ title, file, from, to, tests },
}));
