// The addon: one class for each kind of executor, `new CpuExecutor(threads?)`, with `description` and `open(shape, format)`.
#include <napi.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "accumulator.h"
#include "cpu_executor.h"
#include "job_arguments.h"

namespace tileblend {
namespace {

/** Limits a mistyped option before that many threads are started. */
constexpr double MAX_THREADS = 1024;

/** What each environment (the main thread, each worker) has of its own. */
struct EnvironmentData {
  Napi::FunctionReference accumulatorClass;
};

class CpuExecutorObject final : public Napi::ObjectWrap<CpuExecutorObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "CpuExecutor",
                       {InstanceAccessor("description", &CpuExecutorObject::description, nullptr),
                        InstanceMethod("open", &CpuExecutorObject::open)});
  }

  explicit CpuExecutorObject(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<CpuExecutorObject>(info),
        session_(std::make_shared<Session>(info.Env(), createCpuExecutor(readThreads(info[0])))) {}

 private:
  static unsigned readThreads(const Napi::Value& value) {
    if (value.IsUndefined()) return std::max(1u, std::thread::hardware_concurrency());
    require(value.Env(), value.IsNumber(), "threads is no number");
    const double threads = value.As<Napi::Number>().DoubleValue();
    require(value.Env(), threads >= 1 && threads <= MAX_THREADS, "threads is out of range");
    return static_cast<unsigned>(threads);
  }

  Napi::Value description(const Napi::CallbackInfo& info) {
    return Napi::String::New(info.Env(), session_->executor().description());
  }

  /** Makes the accumulator of a window. */
  Napi::Value open(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    require(env, info[0].IsObject(), "the shape is no object");
    Accumulator::Opening opening{session_, readWindowRequest(info[0].As<Napi::Object>(), info[1])};
    const auto argument = Napi::External<Accumulator::Opening>::New(env, &opening);
    return env.GetInstanceData<EnvironmentData>()->accumulatorClass.New({argument});
  }

  std::shared_ptr<Session> session_;
};

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto data = std::make_unique<EnvironmentData>();
  data->accumulatorClass = Napi::Persistent(Accumulator::define(env));
  env.SetInstanceData(data.release());
  exports.Set("CpuExecutor", CpuExecutorObject::define(env));
  return exports;
}

}  // namespace
}  // namespace tileblend

static Napi::Object initAddon(Napi::Env env, Napi::Object exports) {
  return tileblend::init(env, exports);
}

NODE_API_MODULE(tileblend, initAddon)
