// SPDX-License-Identifier: MIT
#pragma once
// The two ends of a pipe.
#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>

#include "sla/core/descriptor.hpp"

struct Pipe {
  explicit Pipe(int flags = O_CLOEXEC) {
    int ends[2];
    if (::pipe2(ends, flags) != 0) throw std::runtime_error("pipe2");
    reader = sla::Descriptor{ends[0]};
    writer = sla::Descriptor{ends[1]};
  }

  sla::Descriptor reader{};
  sla::Descriptor writer{};
};
