// The arithmetic of one element, once: built by the C++ and by the Metal compiler, so no std::, no exceptions and no
// name that is a type in MSL, such as half. Every float operation is a statement of its own: a compiler may fuse
// operations inside one statement only. All of it is free of branches, so that a loop over a row becomes SIMD code.
#pragma once

#include "blend_params.h"

namespace tileblend {

/** The canonical quiet NaN of each type: engines differ in the bits that arithmetic leaves. */
enum CanonicalNan : Bits { NAN_FLOAT32 = 0x7FC00000u, NAN_FLOAT16 = 0x7E00u, NAN_BFLOAT16 = 0x7FC0u };

inline Bits bitsOf(float value) {
#ifdef __METAL_VERSION__
  return as_type<Bits>(value);
#else
  return __builtin_bit_cast(Bits, value);
#endif
}

inline float floatOf(Bits bits) {
#ifdef __METAL_VERSION__
  return as_type<float>(bits);
#else
  return __builtin_bit_cast(float, bits);
#endif
}

/** For Metal it compares bits: what that compiler assumes about NaN cannot matter. */
inline bool isNan(float value) {
#ifdef __METAL_VERSION__
  return (bitsOf(value) & 0x7FFFFFFFu) > 0x7F800000u;
#else
  return value != value;
#endif
}

/** Exact. A subnormal half is 2^-14 + m * 2^-24 less 2^-14: no step meets a subnormal float32, which GPUs flush. */
inline float floatFromHalf(HalfBits bits) {
  const Bits sign = (static_cast<Bits>(bits) & 0x8000u) << 16;
  const Bits magnitude = (static_cast<Bits>(bits) & 0x7FFFu) << 13;
  const Bits exponent = magnitude & 0x0F800000u;
  const Bits normal = magnitude + 0x38000000u;
  const Bits infinite = magnitude + 0x70000000u;
  const float shifted = floatOf(magnitude + 0x38800000u);
  const float difference = shifted - floatOf(0x38800000u);
  const Bits subnormal = bitsOf(difference);
  const Bits finite = exponent == 0u ? subnormal : normal;
  return floatOf(sign | (exponent == 0x0F800000u ? infinite : finite));
}

/** Exact. */
inline float floatFromBfloat16(HalfBits bits) {
  return floatOf(static_cast<Bits>(bits) << 16);
}

/**
 * Nearest even; NaN becomes 0x7E00. A result below 2^-14 is rounded by adding 0.5, whose last bit is worth 2^-24, as
 * is a subnormal half's; all else is integer arithmetic.
 */
inline HalfBits halfFromFloat(float value) {
  const Bits bits = bitsOf(value);
  const Bits sign = (bits >> 16) & 0x8000u;
  const Bits magnitude = bits & 0x7FFFFFFFu;
  const Bits odd = (magnitude >> 13) & 1u;
  const Bits normal = (magnitude - 0x38000000u + 0xFFFu + odd) >> 13;
  const float sum = floatOf(magnitude) + 0.5f;
  const Bits subnormal = bitsOf(sum) - 0x3F000000u;
  const Bits finite = magnitude < 0x38800000u ? subnormal : normal;
  const Bits result = sign | (magnitude >= 0x47800000u ? 0x7C00u : finite);
  return static_cast<HalfBits>(magnitude > 0x7F800000u ? static_cast<Bits>(NAN_FLOAT16) : result);
}

/** Nearest even; NaN becomes 0x7FC0. */
inline HalfBits bfloat16FromFloat(float value) {
  const Bits bits = bitsOf(value);
  const Bits odd = (bits >> 16) & 1u;
  const Bits rounded = (bits + 0x7FFFu + odd) >> 16;
  return static_cast<HalfBits>(isNan(value) ? static_cast<Bits>(NAN_BFLOAT16) : rounded);
}

/** NaN becomes 0x7FC00000. */
inline float canonicalFloat(float value) {
  return isNan(value) ? floatOf(NAN_FLOAT32) : value;
}

enum FloatBits : SignedBits { BITS_OF_255 = 0x437F0000 };

/**
 * A byte of rgb24, in 32 bits; NaN becomes 0. Bits of floats, taken as signed numbers, are in the floats' order from 0
 * on, and below 0 for negative ones. In [0, 255], adding 2^23 rounds to the nearest even whole number.
 */
inline Bits rgb24Bits(float value, float low, float factor) {
  const float difference = value - low;
  const float scaled = difference * factor;
  const SignedBits ordered = static_cast<SignedBits>(bitsOf(scaled));
  const SignedBits positive = ordered > 0 ? ordered : 0;
  const SignedBits clamped = positive < BITS_OF_255 ? positive : BITS_OF_255;
  const float shifted = floatOf(static_cast<Bits>(clamped)) + 8388608.0f;
  return isNan(value) ? 0u : bitsOf(shifted) & 0xFFu;
}

/** A byte of rgb24; NaN becomes 0. */
inline Byte rgb24Byte(float value, float low, float factor) {
  return static_cast<Byte>(rgb24Bits(value, low, factor));
}

/** What a tile adds to a voxel: +0 where its mask is 0, whatever the pixel is. */
inline float weightedProduct(float pixel, float mask) {
  const float product = pixel * mask;
  return mask == 0.0f ? 0.0f : product;
}

/** A voxel's weighted mean. */
inline float normalised(float sum, float weight) {
  const float divisor = weight > 1e-8f ? weight : 1e-8f;
  return sum / divisor;
}

}  // namespace tileblend
