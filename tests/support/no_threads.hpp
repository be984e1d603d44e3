// SPDX-License-Identifier: MIT
#pragma once
// As long as it lives no thread can be started in this process, as where a container limits its
// processes: each would need more address space for its stack than there is.
#include <doctest/doctest.h>
#include <pthread.h>

#include <cstddef>

class NoThreads {
 public:
  NoThreads() {
    ::pthread_attr_init(&before_);
    REQUIRE(::pthread_getattr_default_np(&before_) == 0);
    pthread_attr_t huge;
    ::pthread_attr_init(&huge);
    REQUIRE(::pthread_attr_setstacksize(&huge, std::size_t{1} << 62U) == 0);
    REQUIRE(::pthread_setattr_default_np(&huge) == 0);
    ::pthread_attr_destroy(&huge);
  }
  NoThreads(NoThreads const&) = delete;
  NoThreads& operator=(NoThreads const&) = delete;
  ~NoThreads() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }

 private:
  pthread_attr_t before_{};
};
