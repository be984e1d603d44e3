// SPDX-License-Identifier: MIT
// Covers: sla.hpp
// That this file and the one beside it link into one program is the test.
#include "sla/app/main.hpp"

#include "sla/sla.hpp"

int main() {}
