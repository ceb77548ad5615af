// Reads the jobs of src/executor/types.ts from JavaScript objects, and refuses what would touch foreign memory.
#pragma once

#include <napi.h>

#include <vector>

#include "executor.h"

namespace tileblend {

/** Throws a JavaScript error unless `condition` holds. */
void require(Napi::Env env, bool condition, const char* message);

/** A `WindowShape`: each length at least 1. */
WindowShape readWindowShape(const Napi::Object& shape);

/** An `AccumulateJob`; its masks are copied to `masks`, its pixels stay where they are. */
AccumulateJob readAccumulateJob(const Napi::Object& object, const WindowShape& shape, std::vector<float>& masks);

/** A `NormaliseJob`; its target stays where it is. */
NormaliseJob readNormaliseJob(const Napi::Object& object, const WindowShape& shape);

}  // namespace tileblend
