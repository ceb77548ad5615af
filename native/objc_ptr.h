// Owning pointer for Objective-C objects, for files without ARC, which the GCC runtime does not have.
#pragma once

#if __has_feature(objc_arc)
#error "build with -fno-objc-arc"
#endif

#include <utility>

namespace tileblend {

/** Holds one reference. `T` is an object pointer such as id<MTLBuffer>. */
template <typename T>
class ObjcPtr {
 public:
  /** Takes over the reference that new, alloc or copy gave. */
  static ObjcPtr adopt(T object) { return ObjcPtr(object); }
  /** Takes a reference of its own. */
  static ObjcPtr retain(T object) { return ObjcPtr([object retain]); }

  ObjcPtr() = default;
  ~ObjcPtr() { [object_ release]; }
  ObjcPtr(ObjcPtr&& other) noexcept : object_(std::exchange(other.object_, nil)) {}
  ObjcPtr& operator=(ObjcPtr&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ObjcPtr(const ObjcPtr&) = delete;
  ObjcPtr& operator=(const ObjcPtr&) = delete;

  T get() const { return object_; }
  explicit operator bool() const { return object_ != nil; }

 private:
  explicit ObjcPtr(T object) : object_(object) {}

  T object_ = nil;
};

}  // namespace tileblend
