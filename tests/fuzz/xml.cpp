// SPDX-License-Identifier: MIT
// Any bytes as the XML of SNS, STS and S3.
#include "sla/aws/wire/xml.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sla/aws/service/sts_assume_role.hpp"

using namespace sla;
using namespace sla::aws;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  Response answer{200, {}, std::string(size, '\0')};
  for (std::size_t i = 0; i < size; ++i) answer.body[i] = static_cast<char>(data[i]);
  auto const keys = parse_assumed_role(answer);
  if (keys && (keys->access_key_id.empty() || has_control(keys->access_key_id))) std::abort();
  (void)read_xml_error(answer);
  (void)xml_text(answer.body, {"PublishResponse", "PublishResult", "MessageId"});
  (void)xml_text(answer.body, {});
  return 0;
}
