// SPDX-License-Identifier: MIT
#pragma once
// What the policy of a bucket may demand of each object that is put: encryption, an owner, a class,
// tags. The checks are those that S3 makes, so that a wrong one is told before the first object;
// an error is a fragment that reads on after the value: `is none of ...`.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sla/aws/http/transport.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// What is said of an object besides its own headers; what is empty is not said.
struct ObjectOptions {
  std::string encryption{};         ///< `AES256`, `aws:kms` or `aws:kms:dsse`
  std::string kms_key_id{};         ///< an id, an ARN or `alias/NAME`
  std::string acl{};                ///< a canned one
  std::string storage_class{};      ///< in capital letters, as S3 calls it
  std::vector<std::string> tags{};  ///< `key=value` each
};

inline constexpr std::array<std::string_view, 3> object_encryptions{"AES256", "aws:kms",
                                                                    "aws:kms:dsse"};
inline constexpr std::array<std::string_view, 7> object_acls{
    "private",       "public-read",       "public-read-write",        "authenticated-read",
    "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control"};
/// Those of AWS; other stores have others.
inline constexpr std::array<std::string_view, 13> storage_classes{
    "STANDARD",    "STANDARD_IA",     "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER",
    "GLACIER_IR",  "DEEP_ARCHIVE",    "OUTPOSTS",   "REDUCED_REDUNDANCY",  "SNOW",
    "FSX_OPENZFS", "EXPRESS_ONEZONE", "FSX_ONTAP"};

namespace detail {

template <std::size_t Size>
Result<void> check_choice(std::string_view text,
                          std::array<std::string_view, Size> const& choices) {
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return {};
  std::string names;
  for (std::string_view const choice : choices) {
    names.append(names.empty() ? "" : ", ").append(choice);
  }
  return Error{Errc::invalid, "is none of " + names};
}

/// Returns true if a text is made of letters, digits and the others.
constexpr bool is_made_of(std::string_view text, std::string_view others) noexcept {
  for (char const c : text) {
    if (!is_alpha(c) && !is_digit(c) && others.find(c) == others.npos) return false;
  }
  return !text.empty();
}

/// How many characters UTF-8 has.
constexpr std::size_t characters(std::string_view text) noexcept {
  std::size_t count = 0;
  for (char const c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return count;
}

constexpr bool fits_tag(std::string_view text) noexcept {
  for (char const c : text) {
    bool const ascii = static_cast<unsigned char>(c) < 0x80;
    if (ascii && !is_made_of({&c, 1}, " +-=._:/@")) return false;
  }
  return is_utf8(text);
}

inline Result<void> check_tag(std::string_view tag) {
  auto const wrong = [&](std::string_view why) {
    return Error{Errc::invalid, "has a tag that cannot be one: " + std::string(why)};
  };
  std::size_t const equals = tag.find('=');
  if (equals == tag.npos) return wrong("each is KEY=VALUE, with commas between them");
  std::string_view const key = tag.substr(0, equals);
  if (key.empty()) return wrong("a key is empty");
  if (lower(key).starts_with("aws:")) return wrong("keys that begin with aws: are AWS's own");
  if (characters(key) > 128) return wrong("a key has more than 128 characters");
  if (characters(tag.substr(equals + 1)) > 256)
    return wrong("a value has more than 256 characters");
  if (!fits_tag(tag)) {
    return wrong("keys and values are made of letters, digits, blanks and any of + - = . _ : / @");
  }
  return {};
}

}  // namespace detail

[[nodiscard]] inline Result<void> check_object_encryption(std::string_view text) {
  return detail::check_choice(text, object_encryptions);
}
[[nodiscard]] inline Result<void> check_object_acl(std::string_view text) {
  return detail::check_choice(text, object_acls);
}
/// Any name that can be one.
[[nodiscard]] inline Result<void> check_storage_class(std::string_view text) {
  if (text.size() <= 64 && detail::is_made_of(text, "_-")) return {};
  return Error{Errc::invalid, "is no storage class, such as STANDARD_IA"};
}
[[nodiscard]] inline Result<void> check_kms_key_id(std::string_view text) {
  bool const arn = text.starts_with("arn:") && text.find(":kms:") != text.npos;
  bool const plain = text.starts_with("alias/") || text.find_first_of(":/") == text.npos;
  if ((arn || plain) && text.size() <= 2048 && detail::is_made_of(text, ":/_-")) return {};
  return Error{Errc::invalid, "is no key of KMS: give its id, its ARN or alias/NAME"};
}
/// Tags between commas: at most ten, each key once.
[[nodiscard]] inline Result<void> check_object_tags(std::string_view text) {
  std::vector<std::string_view> keys;
  for (std::string_view const part : split(text, ',')) {
    std::string_view const tag = trim(part);
    if (tag.empty()) continue;
    if (auto good = detail::check_tag(tag); !good) return good;
    keys.push_back(tag.substr(0, tag.find('=')));
  }
  if (keys.size() > 10) return Error{Errc::invalid, "has more than 10 tags"};
  std::sort(keys.begin(), keys.end());
  if (std::adjacent_find(keys.begin(), keys.end()) == keys.end()) return {};
  return Error{Errc::invalid, "has a tag twice"};
}
/// The number of an account.
[[nodiscard]] inline Result<void> check_account(std::string_view text) {
  bool const digits = text.find_first_not_of("0123456789") == text.npos;
  if (text.size() == 12 && digits) return {};
  return Error{Errc::invalid, "is no account of AWS, which has 12 digits"};
}

/// Adds the headers that say it.
inline void add_object_options(std::vector<Header>& headers, ObjectOptions const& options) {
  auto const add = [&](std::string_view name, std::string const& value) {
    if (!value.empty()) headers.push_back({std::string(name), value});
  };
  add("x-amz-server-side-encryption", options.encryption);
  add("x-amz-server-side-encryption-aws-kms-key-id", options.kms_key_id);
  add("x-amz-acl", options.acl);
  add("x-amz-storage-class", options.storage_class);
  std::string tags;
  for (std::string_view const tag : options.tags) {
    std::size_t const equals = std::min(tag.find('='), tag.size());
    if (!tags.empty()) tags += '&';
    percent_encode_to(tags, tag.substr(0, equals), Slash::encode);
    tags += '=';
    percent_encode_to(tags, tag.substr(std::min(equals + 1, tag.size())), Slash::encode);
  }
  add("x-amz-tagging", tags);
}

}  // namespace sla::inline v1::aws
