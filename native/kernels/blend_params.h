// Plain structs and names that the host and the kernels share; built by the C++ and by the Metal compiler.
#pragma once

#ifndef __METAL_VERSION__
#include <cstdint>
#endif

namespace tileblend {

#ifdef __METAL_VERSION__
typedef uint Bits;
typedef int SignedBits;
typedef ushort HalfBits;
typedef uchar Byte;
typedef long Index;
#else
typedef uint32_t Bits;
typedef int32_t SignedBits;
typedef uint16_t HalfBits;
typedef uint8_t Byte;
typedef int64_t Index;
#endif

/** Element type of a tile, or what finished frames are made into. rgb24 is an output only. */
enum PixelFormat : int { FORMAT_FLOAT32 = 0, FORMAT_FLOAT16 = 1, FORMAT_BFLOAT16 = 2, FORMAT_RGB24 = 3 };

/**
 * Size of a window (frames, pixels). Its buffers are float32, row-major, frame t of the video in slot t mod frames:
 *   out[batch][channels][frames][height][width]    weight[frames][height][width]
 */
struct WindowShape {
  Index batch;
  Index channels;
  Index frames;
  Index height;
  Index width;
};

/** The part of one axis that a tile touches (frames or pixels). */
struct TouchedPart {
  /** First position in the tile. */
  Index offset;
  /** The same position in the video. */
  Index start;
  /** Number of positions. */
  Index length;
};

/** Adds the tile pixels[batch][channels][tileFrames][tileHeight][tileWidth] to a window. */
struct AccumulateParams {
  WindowShape window;
  Index tileFrames;
  Index tileHeight;
  Index tileWidth;
  TouchedPart frames;
  TouchedPart height;
  TouchedPart width;
};

/**
 * Finishes the frames [start, start + count) of the video into a target, and sets their slots to zero:
 *   target[batch][channels][targetFrames][height][width], or target[batch][targetFrames][height][width][3] in rgb24
 */
struct NormaliseParams {
  WindowShape window;
  Index start;
  Index count;
  Index targetFrames;
  Index targetStart;
  /** rgb24 only: a value v becomes (v - low) * factor. */
  float low;
  float factor;
};

/** What one launch on a GPU does of a job: some rows of some of its frames. */
struct Block {
  Index firstFrame;
  Index frames;
  /** Slot of the window that the first frame lies in. */
  Index firstSlot;
  Index firstRow;
  Index rows;
};

/** The two counts of a normalise on a GPU: each a uint of a buffer. */
enum Count : Bits { COUNT_NAN = 0, COUNT_UNCOVERED = 1 };

/** Where a kernel finds its arguments: the buffers, of float32 where it does not say otherwise, and the structs. */
enum KernelArgument : Bits {
  ARGUMENT_SUMS = 0,
  ARGUMENT_WEIGHTS = 1,
  /** The tile of an accumulate, the target of a normalise; elements of its format. */
  ARGUMENT_PIXELS = 2,
  /** accumulate: the weights of the touched frames, then rows, then columns. normalise: the counts, by `Count`. */
  ARGUMENT_EXTRA = 3,
  /** AccumulateParams or NormaliseParams. */
  ARGUMENT_PARAMS = 4,
  ARGUMENT_BLOCK = 5,
};

}  // namespace tileblend
