// The sums of one decode on the cores of the CPU.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "cpu_sums.h"
#include "executor.h"
#include "frame_slots.h"
#include "instruction_set.h"
#include "memory_pool.h"
#include "thread_pool.h"

namespace tileblend {

/** What windows take memory from. */
struct CpuMemory {
  std::shared_ptr<MemoryPool> sums = std::make_shared<MemoryPool>();
  std::shared_ptr<MemoryPool> targets = std::make_shared<MemoryPool>();
};

/**
 * Holds sums of voxels that several tiles touch, and nothing else: weights are made from the masks where they are
 * needed, and voxels are finished by the tile that touches them last. With a target of float32, the sums of frames that
 * only one interval touches lie in it.
 *
 * A tile finishes voxels that it has alone in its interval before it begins the sums of those that it leaves to later
 * intervals: these take their place.
 */
class CpuWindow final : public Window {
 public:
  /** Throws std::bad_alloc when there is no room. */
  CpuWindow(const WindowRequest& request, std::shared_ptr<ThreadPool> threads, const CpuMemory& memory);

  int64_t byteLength() const override { return byteLength_; }
  void accumulate(const AccumulateJob& job, Done done) override;
  void normalise(const NormaliseJob& job, Done done) override;
  std::shared_ptr<void> allocateTarget(int64_t bytes) override;

 private:
  struct FrameCounts {
    std::atomic<int64_t> nan{0};
    std::atomic<int64_t> uncovered{0};
  };

  void prepare(const AccumulateJob& job);
  FrameSums sumsOf(Index frame);
  /** Adds frames of the tile, counted from the first that the plan has it touch. */
  void addFrames(const AccumulateJob& job, Span frames, std::function<void()> done);
  /** Adds the rows [begin, end) of the tile, which are numbered through its frames. */
  template <typename Line>
  void addRows(const AccumulateJob& job, Index begin, Index end, Line line);
  template <typename Element, typename Line, typename Load>
  void addRowsOf(const AccumulateJob& job, Index begin, Index end, Line line, Load load);
  template <typename Rows>
  void visitRows(const AccumulateJob& job, Index begin, Index end, Rows rows);

  const Index planes_;
  const PixelFormat format_;
  const SumLayout layout_;
  const Index lateFrames_;
  FrameSlots sharedSlots_;
  const int64_t byteLength_;
  /** shared[slot][plane][region], alone[frame mod lateFrames][plane][region] */
  const std::shared_ptr<void> memory_;
  float* const sharedSums_;
  float* const aloneSums_;
  /** Of the frames of the tile that is being added. */
  std::vector<FrameSums> sumsOfFrame_;
  const std::shared_ptr<ThreadPool> threads_;
  const std::shared_ptr<MemoryPool> targets_;
  const InstructionSet instructionSet_ = detectInstructionSet();
  // Of the frames that are final with the interval that is being added.
  Index countStart_ = 0;
  std::vector<FrameCounts> counts_;
};

}  // namespace tileblend
