// Typed arrays over memory that is not the engine's own.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>

#include "job_arguments.h"

namespace tileblend {

/** Gives memory of so many bytes, or null. */
using Allocate = std::function<std::shared_ptr<void>(int64_t bytes)>;

/**
 * A typed array over memory that `allocate` gives; the array keeps it. Undefined where there is none, where the engine
 * takes no foreign memory (Electron), and beyond what it takes: the caller then makes an array of the engine's own.
 */
Napi::Value createExternalArray(Napi::Env env, const ArrayRequest& request, const Allocate& allocate);

}  // namespace tileblend
