#include "external_array.h"

#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace tileblend {
namespace {

/** Node's limit for memory that is not its own. It is kept here, since beyond it Node fails after freeing the memory. */
constexpr int64_t MAX_EXTERNAL_BYTES = (int64_t{1} << 32) - 1;

using Holder = std::shared_ptr<void>;

void release(napi_env, void*, void* holder) {
  delete static_cast<Holder*>(holder);
}

}  // namespace

Napi::Value createExternalArray(Napi::Env env, const ArrayRequest& request, const Allocate& allocate) {
  if (request.elements > MAX_EXTERNAL_BYTES / elementBytes(request.format)) return env.Undefined();
  const int64_t bytes = request.elements * elementBytes(request.format);
  auto holder = std::make_unique<Holder>(allocate(bytes));
  if (*holder == nullptr) return env.Undefined();

  napi_value buffer = nullptr;
  Holder* const raw = holder.get();
  const napi_status status =
      napi_create_external_arraybuffer(env, raw->get(), static_cast<size_t>(bytes), release, raw, &buffer);
  // Only then does Node not run the finalizer.
  if (status == napi_no_external_buffers_allowed) return env.Undefined();
  // NOLINTNEXTLINE(bugprone-unused-return-value): from here on it is the finalizer's.
  static_cast<void>(holder.release());
  NAPI_THROW_IF_FAILED(env, status, Napi::Value());

  napi_value array = nullptr;
  const auto elements = static_cast<size_t>(request.elements);
  NAPI_THROW_IF_FAILED(env, napi_create_typedarray(env, arrayTypeOf(request.format), elements, buffer, 0, &array),
                       Napi::Value());
  return Napi::Value(env, array);
}

}  // namespace tileblend
