// SPDX-License-Identifier: MIT
#pragma once
// A terminal, and the side that shows what is written to it.
#include <fcntl.h>
#include <stdlib.h>

#include <stdexcept>

#include "sla/core/descriptor.hpp"

struct Terminal {
  Terminal() : screen(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    if (::grantpt(screen.get()) != 0 || ::unlockpt(screen.get()) != 0) {
      throw std::runtime_error("posix_openpt");
    }
    writer = sla::internal::open_file(::ptsname(screen.get()), O_RDWR | O_NOCTTY).value();
  }

  sla::Descriptor screen{};
  sla::Descriptor writer{};
};
