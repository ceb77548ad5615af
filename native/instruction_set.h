// Which vector instructions the rows are worked with, chosen when the program runs.
#pragma once

#include "cache_lines.h"

namespace tileblend {

/** `baseline`: what every processor of the architecture has, as SSE2 on x86-64 and NEON on arm64. */
enum class InstructionSet { baseline, avx2, avx512 };

/** The best that this processor has. */
inline InstructionSet detectInstructionSet() {
#if TILEBLEND_HAS_AVX
  const bool has512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (has512) return InstructionSet::avx512;
  if (__builtin_cpu_supports("avx2")) return InstructionSet::avx2;
#endif
  return InstructionSet::baseline;
}

#if TILEBLEND_HAS_AVX
// `flatten` compiles everything that the work calls into these functions, and so for their instructions. They add no
// rounding of their own: products and sums are never fused (-ffp-contract=off).
template <typename Work>
[[gnu::target("avx2"), gnu::flatten]] void runAvx2(const Work& work) {
  work(Avx2Line());
}

template <typename Work>
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl"), gnu::flatten]] void runAvx512(const Work& work) {
  work(Avx512Line());
}
#endif

/** Runs `work(line)` compiled for an instruction set; `line` stores lines with it. */
template <typename Work>
void runFor(InstructionSet set, const Work& work) {
#if TILEBLEND_HAS_AVX
  if (set == InstructionSet::avx512) return runAvx512(work);
  if (set == InstructionSet::avx2) return runAvx2(work);
#endif
  static_cast<void>(set);
  work(BaselineLine());
}

}  // namespace tileblend
