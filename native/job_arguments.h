// Reads the jobs of src/executor/types.ts from JavaScript objects, and refuses what would touch foreign memory.
#pragma once

#include <napi.h>

#include <deque>
#include <vector>

#include "executor.h"

namespace tileblend {

/** Throws a JavaScript error unless `condition` holds. */
void require(Napi::Env env, bool condition, const char* message);

/** Copies of masks, which stay where they are while more are added. */
using Masks = std::deque<std::vector<float>>;

/** A `WindowShape`, each length at least 1, and the format of what will be finished. */
WindowRequest readWindowRequest(const Napi::Object& shape, const Napi::Value& format);

/** An `AccumulateJob`; its masks are copied to `masks`, its pixels and its target stay where they are. */
AccumulateJob readAccumulateJob(const Napi::Object& object, const WindowRequest& window, Masks& masks);

/** A `NormaliseJob`; its target stays where it is. */
NormaliseJob readNormaliseJob(const Napi::Object& object, const WindowRequest& window);

/** The `elementsPerLaunch` of openMetal's options. */
Index readElementsPerLaunch(const Napi::Object& options);

/** A format, and how many elements of it. */
struct ArrayRequest {
  PixelFormat format;
  Index elements;
};

/** The two arguments (format, elements) of a call. */
ArrayRequest readArrayRequest(const Napi::CallbackInfo& info);

/** The kind of typed array that holds elements of a format. */
napi_typedarray_type arrayTypeOf(PixelFormat format);

}  // namespace tileblend
