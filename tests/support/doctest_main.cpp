// SPDX-License-Identifier: MIT
// The main function of every unit test, compiled once.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

/// Tests fork, and a child may start threads of its own.
extern "C" char const* __tsan_default_options();  // NOLINT(bugprone-reserved-identifier)
extern "C" char const* __tsan_default_options() { return "die_after_fork=0"; }  // NOLINT
