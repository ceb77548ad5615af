#include "planner_host.h"

#include <string.h>

#include "planner.h" /* made by wasm2c */

/* The constants that the kit names. */
#define FOR_EACH_CONSTANT(X)                                                                                       \
  X(PLAN_VERSION) X(REQUEST_BYTES) X(PLAN_AXES) X(AXIS_HEADER_BYTES)                                               \
  X(ERROR_SIZE) X(ERROR_SCALE) X(ERROR_CAUSAL) X(ERROR_TILE_TOO_SMALL) X(ERROR_TILE_MULTIPLE)                      \
  X(ERROR_OVERLAP_NEGATIVE) X(ERROR_OVERLAP_MULTIPLE) X(ERROR_OVERLAP_TOO_LARGE) X(ERROR_OUTPUT_SIZE)              \
  X(ERROR_TILE_COUNT) X(ERROR_RESULT_SIZE) X(ERROR_MASK_LENGTH) X(ERROR_INTERVAL_START) X(ERROR_INTERVAL_END)      \
  X(ERROR_SPLIT_SIZE) X(ERROR_SPLIT_DIMENSION) X(ERROR_KIND) X(ERROR_PRESET) X(ERROR_RAMP_NEGATIVE)                \
  X(ERROR_MARGIN_NEGATIVE) X(ERROR_MARGIN_OVERLAP) X(ERROR_MARGIN_TOO_LARGE) X(ERROR_RAMP) X(ERROR_CONTEXT)

/* wasm2c spells the export `plan` of planner.wasm Z_plannerZ_plan, and a global as a function that gives its address. */
#define EXPORT(name) Z_plannerZ_##name
/* A Z within a name it spells Z5A. */
#define Z_plannerZ_ERROR_SIZE Z_plannerZ_ERROR_SIZ5AE
#define Z_plannerZ_ERROR_OUTPUT_SIZE Z_plannerZ_ERROR_OUTPUT_SIZ5AE
#define Z_plannerZ_ERROR_RESULT_SIZE Z_plannerZ_ERROR_RESULT_SIZ5AE
#define Z_plannerZ_ERROR_SPLIT_SIZE Z_plannerZ_ERROR_SPLIT_SIZ5AE

static Z_planner_instance_t instance;

void planner_open(void) {
  wasm_rt_init();
  Z_planner_init_module();
  Z_planner_instantiate(&instance);
}

int32_t planner_constant(const char* name) {
#define IF_NAMED(constant) \
  if (strcmp(name, #constant) == 0) return (int32_t)*EXPORT(constant)(&instance);
  FOR_EACH_CONSTANT(IF_NAMED)
#undef IF_NAMED
  return -1;
}

/* The memory may move when it grows: an address is looked up anew after each call. */
static uint8_t* at(uint32_t address) {
  return EXPORT(memory)(&instance)->data + address;
}

static int32_t call_plan(const int32_t* fields) {
  /* This machine is little-endian, as WebAssembly is. */
  memcpy(at(EXPORT(request_ptr)(&instance)), fields, (size_t)planner_constant("REQUEST_BYTES"));
  return (int32_t)EXPORT(plan)(&instance);
}

static int32_t invoke(const char* name, const int32_t* a) {
  const uint32_t* u = (const uint32_t*)a;
  if (strcmp(name, "plan") == 0) return call_plan(a);
  if (strcmp(name, "blend_mask") == 0) return (int32_t)EXPORT(blend_mask)(&instance, u[0], u[1], u[2], u[3]);
  if (strcmp(name, "split_axis") == 0) return (int32_t)EXPORT(split_axis)(&instance, u[0], u[1], u[2], u[3]);
  if (strcmp(name, "map_interval") == 0)
    return (int32_t)EXPORT(map_interval)(&instance, u[0], u[1], u[2], u[3], u[4], u[5]);
  if (strcmp(name, "check_tiling") == 0)
    return (int32_t)EXPORT(check_tiling)(&instance, u[0], u[1], u[2], u[3], u[4], u[5], u[6]);
  if (strcmp(name, "preset_tiling") == 0) return (int32_t)EXPORT(preset_tiling)(&instance, u[0]);
  return (int32_t)EXPORT(auto_tiling)(&instance, u[0], u[1], u[2], u[3], u[4]);
}

int32_t planner_call(const char* name, const int32_t* arguments, const uint8_t** result) {
  int32_t status = invoke(name, arguments);
  *result = at(EXPORT(result_ptr)(&instance));
  return status;
}

Refusal planner_refusal(void) {
  const uint8_t* record = at(EXPORT(error_ptr)(&instance));
  Refusal refusal;
  memcpy(&refusal.code, record, 4);
  memcpy(&refusal.axis, record + 4, 4);
  memcpy(&refusal.got, record + 8, 8);
  memcpy(&refusal.limit, record + 16, 8);
  return refusal;
}
