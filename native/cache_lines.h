// What goes into the caches, and what goes past them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/blend_params.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#define TILEBLEND_HAS_STREAMING_STORES 1
#else
#define TILEBLEND_HAS_STREAMING_STORES 0
#endif

#if defined(__x86_64__) && defined(__GNUC__)
#define TILEBLEND_HAS_AVX 1
#else
#define TILEBLEND_HAS_AVX 0
#endif

namespace tileblend {

/** Bytes of a line of the caches. */
constexpr uintptr_t CACHE_LINE = 64;

/** Asks for memory that is read soon, in vain where there is none. */
template <typename T>
inline void prefetch([[maybe_unused]] const T* values, [[maybe_unused]] int64_t count) {
#ifdef __GNUC__
  const auto begin = reinterpret_cast<uintptr_t>(values);
  const uintptr_t end = begin + static_cast<uintptr_t>(count) * sizeof(T);
  for (uintptr_t line = begin; line < end; line += CACHE_LINE) __builtin_prefetch(reinterpret_cast<const void*>(line));
#endif
}

/** The same for a line that is written, unless it starts at `place`: then all of it is, and nothing has to be read. */
inline void fetchToWrite([[maybe_unused]] const void* place) {
  if (reinterpret_cast<uintptr_t>(place) % CACHE_LINE == 0) return;
#if defined(__x86_64__) && defined(__GNUC__)
  // The builtin asks for reading here, and the store would wait for the line once more.
  asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(place)));
#elif defined(__GNUC__)
  __builtin_prefetch(place, 1);
#endif
}

/** Stores a line past the caches, with what every processor of the architecture has. */
struct BaselineLine {
  static void stream(Byte* to, const Byte* from) {
#if TILEBLEND_HAS_STREAMING_STORES
    for (uintptr_t at = 0; at < CACHE_LINE; at += sizeof(__m128i)) {
      const __m128i value = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + at));
      _mm_stream_si128(reinterpret_cast<__m128i*>(to + at), value);
    }
#else
    std::memcpy(to, from, CACHE_LINE);
#endif
  }
};

#if TILEBLEND_HAS_AVX
struct Avx2Line {
  [[gnu::target("avx2")]] static void stream(Byte* to, const Byte* from) {
    for (uintptr_t at = 0; at < CACHE_LINE; at += sizeof(__m256i)) {
      const __m256i value = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + at));
      _mm256_stream_si256(reinterpret_cast<__m256i*>(to + at), value);
    }
  }
};

struct Avx512Line {
  [[gnu::target("avx512f")]] static void stream(Byte* to, const Byte* from) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to), _mm512_loadu_si512(from));
  }
};
#endif

/**
 * Copies a block that nobody reads soon. A plain store first reads the line it changes; a streaming one only writes.
 * Call endStreaming before another thread is told of it.
 */
template <typename Line = BaselineLine>
inline void streamCopy(void* target, const void* source, size_t bytes) {
  auto* to = static_cast<Byte*>(target);
  const auto* from = static_cast<const Byte*>(source);
  // Lines that are not wholly ours are stored the plain way.
  const size_t head = std::min(bytes, (CACHE_LINE - reinterpret_cast<uintptr_t>(to) % CACHE_LINE) % CACHE_LINE);
  if (head > 0) std::memcpy(to, from, head);
  size_t at = head;
  for (; at + CACHE_LINE <= bytes; at += CACHE_LINE) Line::stream(to + at, from + at);
  if (at < bytes) std::memcpy(to + at, from + at, bytes - at);
}

/** Orders the streaming stores of this thread before its later stores. */
inline void endStreaming() {
#if TILEBLEND_HAS_STREAMING_STORES
  _mm_sfence();
#endif
}

}  // namespace tileblend
