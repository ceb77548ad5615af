/*
 * Runs the conformance kit on planner.wasm as C, made by wasm2c.
 *
 * Usage: conformance vectors.json
 */
#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner_host.h"

#define MOST_ARGUMENTS 64
/* Longer results are given by their digests. */
#define MOST_LITERAL_BYTES 4096
#define DIFFERENCE_BYTES 512

static const char* const SUITES[] = {"plans", "axes", "masks", "splits", "slices", "tilings", "rejections"};

typedef struct {
  const uint8_t* data;
  size_t size;
} Bytes;

static double number(const cJSON* object, const char* name) {
  return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static const char* text(const cJSON* object, const char* name) {
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static size_t int32s(const cJSON* array, int32_t* values, size_t most) {
  size_t count = 0;
  const cJSON* each;
  cJSON_ArrayForEach(each, array) {
    if (count == most) exit(2);
    values[count++] = (int32_t)cJSON_GetNumberValue(each);
  }
  return count;
}

/* The literal result of a case: its int32 values, then its base64 of float32. */
static size_t literal(const cJSON* each, uint8_t* bytes) {
  int32_t values[MOST_LITERAL_BYTES / 4];
  size_t size = 4 * int32s(cJSON_GetObjectItem(each, "int32"), values, MOST_LITERAL_BYTES / 4);
  memcpy(bytes, values, size);
  const char* base64 = text(each, "float32");
  if (base64 == NULL || *base64 == '\0') return size;
  size_t length = strlen(base64);
  int decoded = EVP_DecodeBlock(bytes + size, (const uint8_t*)base64, (int)length);
  size_t padding = (base64[length - 1] == '=') + (base64[length - 2] == '=');
  return size + (size_t)decoded - padding;
}

/* The records and the masks of one axis of a plan block. */
static Bytes axis_of(Bytes block, int axis) {
  int32_t fields[5];
  int32_t header = planner_constant("PLAN_AXES") + axis * planner_constant("AXIS_HEADER_BYTES");
  memcpy(fields, block.data + header, sizeof fields);
  int32_t records = fields[2], masks = fields[3], mask_bytes = fields[4];
  return (Bytes){block.data + records, (size_t)(masks + mask_bytes - records)};
}

static int compare_digest(const cJSON* each, Bytes result, char* difference) {
  uint8_t digest[SHA256_DIGEST_LENGTH];
  char hex[2 * SHA256_DIGEST_LENGTH + 1];
  SHA256(result.data, result.size, digest);
  for (int i = 0; i < SHA256_DIGEST_LENGTH; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
  if (result.size == (size_t)number(each, "bytes") && strcmp(hex, text(each, "sha256")) == 0) return 1;
  snprintf(difference, DIFFERENCE_BYTES, "expected %s, got %zu bytes of %s", text(each, "sha256"), result.size, hex);
  return 0;
}

static int compare_literal(const cJSON* each, Bytes result, char* difference) {
  /* Base64 is decoded in whole groups of three bytes. */
  uint8_t expected[2 * MOST_LITERAL_BYTES];
  size_t size = literal(each, expected);
  if (size == result.size && memcmp(expected, result.data, size) == 0) return 1;
  size_t i = 0;
  while (i < size && i < result.size && expected[i] == result.data[i]) i++;
  snprintf(difference, DIFFERENCE_BYTES, "expected %zu bytes, got %zu; byte %zu differs first", size, result.size, i);
  return 0;
}

static int compare_errors(const cJSON* error, int32_t status, char* difference) {
  const char* name = text(error, "name");
  int32_t code = (int32_t)number(error, "code");
  Refusal got = planner_refusal();
  int is_same = status == -code && planner_constant(name) == code && got.code == code &&
                got.axis == (int32_t)number(error, "axis") && got.got == (int64_t)number(error, "got") &&
                got.limit == (int64_t)number(error, "limit");
  snprintf(difference, DIFFERENCE_BYTES, "expected %s, got status %d, code %d, axis %d, got %lld, limit %lld", name,
           status, got.code, got.axis, (long long)got.got, (long long)got.limit);
  return is_same;
}

/* Returns whether the planner answers as the vector says; if not, writes what differs. */
static int check(const cJSON* each, char* difference) {
  int32_t arguments[MOST_ARGUMENTS];
  int32s(cJSON_GetObjectItem(each, "arguments"), arguments, MOST_ARGUMENTS);
  Bytes result;
  int32_t status = planner_call(text(each, "call"), arguments, &result.data);
  const cJSON* error = cJSON_GetObjectItem(each, "error");
  if (error != NULL) return compare_errors(error, status, difference);
  if (status < 0) {
    snprintf(difference, DIFFERENCE_BYTES, "got error %d", -status);
    return 0;
  }
  result.size = (size_t)status;
  if (cJSON_HasObjectItem(each, "axis")) result = axis_of(result, (int)number(each, "axis"));
  if (text(each, "sha256") != NULL) return compare_digest(each, result, difference);
  return compare_literal(each, result, difference);
}

static cJSON* run_suite(const cJSON* cases) {
  int passed = 0, failed = 0;
  cJSON* first = cJSON_CreateNull();
  const cJSON* each;
  cJSON_ArrayForEach(each, cases) {
    char difference[DIFFERENCE_BYTES];
    if (check(each, difference)) {
      passed++;
    } else if (failed++ == 0) {
      char* arguments = cJSON_PrintUnformatted(cJSON_GetObjectItem(each, "arguments"));
      char line[2 * DIFFERENCE_BYTES];
      snprintf(line, sizeof line, "%s%s: %s", text(each, "call"), arguments, difference);
      cJSON_Delete(first);
      first = cJSON_CreateString(line);
      free(arguments);
    }
  }
  cJSON* result = cJSON_CreateObject();
  cJSON_AddNumberToObject(result, "passed", passed);
  cJSON_AddNumberToObject(result, "failed", failed);
  cJSON_AddNumberToObject(result, "skipped", 0);
  cJSON_AddItemToObject(result, "firstDifference", first);
  return result;
}

static char* read_file(const char* path) {
  FILE* file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) return NULL;
  size_t size = (size_t)ftell(file);
  char* bytes = calloc(size + 1, 1);
  rewind(file);
  if (bytes != NULL && fread(bytes, 1, size, file) != size) bytes[0] = '\0';
  fclose(file);
  return bytes;
}

int main(int count, char** arguments) {
  char* json = count == 2 ? read_file(arguments[1]) : NULL;
  cJSON* vectors = json == NULL ? NULL : cJSON_Parse(json);
  if (vectors == NULL) {
    fprintf(stderr, "usage: conformance vectors.json\n");
    return 2;
  }
  planner_open();
  cJSON* report = cJSON_CreateObject();
  cJSON_AddStringToObject(report, "version", "C, GCC " __VERSION__);
  cJSON_AddStringToObject(report, "engine", "wasm2c " WASM2C_VERSION);
  cJSON* suites = cJSON_AddObjectToObject(report, "suites");
  for (size_t i = 0; i < sizeof SUITES / sizeof *SUITES; i++) {
    const cJSON* cases = cJSON_GetObjectItem(cJSON_GetObjectItem(vectors, "suites"), SUITES[i]);
    cJSON_AddItemToObject(suites, SUITES[i], run_suite(cases));
  }
  char* line = cJSON_PrintUnformatted(report);
  puts(line);
  free(line);
  cJSON_Delete(report);
  cJSON_Delete(vectors);
  free(json);
  return 0;
}
