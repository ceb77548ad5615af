#include "faults.h"

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>

namespace {

std::mutex mutex;
std::string lastFault;
long calls = 0;

const char *environment(const char *name) {
  const char *value = getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

bool softMetalFails(const char *name) {
  const std::lock_guard lock(mutex);
  const std::string fault = environment("SOFT_METAL_FAULT");
  if (fault != lastFault) {
    lastFault = fault;
    calls = 0;
  }
  const size_t colon = fault.find(':');
  if (fault.substr(0, colon) != name) return false;
  ++calls;
  return colon == std::string::npos || calls == atol(fault.c_str() + colon + 1);
}

bool softMetalFlushes() {
  return strcmp(environment("SOFT_METAL_FLUSH"), "1") == 0;
}
