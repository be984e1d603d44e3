// SPDX-License-Identifier: MIT
// That the files beside this one link into one program is the test.
#include "sla/sla.hpp"

int main() {}
