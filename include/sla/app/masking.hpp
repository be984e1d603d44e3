// SPDX-License-Identifier: MIT
#pragma once
// What output must not show: the values of parameters that are secret, and the secrets that a probe
// sends. Messages name them and have nothing of their values.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/quoted.hpp"
#include "sla/app/settings/parse.hpp"
#include "sla/app/settings/table.hpp"
#include "sla/aws/http/curl_probe.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/log.hpp"
#include "sla/core/masks.hpp"
#include "sla/core/secret.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::app {

/// A value that is to be masked, and what messages call it.
struct MaskedValue {
  std::string name{};  ///< empty: nothing is said if it is too short
  Secret value{};
};

namespace detail {

/// Returns true for a header of a request whose value is no secret, by its name.
inline bool is_plain_header(std::string_view name) {
  constexpr std::string_view names =
      " accept accept-charset accept-encoding accept-language cache-control connection "
      "content-encoding content-language content-length content-type date expect from host "
      "if-match if-modified-since if-none-match origin pragma range referer te transfer-encoding "
      "user-agent ";
  return names.find(" " + lower(name) + " ") != names.npos;
}

/// Returns true if what has that name in a query is likely to be a secret.
inline bool sounds_secret(std::string_view name) {
  constexpr std::array<std::string_view, 7> words{
      "token", "secret", "passw", "credential", "signature", "session", "authorization"};
  constexpr std::array<std::string_view, 5> ends{"key", "sig", "auth", "pwd", "pass"};
  std::string const text = lower(name);
  auto const holds = [&](std::string_view word) { return text.find(word) != text.npos; };
  auto const is_end = [&](std::string_view end) { return text.ends_with(end); };
  return text == "code" || std::any_of(words.begin(), words.end(), holds) ||
         std::any_of(ends.begin(), ends.end(), is_end);
}

inline void add_header(std::vector<MaskedValue>& values, std::string_view line) {
  std::size_t const colon = std::min(line.find(':'), line.size());
  std::string_view const name = trim(line.substr(0, colon));
  std::string_view const value = trim(line.substr(std::min(colon + 1, line.size())));
  if (is_plain_header(name)) return;
  values.push_back({"the value of the header " + escaped(name), Secret(value)});
  // What follows a scheme such as Bearer stands alone elsewhere.
  std::size_t const blank = value.find(' ');
  bool const scheme = lower(name).ends_with("authorization") && blank != std::string_view::npos;
  if (scheme) values.push_back({"", Secret(value.substr(blank + 1))});
}

inline void add_url(std::vector<MaskedValue>& values, std::string const& url) {
  auto const [user, password] = internal::credentials_of_url(url);
  values.push_back({"the password in the URL", Secret(password)});
  if (password.empty()) values.push_back({"the name in the URL", Secret(user)});
  if (!password.empty()) values.push_back({"", Secret(user + ':' + password)});
  std::size_t const query = std::min(url.find('?'), url.size());
  std::string_view const rest = std::string_view(url).substr(query);
  for (std::string_view const part : split(rest.substr(0, rest.find('#')), '&')) {
    std::size_t const equals = std::min(part.find('='), part.size());
    if (!sounds_secret(part.substr(0, equals)) || equals == part.size()) continue;
    values.push_back(
        {"the value of a secret in the query of the URL", Secret(part.substr(equals + 1))});
  }
}

}  // namespace detail

/// Returns the values that are to be masked: those of headers but the usual ones, and of the URL
/// its password and what in its query sounds like a secret.
[[nodiscard]] inline std::vector<MaskedValue> values_to_mask(Settings const& settings) {
  std::vector<MaskedValue> values;
  for (std::string const& line : settings.headers.lines) detail::add_header(values, line);
  detail::add_url(values, settings.url);
  return values;
}

/// Returns the same of the settings of a process, and the values of parameters that are
/// SecureStrings.
[[nodiscard]] inline std::vector<MaskedValue> values_to_mask(Parsed const& parsed,
                                                             Environment const& environment) {
  std::vector<MaskedValue> values;
  for (auto const& [variable, origin] : parsed.loaded) {
    if (origin.shown == Shown::plainly) continue;
    values.push_back({"the value of the parameter " + escaped(origin.parameter),
                      Secret(environment.get(variable).value_or(""))});
  }
  auto const own = values_to_mask(parsed.settings);
  values.insert(values.end(), own.begin(), own.end());
  return values;
}

/// Returns the masks of the values. Those that are too short for it get a warning each.
[[nodiscard]] inline Masks masks_of(std::vector<MaskedValue> values, Logger const& log) {
  std::vector<Secret> secrets;
  for (MaskedValue& one : values) {
    bool const said = one.name.empty() || trim(one.value.reveal()).empty();
    if (!said && !Masks::can_mask(one.value.reveal())) {
      log.warning(one.name + " has less than " + std::to_string(Masks::shortest) +
                  " bytes and is not masked in output");
    }
    secrets.push_back(std::move(one.value));
  }
  return Masks(secrets);
}

}  // namespace sla::inline v1::app
