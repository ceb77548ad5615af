// Lets the garbage collector know of a window.
#pragma once

#include <napi.h>

#include <memory>
#include <utility>

#include "executor.h"

namespace tileblend {

/** A window whose bytes count as the environment's once it is used: before that it takes no memory. */
class CountedWindow {
 public:
  CountedWindow(Napi::Env env, std::unique_ptr<Window> window) : env_(env), window_(std::move(window)) {}
  ~CountedWindow() {
    if (isCounted_) Napi::MemoryManagement::AdjustExternalMemory(env_, -window_->byteLength());
  }
  CountedWindow(const CountedWindow&) = delete;
  CountedWindow& operator=(const CountedWindow&) = delete;

  Window& get() const { return *window_; }

  /** The collector may set to work at once. */
  void count() {
    if (isCounted_) return;
    isCounted_ = true;
    Napi::MemoryManagement::AdjustExternalMemory(env_, window_->byteLength());
  }

 private:
  const Napi::Env env_;
  const std::unique_ptr<Window> window_;
  bool isCounted_ = false;
};

}  // namespace tileblend
