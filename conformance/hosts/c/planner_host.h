/* planner.wasm as C, made by wasm2c: docs/planner-abi.md in C. */
#ifndef PLANNER_HOST_H
#define PLANNER_HOST_H

#include <stdint.h>

/* The planner's error record. */
typedef struct {
  int32_t code, axis;
  int64_t got, limit;
} Refusal;

/* Instantiates the module, which imports nothing. */
void planner_open(void);

/* Reads an exported constant; -1 when there is none of that name. */
int32_t planner_constant(const char* name);

/*
 * Makes a call; the arguments of "plan" are the fields of its request. Returns the bytes of the result, or minus an
 * error code. The result lies in the planner's memory until the next call.
 */
int32_t planner_call(const char* name, const int32_t* arguments, const uint8_t** result);

/* The error record of the last call. */
Refusal planner_refusal(void);

#endif
