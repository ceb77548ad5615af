#include "metal_executor.h"

#include <deque>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "executor_check.h"
#include "gpu_job.h"
#include "gpu_worker.h"
#include "metal_device.h"
#include "pages.h"

namespace tileblend {
namespace {

/** Launches of a window that the GPU has at once: one that runs, and enough behind it that it never waits for us. */
constexpr Index LAUNCHES_UNDER_WAY = 8;

/** Jobs of a window that may be under way at once: the GPU works on one tile while the next is made ready. */
constexpr int JOBS_UNDER_WAY = 4;

/**
 * The jobs of one window, in the order in which they came. The launches of several may be under way at once; the GPU
 * takes them in order. After a failure nothing is launched any more: the sums are not what they should be. Everything
 * but `add` runs on the worker's thread.
 */
class JobQueue : public std::enable_shared_from_this<JobQueue> {
 public:
  JobQueue(std::shared_ptr<GpuWorker> worker, int64_t sumsBytes, int64_t weightsBytes)
      : worker_(std::move(worker)),
        memory_{SharedMemory(worker_->device(), sumsBytes), SharedMemory(worker_->device(), weightsBytes)} {}

  void add(std::shared_ptr<GpuJob> job) {
    worker_->post([self = shared_from_this(), job = std::move(job)] { self->begin(job); });
  }

 private:
  void begin(const std::shared_ptr<GpuJob>& job);
  void launchMore();
  void launchFor(const std::shared_ptr<GpuJob>& job);
  void onLaunchEnd(GpuJob& job, const std::string& error);
  void settleEnded();
  void settle(const GpuJob& job);

  const std::shared_ptr<GpuWorker> worker_;
  const WindowMemory memory_;
  std::deque<std::shared_ptr<GpuJob>> jobs_;
  Index underWay_ = 0;
  /** Why the window can no longer be used: the error of the first job that failed. */
  std::string failure_;
};

void JobQueue::begin(const std::shared_ptr<GpuJob>& job) {
  jobs_.push_back(job);
  try {
    if (failure_.empty()) job->prepare(worker_->device());
  } catch (const std::exception& error) {
    job->error = error.what();
  }
  launchMore();
  settleEnded();
}

/** Hands the GPU what it may have of the jobs, the earlier ones first, and nothing behind one that failed. */
void JobQueue::launchMore() {
  for (const std::shared_ptr<GpuJob>& job : jobs_) {
    while (job->mayGoOn(failure_) && underWay_ < LAUNCHES_UNDER_WAY) launchFor(job);
    if (job->hasLaunches() || !job->error.empty()) return;
  }
}

void JobQueue::launchFor(const std::shared_ptr<GpuJob>& job) {
  const auto onEnd = [self = shared_from_this(), job](const std::string& error) { self->onLaunchEnd(*job, error); };
  try {
    worker_->launch(job->nextLaunch(memory_), onEnd);
    ++job->underWay;
    ++underWay_;
  } catch (const std::exception& error) {
    job->error = error.what();
  }
}

void JobQueue::onLaunchEnd(GpuJob& job, const std::string& error) {
  --job.underWay;
  --underWay_;
  if (job.error.empty()) job.error = error;
  launchMore();
  settleEnded();
}

/** Settles the first jobs for as long as they have ended: no job before one that came earlier. */
void JobQueue::settleEnded() {
  while (!jobs_.empty()) {
    const std::shared_ptr<GpuJob> job = jobs_.front();
    if (job->underWay > 0 || job->mayGoOn(failure_)) return;
    jobs_.pop_front();
    settle(*job);
  }
}

void JobQueue::settle(const GpuJob& job) {
  Outcome outcome;
  if (!job.error.empty()) {
    outcome.error = job.error;
  } else if (!failure_.empty()) {
    outcome.error = "an earlier job of the window failed: " + failure_;
  } else {
    outcome = job.finish();
  }
  if (failure_.empty()) failure_ = job.error;
  job.settle(outcome);
}

class MetalWindow final : public Window {
 public:
  MetalWindow(const WindowShape& shape, const MetalOptions& options, const std::shared_ptr<GpuWorker>& worker)
      : byteLength_(windowByteLength(shape)), options_(options) {
    const int64_t weightsBytes = byteLength_ / (shape.batch * shape.channels + 1);
    queue_ = std::make_shared<JobQueue>(worker, byteLength_ - weightsBytes, weightsBytes);
  }

  int64_t byteLength() const override { return byteLength_; }
  int jobsUnderWay() const override { return JOBS_UNDER_WAY; }

  void accumulate(const AccumulateJob& job, Done done) override {
    queue_->add(std::make_shared<GpuJob>(job, options_.elementsPerLaunch, std::move(done)));
  }

  void normalise(const NormaliseJob& job, Done done) override {
    queue_->add(std::make_shared<GpuJob>(job, options_.elementsPerLaunch, std::move(done)));
  }

  std::shared_ptr<void> allocateTarget(int64_t bytes) override {
    auto pages = std::make_shared<Pages>(bytes);
    return {pages, pages->data()};
  }

 private:
  const int64_t byteLength_;
  const MetalOptions options_;
  std::shared_ptr<JobQueue> queue_;
};

class MetalExecutor final : public Executor {
 public:
  MetalExecutor(std::shared_ptr<GpuDevice> device, const MetalOptions& options, bool flushesSubnormals)
      : options_(options),
        worker_(std::make_shared<GpuWorker>(std::move(device))),
        flushesSubnormals_(flushesSubnormals) {}
  ~MetalExecutor() override { stop(); }

  std::string description() const override { return "Metal, " + worker_->device().name(); }
  bool flushesSubnormals() const override { return flushesSubnormals_; }
  void stop() override { worker_->stop(); }

  std::unique_ptr<Window> createWindow(const WindowRequest& request) override {
    const int64_t bytes = windowByteLength(request.shape);
    try {
      return std::make_unique<MetalWindow>(request.shape, options_, worker_);
    } catch (const std::bad_alloc&) {
      throw std::runtime_error("the window of " + std::to_string(bytes) + " bytes does not fit in memory");
    }
  }

 private:
  const MetalOptions options_;
  const std::shared_ptr<GpuWorker> worker_;
  const bool flushesSubnormals_;
};

/** A device that has shown that it gives the CPU's results. */
struct CheckedDevice {
  std::shared_ptr<GpuDevice> device;
  bool flushesSubnormals;
};

CheckedDevice checkDevice(std::shared_ptr<GpuDevice> device) {
  MetalExecutor executor(device, MetalOptions(), false);
  const std::string difference = differenceFromCpu(executor);
  if (!difference.empty()) {
    throw std::runtime_error("the self-test of Metal on " + device->name() + " failed: " + difference);
  }
  return {std::move(device), flushesSubnormals(executor)};
}

/** The device of this process, opened and checked by the first call that has success. */
const CheckedDevice& checkedDevice() {
  static const CheckedDevice checked = checkDevice(createMetalDevice());
  return checked;
}

}  // namespace

std::unique_ptr<Executor> createMetalExecutor(const MetalOptions& options) {
  const CheckedDevice& checked = checkedDevice();
  return std::make_unique<MetalExecutor>(checked.device, options, checked.flushesSubnormals);
}

}  // namespace tileblend
