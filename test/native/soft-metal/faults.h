// What goes wrong on request. SOFT_METAL_FAULT=NAME fails each call of that name, NAME:N the N-th only, counted from
// when the variable was set.
#pragma once

/** Whether this call fails. */
bool softMetalFails(const char *name);

/** Whether SOFT_METAL_FLUSH=1 asks for a GPU that takes subnormal numbers for 0, as Apple's do. */
bool softMetalFlushes();
