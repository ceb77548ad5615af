#include "foundation.h"

#include <objc/runtime.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "gpu.h"

namespace {

/** The count of a freed object. Its memory stays, so that a late message is met here and not by chance. */
constexpr long FREED = -1000000;

/** Exit status of a process that leaves objects behind. */
constexpr int LEAK_STATUS = 86;

std::atomic<long> liveObjects{0};
thread_local NSAutoreleasePool *innermost = nil;

using Objects = std::vector<id>;

/** With SOFT_METAL_LEAKS=1; process.exit() leaves JavaScript's objects to the system. */
void checkLeaks() {
  const char *wanted = getenv("SOFT_METAL_LEAKS");
  if (wanted == nullptr || strcmp(wanted, "1") != 0) return;
  // A command buffer lives until the thread that calls its handlers lets go of it.
  softGpuWait();
  const long live = liveObjects;
  if (live == 0) return;
  fprintf(stderr, "soft metal: %ld objects alive at exit\n", live);
  _exit(LEAK_STATUS);
}

/** Early, so that it runs after the destructors of everything that the library makes later. */
__attribute__((constructor)) void watchLeaks() {
  atexit(checkLeaks);
}

}  // namespace

void softMetalRequire(bool condition, const char *message) {
  if (condition) return;
  fprintf(stderr, "soft metal validation: %s\n", message);
  abort();
}

long softMetalLiveObjects() {
  return liveObjects;
}

@implementation NSObject
+ (id)alloc {
  ++liveObjects;
  NSObject *object = class_createInstance(self, 0);
  object->references_ = 1;
  return object;
}
+ (void)initialize {
}
- (id)init {
  return self;
}
- (void)dealloc {
  --liveObjects;
  references_ = FREED;
#if __has_feature(address_sanitizer)
  object_dispose(self);
#endif
}
- (id)retain {
  softMetalRequire(__atomic_fetch_add(&references_, 1, __ATOMIC_RELAXED) > 0, "a freed object is retained");
  return self;
}
- (oneway void)release {
  const long before = __atomic_fetch_sub(&references_, 1, __ATOMIC_ACQ_REL);
  softMetalRequire(before > 0, "an object is released too often");
  if (before == 1) [self dealloc];
}
- (id)autorelease {
  [NSAutoreleasePool addObject:self];
  return self;
}
@end

/** A string of its own. */
@interface SoftString : NSString {
 @public
  char *text;
}
@end

@implementation NSString
+ (NSString *)stringWithUTF8String:(const char *)text {
  softMetalRequire(text != nullptr, "a string is made of null");
  SoftString *string = [[SoftString alloc] init];
  string->text = strdup(text);
  return [string autorelease];
}
- (const char *)UTF8String {
  abort();
}
@end

@implementation SoftString
- (const char *)UTF8String {
  return text;
}
- (void)dealloc {
  free(text);
  [super dealloc];
}
@end

@implementation NSConstantString
// The compiler lays it out as {isa, text, length}: it has no count of references.
- (const char *)UTF8String {
  return *reinterpret_cast<const char **>(reinterpret_cast<char *>(self) + sizeof(Class));
}
- (id)retain {
  return self;
}
- (oneway void)release {
}
- (id)autorelease {
  return self;
}
@end

@interface NSError (Soft)
- (id)initWithDomain:(const char *)domain code:(NSInteger)code description:(const char *)description;
@end

@implementation NSError
- (id)initWithDomain:(const char *)domain code:(NSInteger)code description:(const char *)description {
  domain_ = [[NSString stringWithUTF8String:domain] retain];
  code_ = code;
  description_ = [[NSString stringWithUTF8String:description] retain];
  return self;
}
- (NSString *)domain {
  return domain_;
}
- (NSInteger)code {
  return code_;
}
- (NSString *)localizedDescription {
  return description_;
}
- (void)dealloc {
  [domain_ release];
  [description_ release];
  [super dealloc];
}
@end

NSError *softMetalError(const char *domain, NSInteger code, const char *description) {
  return [[[NSError alloc] initWithDomain:domain code:code description:description] autorelease];
}

@implementation NSAutoreleasePool
- (id)init {
  objects_ = new Objects;
  outer_ = innermost;
  innermost = self;
  return self;
}
+ (void)addObject:(id)object {
  softMetalRequire(innermost != nil, "an object is autoreleased without a pool: it would leak");
  static_cast<Objects *>(innermost->objects_)->push_back(object);
}
- (void)drain {
  [self release];
}
- (void)dealloc {
  softMetalRequire(innermost == self, "a pool is drained before one inside it: an exception passed it");
  innermost = outer_;
  auto *objects = static_cast<Objects *>(objects_);
  for (id object : *objects) [object release];
  delete objects;
  [super dealloc];
}
@end
