// SPDX-License-Identifier: MIT
#include "sla/executor/name_answer.hpp"

#include <doctest/doctest.h>
#include <netdb.h>

#include <chrono>

using namespace sla;
using namespace sla::internal;

TEST_CASE("the results of the resolver are told apart") {
  CHECK(name_answer(0) == NameAnswer::exists);
  CHECK(name_answer(EAI_NONAME) == NameAnswer::no_name);
  CHECK(name_answer(-5) == NameAnswer::no_address);
  CHECK(name_answer(EAI_AGAIN) == NameAnswer::none);
  CHECK(name_answer(EAI_SYSTEM) == NameAnswer::none);
}

TEST_CASE("a name is asked for, until its limit or a stop") {
  Stop const stop;
  CHECK(ask_for_name("localhost", std::chrono::seconds{60}, stop) == NameAnswer::exists);
  stop.request();
  (void)ask_for_name("localhost", std::chrono::hours{1}, stop);  // does not wait for it
}
