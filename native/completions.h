// Brings the end of a job from the executor's threads to the JavaScript thread, and settles its promise there.
#pragma once

#include <napi.h>

#include <array>
#include <functional>
#include <memory>
#include <unordered_map>
#include <variant>

#include "counted_window.h"
#include "executor.h"
#include "job_arguments.h"

namespace tileblend {

/** A job under way. It is made and destroyed on the JavaScript thread; the executor only reads it. */
struct PendingJob {
  explicit PendingJob(Napi::Env env) : deferred(Napi::Promise::Deferred::New(env)) {}

  Napi::Promise::Deferred deferred;
  std::variant<AccumulateJob, NormaliseJob> job;
  /** The masks of an AccumulateJob. */
  Masks masks;
  /** The accumulator and the typed arrays that the job works on: they stay until the promise settles. */
  Napi::ObjectReference accumulator;
  std::array<Napi::ObjectReference, 2> arrays;
  std::shared_ptr<CountedWindow> window;
  /** Called on the JavaScript thread before the promise settles. */
  std::function<void()> ended;
  Outcome outcome;
};

/** The jobs of one executor that are under way. It keeps the process alive while there are any. */
class Completions {
 public:
  explicit Completions(Napi::Env env);

  /** Starts the job and returns its promise. Throws what the executor throws when it cannot start. */
  Napi::Promise start(Napi::Env env, std::unique_ptr<PendingJob> pending);

  /** Forgets the jobs that have not ended. No thread may call `done` any more. */
  void close();

 private:
  static void onEnd(Napi::Env env, Napi::Function, Completions* self, PendingJob* pending);
  using ThreadSafeFunction = Napi::TypedThreadSafeFunction<Completions, PendingJob, onEnd>;

  void settle(Napi::Env env, PendingJob* pending);

  std::unordered_map<PendingJob*, std::unique_ptr<PendingJob>> underWay_;
  ThreadSafeFunction callOnEnd_;
};

}  // namespace tileblend
