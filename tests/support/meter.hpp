// SPDX-License-Identifier: MIT
#pragma once
// What this process has used since a certain moment, its children not counted.
#include <sys/resource.h>

#include <chrono>

class Meter {
 public:
  void start() {
    began_ = std::chrono::steady_clock::now();
    cpu_began_ = used();
  }
  /// Microseconds.
  [[nodiscard]] double wall() const {
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began_)
        .count();
  }
  /// Microseconds of all its threads.
  [[nodiscard]] double cpu() const { return used() - cpu_began_; }

 private:
  static double used() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    auto const micro = [](timeval const& time) {
      return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    };
    return micro(usage.ru_utime) + micro(usage.ru_stime);
  }

  std::chrono::steady_clock::time_point began_{};
  double cpu_began_ = 0;
};
