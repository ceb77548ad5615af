// The thread that hands work to a GPU, so that the JavaScript thread does not wait for copies or for the driver.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "gpu_device.h"
#include "thread_pool.h"

namespace tileblend {

/** Counts what the GPU has under way. */
class UnderWay {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }

  void remove() {
    const std::lock_guard lock(mutex_);
    --count_;
    // Under the lock: whoever waits may destroy this as soon as it is let go.
    if (count_ == 0) none_.notify_all();
  }

  void waitForNone() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  int64_t count_ = 0;
};

/** Shared by an executor and its windows. Tasks run one after the other, in the order in which they came. */
class GpuWorker {
 public:
  explicit GpuWorker(std::shared_ptr<GpuDevice> device) : device_(std::move(device)) {}

  GpuDevice& device() const { return *device_; }

  /** Runs `task`, which must not throw, on the worker's thread. After stop it is dropped. */
  void post(std::function<void()> task) {
    thread_.start({1, [task = std::move(task)](int64_t) { task(); }, [] {}});
  }

  /** Starts a launch; its end is a task. Throws when it cannot. Call it from a task. */
  void launch(const GpuLaunch& launch, GpuDone done) {
    underWay_->add();
    try {
      device_->launch(launch, [this, underWay = underWay_, done = std::move(done)](const std::string& error) mutable {
        post([done, error] { done(error); });
        // What it holds must not outlive stop.
        done = nullptr;
        underWay->remove();
      });
    } catch (...) {
      underWay_->remove();
      throw;
    }
  }

  /** Returns once neither the thread nor the GPU does anything for this worker any more. */
  void stop() {
    thread_.stop();
    underWay_->waitForNone();
  }

 private:
  const std::shared_ptr<GpuDevice> device_;
  const std::shared_ptr<UnderWay> underWay_ = std::make_shared<UnderWay>();
  ThreadPool thread_{1};
};

}  // namespace tileblend
