// The JavaScript object of one window.
#pragma once

#include <napi.h>

#include <memory>

#include "completions.h"
#include "counted_window.h"
#include "executor.h"

namespace tileblend {

/**
 * An executor and its jobs, shared by the JavaScript objects that use them, all on one JavaScript thread. Before that
 * thread's environment goes away, it waits for the executor: no thread touches a typed array that is being freed.
 */
class Session {
 public:
  Session(Napi::Env env, std::unique_ptr<Executor> executor);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Executor& executor() { return *executor_; }
  const std::shared_ptr<WindowBytes>& windowBytes() const { return windowBytes_; }
  Completions& completions() { return completions_; }

 private:
  static void onTearDown(void* self) { static_cast<Session*>(self)->stop(); }
  void stop();

  const Napi::Env env_;
  const std::unique_ptr<Executor> executor_;
  const std::shared_ptr<WindowBytes> windowBytes_;
  Completions completions_;
  bool stopped_ = false;
};

/** A `Kernel` of src/executor/types.ts. JavaScript has validated; what is checked here guards memory. */
class Accumulator final : public Napi::ObjectWrap<Accumulator> {
 public:
  /** What the constructor takes, in an External. */
  struct Opening {
    std::shared_ptr<Session> session;
    WindowRequest window;
  };

  static Napi::Function define(Napi::Env env);
  explicit Accumulator(const Napi::CallbackInfo& info);

 private:
  Napi::Value accumulate(const Napi::CallbackInfo& info);
  Napi::Value normalise(const Napi::CallbackInfo& info);
  /** A typed array (format, elements) that frames are finished into without a copy, or undefined. */
  Napi::Value createTarget(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);
  /** A pending job that holds this object and its window. Throws when closed or fully at work. */
  std::unique_ptr<PendingJob> createPending(Napi::Env env);
  Napi::Value start(Napi::Env env, std::unique_ptr<PendingJob> pending);

  std::shared_ptr<Session> session_;
  WindowRequest request_{};
  std::shared_ptr<CountedWindow> window_;
  int underWay_ = 0;
};

}  // namespace tileblend
