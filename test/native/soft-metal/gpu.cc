#include "gpu.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "faults.h"

namespace {

/** Threads that tell of the end of commands: two, so that one may overtake the other. */
constexpr int TELLERS = 2;

/** Results and operands that are subnormal become 0. */
void flushSubnormals(bool flush) {
#if defined(__x86_64__)
  constexpr unsigned bits = 0x8040;
  _mm_setcsr(flush ? _mm_getcsr() | bits : _mm_getcsr() & ~bits);
#elif defined(__aarch64__)
  constexpr unsigned long bit = 1ul << 24;
  unsigned long control;
  __asm__ volatile("mrs %0, fpcr" : "=r"(control));
  control = flush ? control | bit : control & ~bit;
  __asm__ volatile("msr fpcr, %0" : : "r"(control));
#endif
}

/** Mostly not at all, sometimes long: nothing is done just because a while has passed. */
void dawdle(std::mt19937 &random) {
  const unsigned turn = random() % 64;
  if (turn > 4) return;
  std::this_thread::sleep_for(std::chrono::microseconds(turn == 0 ? 2000 : 100));
}

class Queue {
 public:
  void push(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
    wake_.notify_one();
  }

  std::function<void()> pop() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return !waiting_.empty(); });
    auto work = std::move(waiting_.front());
    waiting_.pop_front();
    return work;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
};

class Gpu {
 public:
  Gpu() {
    std::thread([this] { serve(commands_, 1); }).detach();
    for (int i = 0; i < TELLERS; ++i) std::thread([this, i] { serve(ends_, 2 + static_cast<unsigned>(i)); }).detach();
  }

  void run(std::function<void()> work, std::function<void()> ended) {
    change(1);
    commands_.push([this, work = std::move(work), ended = std::move(ended)] {
      flushSubnormals(softMetalFlushes());
      work();
      ends_.push([this, ended] {
        ended();
        change(-1);
      });
    });
  }

  void wait() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return underWay_ == 0; });
  }

 private:
  [[noreturn]] static void serve(Queue &queue, unsigned seed) {
    std::mt19937 random(seed);
    for (;;) {
      const auto work = queue.pop();
      dawdle(random);
      work();
    }
  }

  void change(int by) {
    const std::lock_guard lock(mutex_);
    underWay_ += by;
    if (underWay_ == 0) idle_.notify_all();
  }

  Queue commands_;
  Queue ends_;
  std::mutex mutex_;
  std::condition_variable idle_;
  int underWay_ = 0;
};

/** Its threads wait for ever: it is never destroyed. */
Gpu &gpu() {
  static Gpu *const made = new Gpu;
  return *made;
}

}  // namespace

void softGpuRun(std::function<void()> work, std::function<void()> ended) {
  gpu().run(std::move(work), std::move(ended));
}

void softGpuWait() {
  gpu().wait();
}
