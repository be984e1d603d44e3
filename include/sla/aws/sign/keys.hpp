// SPDX-License-Identifier: MIT
#pragma once
// Makes credentials from the texts that a file, a program or a server gave, whatever the source.
// Keys and tokens become headers: one that holds a line break or another character that no key has
// is refused here, once for all sources. Messages say what is wrong and never what was read.
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/sign/credentials.hpp"
#include "sla/core/parse_time.hpp"
#include "sla/core/result.hpp"
#include "sla/core/secret.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// One set of keys as a source gave it; empty is what it did not give.
struct KeyTexts {
  std::string_view access_key_id{};
  std::string_view secret_access_key{};
  std::string_view session_token{};
  std::string_view expiration{};  ///< RFC 3339
  std::string_view account_id{};
};

namespace detail {

struct NamedText {
  std::string_view name;
  std::string_view text;
};

}  // namespace detail

/// Returns true if a text has visible ASCII characters only, as keys, tokens and identifiers have.
[[nodiscard]] constexpr bool is_visible_ascii(std::string_view text) noexcept {
  for (char const c : text) {
    if (c <= ' ' || c > '~') return false;
  }
  return true;
}

/// Returns the credentials. Errc::malformed if the key id or the secret is missing, a text
/// cannot be a key, or the expiration is no time.
[[nodiscard]] inline Result<Credentials> make_credentials(KeyTexts const& texts,
                                                          std::string source) {
  if (texts.access_key_id.empty()) return Error{Errc::malformed, "the access key id is missing"};
  if (texts.secret_access_key.empty()) {
    return Error{Errc::malformed, "the secret access key is missing"};
  }
  for (auto const& [name, text] :
       std::initializer_list<detail::NamedText>{{"access key id", texts.access_key_id},
                                                {"secret access key", texts.secret_access_key},
                                                {"session token", texts.session_token},
                                                {"account id", texts.account_id}}) {
    if (is_visible_ascii(text)) continue;
    return Error{Errc::malformed, "the " + std::string(name) +
                                      " holds a character that cannot be in it, such as a blank"};
  }
  Credentials keys{};
  keys.access_key_id = texts.access_key_id;
  keys.secret_access_key = Secret(texts.secret_access_key);
  keys.session_token = Secret(texts.session_token);
  keys.account_id = texts.account_id;
  keys.source = std::move(source);
  if (texts.expiration.empty()) return keys;
  keys.expires = parse_iso_time(texts.expiration);
  if (!keys.expires) {
    return Error{Errc::malformed, "the expiration is not a time such as 2026-01-01T00:00:00Z"};
  }
  return keys;
}

}  // namespace sla::inline v1::aws
