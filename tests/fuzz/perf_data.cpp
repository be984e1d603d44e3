// SPDX-License-Identifier: MIT
// Any bytes as the first line of a plugin: what is read from it is JSON.
#include "sla/executor/perf_data.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sla/aws/wire/reply.hpp"

using namespace sla;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string line(size, '\0');
  for (std::size_t i = 0; i < size; ++i) line[i] = static_cast<char>(data[i]);
  if (internal::plugin_message(line).size() > internal::most_message) std::abort();
  std::string const perf = internal::plugin_perf(line);
  if (!perf.empty() && !aws::JsonReply::parse("{\"perf\":" + perf + "}")) std::abort();
  return 0;
}
