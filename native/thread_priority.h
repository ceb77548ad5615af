// Which threads come first.
#pragma once

#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace tileblend {

/**
 * Has the calling thread give way where cores are short: the event loop, and the garbage collector's threads, which it
 * waits for, have little to do but should do it at once. Only where a thread has a priority of its own to lower.
 */
inline void standBack() {
#ifdef __linux__
  constexpr int niceness = 5;
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), niceness);
#endif
}

}  // namespace tileblend
