// SPDX-License-Identifier: MIT
#pragma once
// What an invocation of Lambda asks for: the checks of a shard, or the verdict on a deployment of
// ECS. It never names a command.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
#include <cstdint>
#include <string>
#include <string_view>

#include "sla/app/quoted.hpp"
#include "sla/app/settings/checks_address.hpp"
#include "sla/app/shard.hpp"
#include "sla/aws/wire/reply.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::app {

/// What an empty text is in the settings of the function.
struct LambdaPayload {
  std::string checks{};
  std::string shard{};
  bool hook = false;  ///< ECS asks if its deployment may go on
};

namespace detail {

inline Error payload_error(std::string_view why) {
  return Error{Errc::invalid, std::string("payload: ").append(why)};
}

inline Result<LambdaPayload> read_lambda_members(aws::JsonReply const& object) {
  LambdaPayload read;
  for (std::string_view const name : object.names()) {
    if (name == "shard" || name == "of" || name == "checks") continue;
    return payload_error(quoted(name) + ": no such member; it has shard, of and checks");
  }
  if (object.find({"checks"})) {
    read.checks = object.text("checks").value_or("");
    auto const good = check_checks(read.checks);
    if (!is_at_aws(read.checks) || !good) {
      return payload_error("checks: expected s3://BUCKET/KEY or ssm:/prod/checks");
    }
  }
  bool const one = object.find({"shard"}) || object.find({"of"});
  if (!one) return read;
  auto const index = object.integer("shard");
  auto const count = object.integer("of");
  if (!index || !count) return payload_error("shard and of: expected two whole numbers");
  read.shard = std::to_string(*index).append("/").append(std::to_string(*count));
  auto const good = check_shard(read.shard);
  if (!good)
    return payload_error(quoted(std::string_view(read.shard)) + ' ' + good.error().message);
  return read;
}

}  // namespace detail

/// Reads the payload of an invocation. Errc::invalid, in a sentence, if it is none.
[[nodiscard]] inline Result<LambdaPayload> read_lambda_payload(std::string_view text) {
  text = trim(text);
  if (text.empty() || text == "null") return LambdaPayload{};
  auto const object = aws::JsonReply::parse_file(text);
  if (!object) return detail::payload_error(object.error().message);
  if (object->text("targetServiceRevisionArn")) return LambdaPayload{.hook = true};
  return detail::read_lambda_members(*object);
}

}  // namespace sla::inline v1::app
