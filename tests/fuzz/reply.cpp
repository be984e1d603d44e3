// SPDX-License-Identifier: MIT
// Any bytes as the JSON of a service, of a credential endpoint and of a credential process.
#include "sla/aws/wire/reply.hpp"

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "../support/fuzz_target.hpp"
#include "sla/aws/credential/process.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

FuzzTarget const target("reply", [](std::string const& text) {
  if (auto const reply = JsonReply::parse(text); reply) {
    for (JsonReply const& item : reply->items("Parameters")) {
      if (item.text("Name") && !is_utf8(*item.text("Name"))) std::abort();
      (void)item.number("LastModifiedDate");
      (void)item.integer("Version");
    }
    (void)reply->text({"a", "b", "c"});
    (void)reply->required_text("NextToken");
  } else if (reply.error().code != Errc::malformed) {
    std::abort();
  }
  auto const keys = parse_process_credentials(text);
  if (keys && (keys->access_key_id.empty() || has_control(keys->access_key_id))) std::abort();
  (void)read_json_error({400, {{"x-amzn-errortype", text}, {"x-amzn-query-error", text}}, text});
});

}  // namespace
