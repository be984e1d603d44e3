// SPDX-License-Identifier: MIT
// Any bytes as a file of checks: what JSON is not has a place.
#include <cstdlib>
#include <string>

#include "../support/fuzz_target.hpp"
#include "sla/app/checks/checks_file.hpp"
#include "sla/app/checks/json_mistake.hpp"
#include "sla/aws/wire/reply.hpp"

using namespace sla;

namespace {

FuzzTarget const target("checks", [](std::string const& text) {
  auto const file = app::read_checks(text, {});
  if (file.problems.empty() && file.mistake.empty() == file.checks.empty()) std::abort();
  for (auto const& check : file.checks) {
    if (file.problems.empty() && check.settings.service.empty()) std::abort();
  }
  if (app::find_json_mistake(text)) return;
  auto const reply = aws::JsonReply::parse_file(text);
  if (!reply && reply.error().message.find("no object") == std::string::npos) std::abort();
});

}  // namespace
