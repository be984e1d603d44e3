// SPDX-License-Identifier: MIT
#pragma once
// SNS Publish: one message to one topic. What SNS would refuse is found here, before a request;
// what it merely cannot carry (an emoji in an attribute, a blank in a group id) is replaced. The
// region is that of the topic's ARN. Publishing twice delivers twice, but for a FIFO topic.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/call/client.hpp"
#include "sla/aws/call/refusal.hpp"
#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/config/endpoint_settings.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/service/arn.hpp"
#include "sla/aws/wire/query.hpp"
#include "sla/aws/wire/xml.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// The type of an attribute's value.
enum class AttributeType {
  string,
  string_array,  ///< the value is a JSON array
  number,        ///< from -10^9 to 10^9, at most 5 digits after the point
};

[[nodiscard]] constexpr std::string_view to_string(AttributeType type) noexcept {
  switch (type) {
    case AttributeType::string:
      return "String";
    case AttributeType::string_array:
      return "String.Array";
    case AttributeType::number:
      return "Number";
  }
  return "String";
}

/// What a subscription can filter by, beside the message.
struct MessageAttribute {
  std::string name{};
  AttributeType type = AttributeType::string;
  std::string value{};
};

/// One message.
struct PublishInput {
  std::string topic_arn{};
  std::string message{};                       ///< UTF-8 without control characters, not empty
  std::vector<MessageAttribute> attributes{};  ///< at most 10
  std::string group_id{};          ///< what a FIFO topic keeps in order; other topics don't get it
  std::string deduplication_id{};  ///< what a FIFO topic delivers once; other topics don't get it
  std::size_t size_limit = 262'144;  ///< bytes of message and attributes; the topic may allow more
};

namespace detail {

inline Error bad_message(std::string_view why) {
  return Error{Errc::unacceptable, std::string(why)};
}

/// Returns true if SNS carries a character: those of XML 1.0 but no others.
inline bool is_xml_character(std::string_view character) {
  if (character.size() == 1)
    return !is_control(character[0]) || is_blank(character[0]) || character[0] == 0x7f;
  return character != "\xEF\xBF\xBE" && character != "\xEF\xBF\xBF";
}

inline Result<void> check_message(std::string_view message) {
  if (message.empty()) return bad_message("the message is empty");
  while (!message.empty()) {
    std::size_t const length = utf8_length(message);
    if (length == 0) return bad_message("the message is not UTF-8");
    if (!is_xml_character(message.substr(0, length))) {
      return bad_message("the message holds a control character, which SNS refuses");
    }
    message.remove_prefix(length);
  }
  return {};
}

/// The value with U+FFFD for what attributes cannot hold: control characters, characters outside
/// the basic multilingual plane, and what is no UTF-8.
inline std::string attribute_value(std::string_view value) {
  std::string clean;
  while (!value.empty()) {
    std::size_t const length = utf8_length(value);
    std::string_view const character = value.substr(0, length);
    bool const good = length > 1 && length < 4 && is_xml_character(character);
    if (good || (length == 1 && !is_control(character[0]))) {
      clean += character;
    } else {
      clean += "\xEF\xBF\xBD";
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

inline bool is_attribute_name(std::string_view name) {
  std::string const lowered = lower(name);
  if (name.empty() || name.size() > 256 || name.front() == '.' || name.back() == '.' ||
      name.find("..") != std::string_view::npos || lowered.starts_with("aws.") ||
      lowered.starts_with("amazon.")) {
    return false;
  }
  for (char const c : name) {
    if (!is_alpha(c) && !is_digit(c) && c != '_' && c != '-' && c != '.') return false;
  }
  return true;
}

inline bool is_attribute_number(std::string_view text) {
  std::size_t const point = text.find('.');
  std::string_view const digits = text.substr(text.starts_with('-') ? 1 : 0);
  bool const plain = !digits.empty() && is_digit(digits.front()) && is_digit(digits.back());
  auto const value = plain ? parse_decimal(text) : std::nullopt;
  return value && *value >= -1e9 && *value <= 1e9 &&
         (point == std::string_view::npos || text.size() - point - 1 <= 5);
}

inline Result<void> check_attributes(std::vector<MessageAttribute> const& attributes) {
  if (attributes.size() > 10) {
    return bad_message("more than 10 attributes: raw subscriptions would lose the message");
  }
  for (MessageAttribute const& attribute : attributes) {
    if (!is_attribute_name(attribute.name)) {
      return bad_message("'" + attribute.name + "' cannot be the name of an attribute");
    }
    if (attribute.value.empty()) {
      return bad_message("the attribute " + attribute.name + " is empty");
    }
    if (attribute.type == AttributeType::number && !is_attribute_number(attribute.value)) {
      return bad_message("the attribute " + attribute.name +
                         " must be a number within 10^9 with at most 5 decimals");
    }
    std::size_t same = 0;
    for (MessageAttribute const& other : attributes) same += other.name == attribute.name ? 1 : 0;
    if (same > 1) return bad_message("the attribute " + attribute.name + " is there twice");
  }
  return {};
}

/// An id as FIFO topics allow it: at most 128 visible ASCII characters, others are underscores.
inline std::string fifo_id(std::string_view id) {
  std::string clean(id.substr(0, 128));
  for (char& c : clean) {
    if (c <= ' ' || c > '~') c = '_';
  }
  return clean;
}

/// Returns the bytes that SNS counts for a message and its attributes.
inline std::size_t counted_size(PublishInput const& input) {
  std::size_t size = input.message.size();
  for (MessageAttribute const& attribute : input.attributes) {
    size += attribute.name.size() + to_string(attribute.type).size() +
            attribute_value(attribute.value).size();
  }
  return size;
}

inline constexpr std::string_view sns_version = "2010-03-31";

/// Adds a message, which is checked, to a form; the names of all that is of it begin with the
/// prefix.
inline void add_message(QueryForm& form, std::string const& prefix, PublishInput const& input) {
  form.add({prefix + "Message", input.message});
  std::size_t number = 0;
  for (MessageAttribute const& attribute : input.attributes) {
    std::string const entry = prefix + "MessageAttributes.entry." + std::to_string(++number) + '.';
    form.add({entry + "Name", attribute.name});
    form.add({entry + "Value.DataType", to_string(attribute.type)});
    form.add({entry + "Value.StringValue", attribute_value(attribute.value)});
  }
  if (!is_fifo_topic(input.topic_arn)) return;
  form.add({prefix + "MessageGroupId", fifo_id(input.group_id)});
  if (!input.deduplication_id.empty()) {
    form.add({prefix + "MessageDeduplicationId", fifo_id(input.deduplication_id)});
  }
}

inline Request checked_publish_request(PublishInput const& input, Url endpoint) {
  QueryForm form({"Publish", sns_version});
  form.add({"TopicArn", input.topic_arn});
  add_message(form, {}, input);
  return std::move(form).request(std::move(endpoint));
}

}  // namespace detail

/// Checks what can be known without SNS: Errc::invalid if the ARN is wrong, Errc::unacceptable if
/// SNS would refuse the message.
[[nodiscard]] inline Result<void> check_publish_input(PublishInput const& input) {
  if (auto arn = parse_topic_arn(input.topic_arn); !arn) return arn.error();
  if (auto good = detail::check_message(input.message); !good) return good;
  if (auto good = detail::check_attributes(input.attributes); !good) return good;
  std::size_t const size = detail::counted_size(input);
  if (size > input.size_limit) {
    return Error{Errc::unacceptable, "message and attributes have " + std::to_string(size) +
                                         " bytes, and the limit is " +
                                         std::to_string(input.size_limit)};
  }
  if (is_fifo_topic(input.topic_arn) && input.group_id.empty()) {
    return detail::bad_message("a FIFO topic needs a group id");
  }
  return {};
}

/// Returns the request that publishes a message at an endpoint; the errors of
/// check_publish_input().
[[nodiscard]] inline Result<Request> publish_request(PublishInput const& input, Url endpoint) {
  if (auto good = check_publish_input(input); !good) return good.error();
  return detail::checked_publish_request(input, std::move(endpoint));
}

/// Returns true if SNS refuses what a message or its attributes hold. Its code is the same where it
/// refuses the topic or the group, so its words tell.
[[nodiscard]] inline bool is_about_content(ServiceError const& said) {
  std::string_view const code = bare_code(said.code);
  if (code != "InvalidParameter" && code != "InvalidParameterValue" &&
      code != "ParameterValueInvalid") {
    return false;
  }
  std::string const words = lower(said.message);
  for (std::string_view const other : {"arn", "messagegroupid", "messagededuplicationid"}) {
    if (words.find(other) != std::string::npos) return false;
  }
  return words.find("message") != std::string::npos;
}

/// Returns the id of the message. An answer that has none is a proxy's: Errc::unavailable.
[[nodiscard]] inline Result<std::string> parse_publish_answer(Response const& response) {
  auto id = xml_text(response.body, {"PublishResponse", "PublishResult", "MessageId"});
  if (id && !trim(*id).empty()) return std::string(trim(*id));
  return Error{Errc::unavailable, "the answer has no MessageId and is not one of SNS",
               http_status(response.status)};
}

/// Publishes a message with a Client, in the region of its topic, and returns the id of the
/// message. Errc::invalid if the ARN is wrong, Errc::unacceptable if SNS would not take an
/// attribute or the message; otherwise the errors of Client::call().
template <class ServiceClient>
[[nodiscard]] Result<std::string> publish(ServiceClient& client, EndpointSettings const& endpoints,
                                          PublishInput const& input, Instant deadline) {
  auto arn = parse_topic_arn(input.topic_arn);
  if (!arn) return std::move(arn).error().within("sns publish");
  std::string const context = "sns publish to " + input.topic_arn;
  auto url = endpoint_url(Service::sns, endpoints.in(arn->region, Service::sns));
  if (!url) return std::move(url).error().within(context);
  auto request = publish_request(input, *std::move(url));
  if (!request) return std::move(request).error().within(context);
  SigningScope const scope{.region = arn->region,
                           .service = std::string(signing_name(Service::sns))};
  ServiceError said{};
  auto response = client.call(*std::move(request), Call{.scope = scope, .deadline = deadline},
                              [&](Response const& no) { return said = read_xml_error(no); });
  if (!response) {
    Error error = std::move(response).error().within(context);
    if (error.code == Errc::rejected && is_about_content(said)) error.code = Errc::unacceptable;
    return error;
  }
  auto id = parse_publish_answer(*response);
  if (!id) return std::move(id).error().within(context);
  return id;
}

}  // namespace sla::inline v1::aws
