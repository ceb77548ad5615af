// Which core a thread runs on.
#pragma once

#include <cstddef>

#ifdef __linux__
#include <sched.h>
#endif

namespace tileblend {

/**
 * Keeps the calling thread, one of `threads`, on a core of its own where there are as many as the process may use.
 * Woken at once while one core is busy, two such threads would be given the same other one, and stay there for
 * milliseconds.
 */
inline void keepToOwnCore(size_t index, size_t threads) {
#ifdef __linux__
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return;
  if (static_cast<size_t>(CPU_COUNT(&allowed)) != threads) return;
  // Past the cores that are not allowed, and those of the threads before this one.
  size_t core = 0;
  while (!CPU_ISSET(core, &allowed) || index-- > 0) ++core;
  cpu_set_t own;
  CPU_ZERO(&own);
  CPU_SET(core, &own);
  sched_setaffinity(0, sizeof(own), &own);
#endif
}

}  // namespace tileblend
