// The software GPU: it takes commands in the order in which they are committed, when it likes, and tells of their end
// on threads of its own, in any order.
#pragma once

#include <functional>

/** Runs `work` after everything that came before it, and then `ended` some time later, on another thread. */
void softGpuRun(std::function<void()> work, std::function<void()> ended);

/** Returns once nothing runs and everyone has been told. */
void softGpuWait();
