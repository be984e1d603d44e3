// SPDX-License-Identifier: MIT
// Any bytes as the XML of SNS, STS and S3.
#include "sla/aws/wire/xml.hpp"

#include <cstdlib>
#include <string>

#include "../support/fuzz_target.hpp"
#include "sla/aws/service/sts_assume_role.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

FuzzTarget const target("xml", [](std::string const& text) {
  Response const answer{200, {}, text};
  auto const keys = parse_assumed_role(answer);
  if (keys && (keys->access_key_id.empty() || has_control(keys->access_key_id))) std::abort();
  (void)read_xml_error(answer);
  (void)xml_text(answer.body, {"PublishResponse", "PublishResult", "MessageId"});
  (void)xml_text(answer.body, {});
});

}  // namespace
