// Blends 2 x 2 x 2 tiles on the cpu executor without Node, for counts of instructions and for profiles:
//   blend_driver FRAMES HEIGHT WIDTH OVERLAP TILE_FORMAT OUTPUT_FORMAT THREADS ROUNDS
// Sizes are those of a tile; the overlap is the same on each axis. Formats are float32, float16, bfloat16, rgb24.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <map>
#include <string>
#include <vector>

#include "cpu_executor.h"
#include "executor.h"

namespace {

using namespace tileblend;

/** Two intervals of one axis that overlap, with linear ramps. */
struct Axis {
  Axis(Index tileLength, Index overlapLength) : tile(tileLength), overlap(overlapLength) {
    masks[0].assign(static_cast<size_t>(tile), 1.0f);
    for (Index i = 0; i < overlap; ++i) {
      masks[0][static_cast<size_t>(tile - 1 - i)] = static_cast<float>(i + 1) / static_cast<float>(overlap + 1);
    }
    masks[1].assign(masks[0].rbegin(), masks[0].rend());
  }

  Index size() const { return 2 * tile - overlap; }
  Span shared() const { return {tile - overlap, tile}; }
  TouchedPart part(size_t interval) const { return {0, interval == 0 ? 0 : tile - overlap, tile}; }
  TileAxis tileAxis(size_t interval) const {
    return interval == 0 ? TileAxis{tile, 0, tile - overlap} : TileAxis{tile, overlap, tile};
  }

  Index tile;
  Index overlap;
  std::array<std::vector<float>, 2> masks;
};

using Axes = std::array<Axis, 3>;

TouchedBox boxOf(const Axes& axes, const std::array<size_t, 3>& at) {
  TouchedBox box{};
  for (size_t axis = 0; axis < 3; ++axis) {
    box.parts[axis] = axes[axis].part(at[axis]);
    box.masks[axis] = axes[axis].masks[at[axis]].data();
  }
  return box;
}

/** The tiles up to the one at a position, in plan order: 0, or 0 and 1, on each axis. */
std::vector<TouchedBox> contributorsTo(const Axes& axes, const std::array<size_t, 3>& at) {
  std::vector<TouchedBox> boxes;
  for (size_t f = 0; f <= at[0]; ++f) {
    for (size_t h = 0; h <= at[1]; ++h) {
      for (size_t w = 0; w <= at[2]; ++w) boxes.push_back(boxOf(axes, {f, h, w}));
    }
  }
  return boxes;
}

template <typename Start>
void runJob(Start start) {
  std::promise<void> ended;
  start([&ended](const Outcome&) { ended.set_value(); });
  ended.get_future().get();
}

class Driver {
 public:
  Driver(const Axes& axes, PixelFormat tileFormat, PixelFormat outputFormat, unsigned threads)
      : axes_(axes),
        shape_{1, 3, axes[0].tile, axes[1].size(), axes[2].size()},
        tileFormat_(tileFormat),
        outputFormat_(outputFormat),
        executor_(createCpuExecutor(threads)),
        window_(executor_->createWindow({shape_,
                                         axes[0].overlap,
                                         std::max<Index>(1, axes[0].overlap),
                                         outputFormat,
                                         {axes[1].shared()},
                                         {axes[2].shared()}})) {
    const Index values = 3 * axes[0].tile * axes[1].tile * axes[2].tile;
    // As bits, numbers below 2 in each format, none of them subnormal: processors are slow on those.
    for (Index i = 0; i < values * elementBytes(tileFormat); ++i)
      pixels_.push_back(static_cast<Byte>(0x20 + i * 37 % 0x1F));
    target_.resize(
        static_cast<size_t>(3 * axes[0].size() * axes[1].size() * axes[2].size() * elementBytes(outputFormat)));
  }

  ~Driver() { executor_->stop(); }

  /** Blends the eight tiles. */
  void run() {
    for (size_t f = 0; f < 2; ++f) {
      for (size_t h = 0; h < 2; ++h) {
        for (size_t w = 0; w < 2; ++w) add({f, h, w});
      }
      const NormaliseJob finish = finishOf(f);
      runJob([&](Done done) { window_->normalise(finish, std::move(done)); });
    }
  }

  /** A sum of the result's bytes. */
  unsigned checksum() const {
    unsigned sum = 0;
    for (const Byte byte : target_) sum = sum * 31 + byte;
    return sum;
  }

 private:
  NormaliseJob finishOf(size_t interval) {
    NormaliseJob job{};
    job.format = outputFormat_;
    job.target = target_.data();
    job.params.window = shape_;
    job.params.start = interval == 0 ? 0 : axes_[0].tile - axes_[0].overlap;
    job.params.count = axes_[0].tileAxis(interval).final;
    job.params.targetFrames = axes_[0].size();
    job.params.targetStart = job.params.start;
    job.params.low = -1.0f;
    job.params.factor = 127.5f;
    return job;
  }

  void add(const std::array<size_t, 3>& at) {
    AccumulateJob job{};
    job.params.window = shape_;
    job.params.tileFrames = axes_[0].tile;
    job.params.tileHeight = axes_[1].tile;
    job.params.tileWidth = axes_[2].tile;
    job.contributors = contributorsTo(axes_, at);
    const TouchedBox& own = job.contributors.back();
    job.params.frames = own.parts[0];
    job.params.height = own.parts[1];
    job.params.width = own.parts[2];
    job.masks = own.masks;
    job.format = tileFormat_;
    job.pixels = pixels_.data();
    for (size_t axis = 0; axis < 3; ++axis) job.axes[axis] = axes_[axis].tileAxis(at[axis]);
    job.finish = finishOf(at[0]);
    runJob([&](Done done) { window_->accumulate(job, std::move(done)); });
  }

  const Axes axes_;
  const WindowShape shape_;
  const PixelFormat tileFormat_;
  const PixelFormat outputFormat_;
  const std::unique_ptr<Executor> executor_;
  const std::unique_ptr<Window> window_;
  std::vector<Byte> pixels_;
  std::vector<Byte> target_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 9) {
    std::fprintf(stderr, "blend_driver FRAMES HEIGHT WIDTH OVERLAP TILE_FORMAT OUTPUT_FORMAT THREADS ROUNDS\n");
    return 2;
  }
  const std::map<std::string, PixelFormat> formats{
      {"float32", FORMAT_FLOAT32}, {"float16", FORMAT_FLOAT16}, {"bfloat16", FORMAT_BFLOAT16}, {"rgb24", FORMAT_RGB24}};
  const auto number = [&](int i) { return static_cast<Index>(std::atoll(arguments[i])); };
  const Axes axes{Axis(number(1), number(4)), Axis(number(2), number(4)), Axis(number(3), number(4))};
  Driver driver(axes, formats.at(arguments[5]), formats.at(arguments[6]), static_cast<unsigned>(number(7)));
  double best = 0;
  for (Index round = 0; round < number(8); ++round) {
    const auto start = std::chrono::steady_clock::now();
    driver.run();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = round == 0 ? seconds : std::min(best, seconds);
  }
  const double values = 8.0 * 3.0 * static_cast<double>(axes[0].tile * axes[1].tile * axes[2].tile);
  std::printf("%.3f ns per value of a tile, checksum %08x\n", best * 1e9 / values, driver.checksum());
  return 0;
}
