// The addon: `interfaceVersion`, `openCpu(threads?)` and `openMetal(options?)`, which give an executor as src/executor/addon.ts has it.
#include <napi.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "accumulator.h"
#include "cpu_executor.h"
#include "job_arguments.h"
#include "metal_executor.h"

namespace tileblend {
namespace {

/** As src/executor/addon.ts has it: raised there and here whenever the two sides say something else to each other. */
constexpr int INTERFACE_VERSION = 2;

/** Limits a mistyped option before that many threads are started. */
constexpr double MAX_THREADS = 1024;

/** What each environment (the main thread, each worker) has of its own. */
struct EnvironmentData {
  Napi::FunctionReference executorClass;
  Napi::FunctionReference accumulatorClass;
};

class ExecutorObject final : public Napi::ObjectWrap<ExecutorObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "NativeExecutor",
                       {InstanceAccessor("description", &ExecutorObject::description, nullptr),
                        InstanceAccessor("flushesSubnormals", &ExecutorObject::flushesSubnormals, nullptr),
                        InstanceMethod("open", &ExecutorObject::open)});
  }

  static Napi::Value create(Napi::Env env, std::unique_ptr<Executor> executor) {
    const auto argument = Napi::External<std::unique_ptr<Executor>>::New(env, &executor);
    return env.GetInstanceData<EnvironmentData>()->executorClass.New({argument});
  }

  explicit ExecutorObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ExecutorObject>(info) {
    require(info.Env(), info[0].IsExternal(), "an executor is made by openCpu or openMetal");
    auto& executor = *info[0].As<Napi::External<std::unique_ptr<Executor>>>().Data();
    session_ = std::make_shared<Session>(info.Env(), std::move(executor));
  }

 private:
  Napi::Value description(const Napi::CallbackInfo& info) {
    return Napi::String::New(info.Env(), session_->executor().description());
  }

  Napi::Value flushesSubnormals(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), session_->executor().flushesSubnormals());
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

unsigned readThreads(const Napi::Value& value) {
  if (value.IsUndefined()) return std::max(1u, std::thread::hardware_concurrency());
  require(value.Env(), value.IsNumber(), "threads is no number");
  const double threads = value.As<Napi::Number>().DoubleValue();
  require(value.Env(), threads >= 1 && threads <= MAX_THREADS, "threads is out of range");
  return static_cast<unsigned>(threads);
}

Napi::Value openCpu(const Napi::CallbackInfo& info) {
  return ExecutorObject::create(info.Env(), createCpuExecutor(readThreads(info[0])));
}

/** Opens Metal on a thread of its own: compiling its kernels can take a while. */
class MetalOpening final : public Napi::AsyncWorker {
 public:
  MetalOpening(Napi::Env env, const MetalOptions& options)
      : Napi::AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)), options_(options) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override { executor_ = createMetalExecutor(options_); }
  void OnOK() override { deferred_.Resolve(ExecutorObject::create(Env(), std::move(executor_))); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  const Napi::Promise::Deferred deferred_;
  const MetalOptions options_;
  std::unique_ptr<Executor> executor_;
};

Napi::Value openMetal(const Napi::CallbackInfo& info) {
  MetalOptions options;
  if (info[0].IsObject()) options.elementsPerLaunch = readElementsPerLaunch(info[0].As<Napi::Object>());
  // It deletes itself when it has ended.
  auto* opening = new MetalOpening(info.Env(), options);
  opening->Queue();
  return opening->promise();
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto data = std::make_unique<EnvironmentData>();
  data->executorClass = Napi::Persistent(ExecutorObject::define(env));
  data->accumulatorClass = Napi::Persistent(Accumulator::define(env));
  env.SetInstanceData(data.release());
  exports.Set("interfaceVersion", INTERFACE_VERSION);
  exports.Set("openCpu", Napi::Function::New(env, openCpu, "openCpu"));
  exports.Set("openMetal", Napi::Function::New(env, openMetal, "openMetal"));
  return exports;
}

}  // namespace
}  // namespace tileblend

static Napi::Object initAddon(Napi::Env env, Napi::Object exports) {
  return tileblend::init(env, exports);
}

NODE_API_MODULE(tileblend, initAddon)
