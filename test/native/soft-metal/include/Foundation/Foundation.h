// Our own declarations of the little of Foundation that native/metal_device.mm names, over the GCC Objective-C
// runtime. foundation.mm implements them.
#pragma once

#include <objc/objc.h>

typedef unsigned long NSUInteger;
typedef long NSInteger;

@class NSString;

@protocol NSObject
- (id)retain;
- (oneway void)release;
- (id)autorelease;
@end

/** Every object that is alive is counted. A message that counts references of a freed one aborts. */
__attribute__((objc_root_class))
@interface NSObject <NSObject> {
  Class isa;
  long references_;
}
+ (id)alloc;
+ (void)initialize;
- (id)init;
- (void)dealloc;
@end

@interface NSString : NSObject
+ (NSString *)stringWithUTF8String:(const char *)text;
- (const char *)UTF8String;
@end

@interface NSConstantString : NSString {
  const char *text_;
  unsigned length_;
}
@end

@interface NSError : NSObject {
  NSString *domain_;
  NSInteger code_;
  NSString *description_;
}
- (NSString *)domain;
- (NSInteger)code;
- (NSString *)localizedDescription;
@end

@interface NSAutoreleasePool : NSObject {
  void *objects_;
  NSAutoreleasePool *outer_;
}
+ (void)addObject:(id)object;
- (void)drain;
@end
