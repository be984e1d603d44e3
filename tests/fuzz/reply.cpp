// SPDX-License-Identifier: MIT
// Any bytes as the JSON of a service, of a credential endpoint and of a credential process.
#include "sla/aws/wire/reply.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/credential/process.hpp"

using namespace sla;
using namespace sla::aws;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(data[i]);
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
  return 0;
}
