// Lets the garbage collector know of windows.
#pragma once

#include <napi.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "executor.h"

namespace tileblend {

/**
 * What the collector is told of the windows of one executor. The bytes of a window that closes may stay told for the
 * next, which often takes its memory too: told of them anew, the collector would set to work in each decode.
 */
class WindowBytes {
 public:
  explicit WindowBytes(Napi::Env env) : env_(env) {}
  ~WindowBytes() { tell(0); }
  WindowBytes(const WindowBytes&) = delete;
  WindowBytes& operator=(const WindowBytes&) = delete;

  /** The collector may set to work at once. */
  void add(int64_t bytes) {
    inUse_ += bytes;
    tell(std::max(told_, inUse_));
  }

  /** `kept` of the `bytes` stay told. */
  void remove(int64_t bytes, int64_t kept) {
    inUse_ -= bytes;
    tell(std::max(inUse_, kept));
  }

 private:
  void tell(int64_t bytes) {
    if (bytes == told_) return;
    Napi::MemoryManagement::AdjustExternalMemory(env_, bytes - told_);
    told_ = bytes;
  }

  const Napi::Env env_;
  int64_t inUse_ = 0;
  int64_t told_ = 0;
};

/** A window that counts once it is used: before that it takes no memory. */
class CountedWindow {
 public:
  CountedWindow(std::shared_ptr<WindowBytes> bytes, std::unique_ptr<Window> window)
      : bytes_(std::move(bytes)), window_(std::move(window)) {}
  ~CountedWindow() {
    if (isCounted_) bytes_->remove(window_->byteLength(), handsOut_ ? 0 : window_->byteLength());
  }
  CountedWindow(const CountedWindow&) = delete;
  CountedWindow& operator=(const CountedWindow&) = delete;

  Window& get() const { return *window_; }

  /** Its bytes do not stay told: what it hands out is the collector's to free, best while the threads are at work. */
  void handOut() { handsOut_ = true; }

  void count() {
    if (isCounted_) return;
    isCounted_ = true;
    bytes_->add(window_->byteLength());
  }

 private:
  const std::shared_ptr<WindowBytes> bytes_;
  const std::unique_ptr<Window> window_;
  bool isCounted_ = false;
  bool handsOut_ = false;
};

}  // namespace tileblend
