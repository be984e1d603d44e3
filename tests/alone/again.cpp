// SPDX-License-Identifier: MIT
// What the headers define may stand here too.
#include "sla/app/main.hpp"
#include "sla/sla.hpp"
