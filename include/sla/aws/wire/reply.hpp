// SPDX-License-Identifier: MIT
#pragma once
// Reads the JSON in which services, credential endpoints and credential processes answer, and is
// the only user of simdjson. Any bytes are safe to read and take time and memory in proportion to
// their size; what is not there, or is of another type, is nothing. Messages never repeat what was
// read, since it may be a secret. What writes JSON stands in core/json.hpp.
#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/http/transport.hpp"
#include "sla/aws/wire/service_error.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// The names of members on the way to a value; one name alone is the usual case.
using JsonPath = std::initializer_list<std::string_view>;

/// A value inside an answer that somebody else keeps, or none.
class JsonValue {
 public:
  JsonValue() = default;
  explicit JsonValue(simdjson::dom::element element) : element_(element) {}

  [[nodiscard]] explicit operator bool() const noexcept { return element_.has_value(); }
  [[nodiscard]] std::optional<std::string_view> text() const { return scalar<std::string_view>(); }
  [[nodiscard]] std::optional<std::int64_t> integer() const { return scalar<std::int64_t>(); }
  [[nodiscard]] std::optional<bool> boolean() const { return scalar<bool>(); }

  /// Calls `use(JsonValue)` for each item, in order, if this is an array.
  template <class Use>
  void each_item(Use use) const {
    simdjson::dom::array array;
    if (!element_ || element_->get(array) != simdjson::SUCCESS) return;
    for (simdjson::dom::element const item : array) use(JsonValue(item));
  }

 private:
  template <class T>
  [[nodiscard]] std::optional<T> scalar() const {
    T value{};
    if (!element_ || element_->get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
  }

  std::optional<simdjson::dom::element> element_;
};

/// A JSON value of an answer: the whole of it, or one inside. Copies share the answer, and the
/// texts that they give live as long as any of them. Reading is thread-safe.
class JsonReply {
 public:
  /// More than this is not read.
  static constexpr std::size_t size_limit = std::size_t{4} * 1024 * 1024;

  /// Reads a text whose outermost value is an object. Errc::malformed if it is none.
  [[nodiscard]] static Result<JsonReply> parse(std::string_view text) {
    auto reply = parse_file(text);
    if (!reply) return malformed(reply.error().message);
    return reply;
  }
  /// Returns the same for the text of a file: the Error does not say that it is an answer.
  [[nodiscard]] static Result<JsonReply> parse_file(std::string_view text,
                                                    std::size_t limit = size_limit) {
    if (text.size() > limit) return Error{Errc::malformed, "it is too large"};
    std::string padded;
    return parse_with(std::make_shared<simdjson::dom::parser>(limit), padded, text);
  }

  /// Returns the value at the path; of two members with one name it is the first.
  [[nodiscard]] std::optional<JsonReply> find(JsonPath path) const {
    auto const found = element(path);
    if (!found) return std::nullopt;
    return JsonReply(parser_, *found);
  }

  /// Returns the text at the path.
  [[nodiscard]] std::optional<std::string_view> text(JsonPath path) const {
    return scalar<std::string_view>(path);
  }
  [[nodiscard]] std::optional<std::string_view> text(std::string_view name) const {
    return text(JsonPath{name});
  }
  /// Returns the text of that name. Errc::malformed, with the name, if there is none or it is
  /// empty.
  [[nodiscard]] Result<std::string_view> required_text(std::string_view name) const {
    auto const found = text(name);
    if (!found || found->empty()) return malformed("it has no " + std::string(name));
    return *found;
  }

  /// Returns the whole number at the path; `1.0` and `"1"` are none.
  [[nodiscard]] std::optional<std::int64_t> integer(JsonPath path) const {
    return scalar<std::int64_t>(path);
  }
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const {
    return integer(JsonPath{name});
  }
  /// Returns the number at the path, whole or not.
  [[nodiscard]] std::optional<double> number(JsonPath path) const { return scalar<double>(path); }
  [[nodiscard]] std::optional<double> number(std::string_view name) const {
    return number(JsonPath{name});
  }

  /// Returns the values of the array at the path, in order; none if there is no array.
  [[nodiscard]] std::vector<JsonReply> items(JsonPath path) const {
    std::vector<JsonReply> all;
    auto const found = element(path);
    simdjson::dom::array array;
    if (!found || found->get(array) != simdjson::SUCCESS) return all;
    for (simdjson::dom::element const item : array) all.push_back(JsonReply(parser_, item));
    return all;
  }
  [[nodiscard]] std::vector<JsonReply> items(std::string_view name) const {
    return items(JsonPath{name});
  }

  /// Returns true if this value is an array, empty or not.
  [[nodiscard]] bool is_array() const noexcept { return element_.is_array(); }

  /// Returns true if this value is an object, empty or not.
  [[nodiscard]] bool is_object() const noexcept { return element_.is_object(); }
  /// Returns this value itself, where it is true or false.
  [[nodiscard]] std::optional<bool> boolean() const { return scalar<bool>(JsonPath{}); }

  /// Returns the truth value of that name.
  [[nodiscard]] std::optional<bool> boolean(std::string_view name) const {
    return scalar<bool>(JsonPath{name});
  }

  /// Returns the names of the members of this value, in order; none if it is no object.
  [[nodiscard]] std::vector<std::string_view> names() const {
    std::vector<std::string_view> all;
    simdjson::dom::object object;
    if (element_.get(object) != simdjson::SUCCESS) return all;
    for (simdjson::dom::key_value_pair const member : object) all.push_back(member.key);
    return all;
  }

  /// Returns the values of the members with these names, found in one pass over all members; of two
  /// with one name it is the first. They live as long as this answer.
  template <std::size_t N>
  [[nodiscard]] std::array<JsonValue, N> members(
      std::array<std::string_view, N> const& wanted) const {
    std::array<JsonValue, N> found{};
    simdjson::dom::object object;
    if (element_.get(object) != simdjson::SUCCESS) return found;
    std::size_t next = 0;  // most texts have them in the order that is asked for
    for (simdjson::dom::key_value_pair const member : object) {
      std::size_t at = next;
      while (at < N && wanted[at] != member.key) ++at;
      if (at == N) at = 0;
      while (at < next && wanted[at] != member.key) ++at;
      if (wanted[at] != member.key) continue;
      if (!found[at]) found[at] = JsonValue(member.value);
      next = at + 1 == N ? 0 : at + 1;
    }
    return found;
  }

  /// This value itself, where it is a text, as the items of an array of names are.
  [[nodiscard]] std::optional<std::string_view> text() const { return text(JsonPath{}); }

 private:
  JsonReply(std::shared_ptr<simdjson::dom::parser const> parser, simdjson::dom::element element)
      : parser_(std::move(parser)), element_(element) {}

  friend class JsonLines;

  /// The parser reads beyond the end of a text, so that is copied to where it may.
  static Result<JsonReply> parse_with(std::shared_ptr<simdjson::dom::parser> parser,
                                      std::string& padded, std::string_view text) {
    padded.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    padded.assign(text).append(simdjson::SIMDJSON_PADDING, ' ');
    simdjson::dom::element root;
    auto const failed = parser->parse(padded.data(), text.size(), false).get(root);
    if (failed != simdjson::SUCCESS) {
      std::string const reason = simdjson::error_message(failed);  // repeats nothing of the text
      return Error{Errc::malformed, "it is not JSON (" + reason + ')'};
    }
    if (!root.is_object()) return Error{Errc::malformed, "it is JSON but no object"};
    return JsonReply(std::move(parser), root);
  }

  static Error malformed(std::string_view why) {
    return Error{Errc::malformed, "the answer cannot be understood: " + std::string(why)};
  }

  [[nodiscard]] std::optional<simdjson::dom::element> element(JsonPath path) const {
    simdjson::dom::element at = element_;
    for (std::string_view const name : path) {
      simdjson::dom::object object;
      if (at.get(object) != simdjson::SUCCESS) return std::nullopt;
      if (object.at_key(name).get(at) != simdjson::SUCCESS) return std::nullopt;
    }
    return at;
  }

  template <class T>
  [[nodiscard]] std::optional<T> scalar(JsonPath path) const {
    auto const found = element(path);
    T value{};
    if (!found || found->get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
  }

  std::shared_ptr<simdjson::dom::parser const> parser_;  // the element points into it
  simdjson::dom::element element_;
};

/// Reads texts one after another, each as JsonReply::parse_file does, and keeps what it needs for
/// that from one to the next as soon as nobody holds the value before.
class JsonLines {
 public:
  [[nodiscard]] Result<JsonReply> parse(std::string_view line) {
    if (line.size() > JsonReply::size_limit) return Error{Errc::malformed, "it is too large"};
    if (!parser_ || parser_.use_count() > 1) {
      parser_ = std::make_shared<simdjson::dom::parser>(JsonReply::size_limit);
    }
    return JsonReply::parse_with(parser_, padded_, line);
  }

 private:
  std::string padded_;
  std::shared_ptr<simdjson::dom::parser> parser_;
};

namespace detail {

/// `com.amazonaws.ssm#InvalidKeyId:http://...` is `InvalidKeyId`.
inline std::string plain_error_code(std::string_view code) {
  code = trim(code);
  code = code.substr(0, code.find(':'));
  if (auto const hash = code.rfind('#'); hash != std::string_view::npos) {
    code.remove_prefix(hash + 1);
  }
  return std::string(code);
}

/// The first text that the answer has under one of the names.
inline std::string first_text(JsonReply const& reply,
                              std::initializer_list<std::string_view> names) {
  for (std::string_view const name : names) {
    if (auto const found = reply.text(name); found && !found->empty()) return std::string(*found);
  }
  return {};
}

}  // namespace detail

/// Makes of a success that cannot be understood the error that it is: another answered, a proxy
/// say.
[[nodiscard]] inline Error foreign_answer(Error why) {
  why.code = Errc::unavailable;
  return why;
}

/// Returns what a service says in an answer of its JSON protocol; the headers win over the body.
/// Where the body is something else, an empty one or a proxy's page, the status has to do.
[[nodiscard]] inline ServiceError read_json_error(Response const& response) {
  ServiceError error{};
  // `AWS.SimpleQueueService.NonExistentQueue;Sender`: the name that the older protocol had for it.
  auto const query = find_header(response.headers, "x-amzn-query-error");
  if (query) error.code = trim(query->substr(0, query->find(';')));
  auto const type = find_header(response.headers, "x-amzn-errortype");
  if (error.code.empty() && type) error.code = detail::plain_error_code(*type);
  if (auto const reply = JsonReply::parse(response.body); reply) {
    std::string const code = detail::first_text(*reply, {"__type", "code", "Code"});
    if (error.code.empty()) error.code = detail::plain_error_code(code);
    error.message = detail::first_text(*reply, {"message", "Message", "errorMessage"});
  } else if (!trim(response.body).empty()) {
    error.message = "the answer is not one of AWS";
  }
  for (std::string_view const name : {"x-amzn-requestid", "x-amz-request-id"}) {
    auto const id = find_header(response.headers, name);
    if (error.request_id.empty() && id) error.request_id = trim(*id);
  }
  return error;
}

}  // namespace sla::inline v1::aws
