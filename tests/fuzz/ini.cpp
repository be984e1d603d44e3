// SPDX-License-Identifier: MIT
// Any bytes as the config file and as the credentials file: they parse or give an error, and every
// profile has a plan or gives an error.
#include "sla/aws/config/ini.hpp"

#include <cstdlib>
#include <string>
#include <string_view>

#include "../support/fuzz_target.hpp"
#include "sla/aws/config/profile.hpp"
#include "sla/aws/credential/profile_plan.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

void check(ProfileTexts texts) {
  auto const profiles = Profiles::parse(texts);
  if (!profiles) {
    if (profiles.error().message.find(": line ") == std::string::npos) std::abort();
    return;
  }
  for (std::string const& name : profiles->names()) {
    auto const profile = profiles->find(name);
    if (!profile) continue;
    auto const plan = plan_profile(*profiles, *profile, "fuzz");
    if (!plan && plan.error().code != Errc::invalid && plan.error().code != Errc::not_configured) {
      std::abort();
    }
  }
}

FuzzTarget const target("ini", [](std::string const& text) {
  check({.config = text, .credentials = {}});
  check({.config = {}, .credentials = text});
  check({.config = text, .credentials = text});
});

}  // namespace
