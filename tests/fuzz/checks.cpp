// SPDX-License-Identifier: MIT
// Any bytes as a file of checks: what JSON is not has a place.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sla/app/checks/checks_file.hpp"
#include "sla/app/checks/json_mistake.hpp"
#include "sla/aws/wire/reply.hpp"

using namespace sla;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(data[i]);
  auto const file = app::read_checks(text, {});
  if (file.problems.empty() && file.mistake.empty() == file.checks.empty()) std::abort();
  for (auto const& check : file.checks) {
    if (file.problems.empty() && check.settings.service.empty()) std::abort();
  }
  if (app::find_json_mistake(text)) return 0;
  auto const reply = aws::JsonReply::parse_file(text);
  if (!reply && reply.error().message.find("no object") == std::string::npos) std::abort();
  return 0;
}
