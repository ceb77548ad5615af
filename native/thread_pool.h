// A fixed set of threads that work through tasks of many parts.
#pragma once

#include <atomic>
#include <cfenv>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "thread_place.h"
#include "thread_priority.h"

namespace tileblend {

/**
 * Work in numbered parts that may run in any order and at the same time. Neither function may throw. Each thread begins
 * with a stretch of its own: neighbouring parts lie in the same pages, and of two threads that touch a fresh page at
 * once both have the system clear one.
 */
struct Task {
  int64_t parts;
  std::function<void(int64_t part)> run;
  /** Called once, by the thread that ends the last part. */
  std::function<void()> done;
};

/** The threads start with the first task, so that an executor that is never used costs nothing. */
class ThreadPool {
 public:
  explicit ThreadPool(unsigned threads) : size_(threads) {}
  ~ThreadPool() { stop(); }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  unsigned size() const { return size_; }

  /** Throws std::system_error when a thread cannot be had. */
  void start(Task task) {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    launch();
    queue_.push_back(std::make_shared<Running>(std::move(task), size_));
    wake_.notify_all();
  }

  /** Waits for the parts that run now and joins the threads. The other parts, and their done, are dropped. */
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      wake_.notify_all();
    }
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    queue_.clear();
  }

 private:
  struct Stretch {
    std::atomic<int64_t> next{0};
    int64_t stop = 0;
  };

  struct Running {
    Running(Task t, unsigned threads) : task(std::move(t)), stretches(threads) {
      for (size_t i = 0; i < threads; ++i) {
        const auto at = static_cast<int64_t>(i);
        stretches[i].next = task.parts * at / threads;
        stretches[i].stop = task.parts * (at + 1) / threads;
      }
    }
    Task task;
    std::vector<Stretch> stretches;
    std::atomic<int64_t> ended{0};
  };

  void launch() {
    while (threads_.size() < size_) threads_.emplace_back([this, index = threads_.size()] { work(index); });
  }

  void work(size_t index) {
    // A thread inherits the settings of the one that starts it, where a library may flush subnormals or round down.
    std::fesetenv(FE_DFL_ENV);
    standBack();
    keepToOwnCore(index, size_);
    for (std::unique_lock lock(mutex_);;) {
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      const std::shared_ptr<Running> running = queue_.front();
      lock.unlock();
      for (size_t i = 0; i < size_; ++i) runParts(*running, running->stretches[(index + i) % size_]);
      lock.lock();
      if (!queue_.empty() && queue_.front() == running) queue_.pop_front();
    }
  }

  /** Takes parts of a stretch until none is left. */
  void runParts(Running& running, Stretch& stretch) {
    while (!stopping_) {
      const int64_t part = stretch.next.fetch_add(1, std::memory_order_relaxed);
      if (part >= stretch.stop) return;
      running.task.run(part);
      // The last one sees what the others wrote, and whoever hears of done sees it too.
      const int64_t ended = running.ended.fetch_add(1, std::memory_order_acq_rel) + 1;
      if (ended == running.task.parts) running.task.done();
    }
  }

  const unsigned size_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Running>> queue_;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

}  // namespace tileblend
