// SPDX-License-Identifier: MIT
// Any bytes as the first line of a plugin: what is read from it is JSON.
#include "sla/executor/perf_data.hpp"

#include <cstdlib>
#include <string>

#include "../support/fuzz_target.hpp"
#include "sla/aws/wire/reply.hpp"

using namespace sla;

namespace {

FuzzTarget const target("perf_data", [](std::string const& text) {
  if (internal::plugin_message(text).size() > internal::most_message) std::abort();
  std::string const perf = internal::plugin_perf(text);
  if (!perf.empty() && !aws::JsonReply::parse("{\"perf\":" + perf + "}")) std::abort();
});

}  // namespace
