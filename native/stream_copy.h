// Copies that leave the caches alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__) || defined(_M_X64)
#include <emmintrin.h>
#define TILEBLEND_HAS_STREAMING_STORES 1
#else
#define TILEBLEND_HAS_STREAMING_STORES 0
#endif

namespace tileblend {

/**
 * Copies a block that nobody reads soon. A plain store first reads the line it changes; a streaming one only writes.
 * Call endStreaming before another thread is told of it.
 */
inline void streamCopy(void* target, const void* source, size_t bytes) {
#if TILEBLEND_HAS_STREAMING_STORES
  constexpr size_t LINE = 64;
  auto* to = static_cast<unsigned char*>(target);
  const auto* from = static_cast<const unsigned char*>(source);
  // Lines that are not wholly ours are stored the plain way.
  const size_t head = std::min(bytes, (LINE - reinterpret_cast<uintptr_t>(to) % LINE) % LINE);
  std::memcpy(to, from, head);
  size_t at = head;
  for (; at + LINE <= bytes; at += LINE) {
    for (size_t part = 0; part < LINE; part += sizeof(__m128i)) {
      const __m128i value = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + at + part));
      _mm_stream_si128(reinterpret_cast<__m128i*>(to + at + part), value);
    }
  }
  std::memcpy(to + at, from + at, bytes - at);
#else
  std::memcpy(target, source, bytes);
#endif
}

/** Orders the streaming stores of this thread before its later stores. */
inline void endStreaming() {
#if TILEBLEND_HAS_STREAMING_STORES
  _mm_sfence();
#endif
}

}  // namespace tileblend
