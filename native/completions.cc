#include "completions.h"

#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace tileblend {
namespace {

Napi::Value resultOf(Napi::Env env, const PendingJob& pending) {
  if (std::holds_alternative<AccumulateJob>(pending.job)) return env.Undefined();
  Napi::Object counts = Napi::Object::New(env);
  counts.Set("nanCount", static_cast<double>(pending.outcome.nanCount));
  counts.Set("uncoveredCount", static_cast<double>(pending.outcome.uncoveredCount));
  return counts;
}

void startOnWindow(const PendingJob& pending, Done done) {
  if (const auto* job = std::get_if<AccumulateJob>(&pending.job))
    return pending.window->get().accumulate(*job, std::move(done));
  pending.window->get().normalise(std::get<NormaliseJob>(pending.job), std::move(done));
}

}  // namespace

Completions::Completions(Napi::Env env) : callOnEnd_(ThreadSafeFunction::New(env, "tileblend.executor", 0, 1, this)) {
  callOnEnd_.Unref(env);
}

Napi::Promise Completions::start(Napi::Env env, std::unique_ptr<PendingJob> pending) {
  PendingJob* const key = pending.get();
  const Napi::Promise promise = key->deferred.Promise();
  if (underWay_.empty()) callOnEnd_.Ref(env);
  underWay_.emplace(key, std::move(pending));
  try {
    startOnWindow(*key, [this, key](const Outcome& outcome) {
      key->outcome = outcome;
      callOnEnd_.NonBlockingCall(key);
    });
  } catch (const std::exception& error) {
    key->outcome.error = error.what();
    settle(env, key);
  }
  return promise;
}

void Completions::close() {
  callOnEnd_.Release();
  underWay_.clear();
}

void Completions::onEnd(Napi::Env env, Napi::Function, Completions* self, PendingJob* pending) {
  // Without an environment it is being torn down, and `self` may be gone.
  if (static_cast<napi_env>(env) != nullptr) self->settle(env, pending);
}

void Completions::settle(Napi::Env env, PendingJob* key) {
  const auto found = underWay_.find(key);
  if (found == underWay_.end()) return;
  const std::unique_ptr<PendingJob> pending = std::move(found->second);
  underWay_.erase(found);
  if (underWay_.empty()) callOnEnd_.Unref(env);
  pending->ended();
  const std::string& error = pending->outcome.error;
  if (error.empty()) {
    pending->deferred.Resolve(resultOf(env, *pending));
  } else {
    pending->deferred.Reject(Napi::Error::New(env, error).Value());
  }
}

}  // namespace tileblend
