#include "accumulator.h"

#include <memory>
#include <utility>

#include "external_array.h"
#include "job_arguments.h"

namespace tileblend {
namespace {

Napi::Object jobOf(const Napi::CallbackInfo& info) {
  require(info.Env(), info[0].IsObject(), "the job is no object");
  return info[0].As<Napi::Object>();
}

}  // namespace

Session::Session(Napi::Env env, std::unique_ptr<Executor> executor)
    : env_(env), executor_(std::move(executor)), windowBytes_(std::make_shared<WindowBytes>(env)), completions_(env) {
  // Hooks run last in, first out: this one before that of the thread-safe function of completions_.
  napi_add_env_cleanup_hook(env_, onTearDown, this);
}

Session::~Session() {
  if (stopped_) return;
  napi_remove_env_cleanup_hook(env_, onTearDown, this);
  stop();
}

void Session::stop() {
  stopped_ = true;
  executor_->stop();
  completions_.close();
}

Napi::Function Accumulator::define(Napi::Env env) {
  return DefineClass(
      env, "Accumulator",
      {InstanceMethod("accumulate", &Accumulator::accumulate), InstanceMethod("normalise", &Accumulator::normalise),
       InstanceMethod("createTarget", &Accumulator::createTarget), InstanceMethod("close", &Accumulator::close)});
}

Accumulator::Accumulator(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Accumulator>(info) {
  require(info.Env(), info[0].IsExternal(), "an accumulator is made by an executor");
  const Opening& opening = *info[0].As<Napi::External<Opening>>().Data();
  session_ = opening.session;
  request_ = opening.window;
  window_ = std::make_shared<CountedWindow>(session_->windowBytes(), session_->executor().createWindow(request_));
}

Napi::Value Accumulator::accumulate(const Napi::CallbackInfo& info) {
  const Napi::Object object = jobOf(info);
  std::unique_ptr<PendingJob> pending = createPending(info.Env());
  pending->job = readAccumulateJob(object, request_, pending->masks);
  pending->arrays[0] = Napi::Persistent(object.Get("pixels").As<Napi::Object>().Get("data").As<Napi::Object>());
  const Napi::Value finish = object.Get("finish");
  if (!finish.IsUndefined()) {
    pending->arrays[1] = Napi::Persistent(finish.As<Napi::Object>().Get("target").As<Napi::Object>());
  }
  return start(info.Env(), std::move(pending));
}

Napi::Value Accumulator::normalise(const Napi::CallbackInfo& info) {
  const Napi::Object object = jobOf(info);
  std::unique_ptr<PendingJob> pending = createPending(info.Env());
  pending->job = readNormaliseJob(object, request_);
  pending->arrays[0] = Napi::Persistent(object.Get("target").As<Napi::Object>());
  return start(info.Env(), std::move(pending));
}

Napi::Value Accumulator::createTarget(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  require(env, window_ != nullptr, "the accumulator is closed");
  window_->handOut();
  return createExternalArray(env, readArrayRequest(info),
                             [this](int64_t bytes) { return window_->get().allocateTarget(bytes); });
}

void Accumulator::close(const Napi::CallbackInfo&) {
  // A job under way holds the window too: its memory goes when the job ends.
  window_.reset();
}

std::unique_ptr<PendingJob> Accumulator::createPending(Napi::Env env) {
  require(env, window_ != nullptr, "the accumulator is closed");
  require(env, underWay_ < window_->get().jobsUnderWay(), "a job of the accumulator is still under way");
  auto pending = std::make_unique<PendingJob>(env);
  pending->accumulator = Napi::Persistent(Value());
  pending->window = window_;
  pending->ended = [this] { --underWay_; };
  return pending;
}

Napi::Value Accumulator::start(Napi::Env env, std::unique_ptr<PendingJob> pending) {
  ++underWay_;
  const Napi::Promise promise = session_->completions().start(env, std::move(pending));
  // Only now: the collector may set to work, while the executor does too.
  window_->count();
  return promise;
}

}  // namespace tileblend
