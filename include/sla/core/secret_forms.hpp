// SPDX-License-Identifier: MIT
#pragma once
// The forms in which a secret shows up in what others write: as it is, in base64 wherever it begins
// there, percent-encoded, and in JSON.
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sla/core/json.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::internal {

namespace detail {

/// Appends the text, and the same in the alphabet of base64 for URLs.
inline void add_base64(std::vector<std::string>& forms, std::string text) {
  std::string other = text;
  for (char& c : other) c = c == '+' ? '-' : c == '/' ? '_' : c;
  forms.push_back(std::move(text));
  forms.push_back(std::move(other));
}

/// Appends what stands in the base64 of any text that holds the secret: the digits that are its own
/// alone, and with its end the last digit and the padding. It begins at one of three places.
inline void add_base64_forms(std::vector<std::string>& forms, std::string_view secret) {
  for (std::size_t const before : {0U, 1U, 2U}) {
    std::string const text = std::string(before, '\0').append(secret);
    std::string const all = base64(text).substr(before == 0 ? 0 : before + 1);
    std::size_t const padding = (3 - text.size() % 3) % 3;
    std::size_t const whole = all.size() - padding;
    add_base64(forms, all);
    if (padding != 0) add_base64(forms, all.substr(0, whole));
    if (padding != 0) add_base64(forms, all.substr(0, whole - 1));
    // Programs that break lines do so after 76 or 64 digits.
    for (std::size_t const line : {76U, 64U}) {
      if (before != 0 || all.size() <= line) continue;
      std::string lines = all;
      for (std::size_t at = line; at < lines.size(); at += line + 1) lines.insert(at, 1, '\n');
      add_base64(forms, std::move(lines));
    }
  }
}

/// Which characters an encoder leaves as they are.
struct PercentRule {
  std::string_view kept{};  ///< besides letters and digits
  bool plus = false;        ///< whether a blank becomes a plus
  bool all = false;         ///< whether even letters and digits are encoded
};

inline std::string percent_form(std::string_view secret, PercentRule const& rule,
                                std::string_view digits) {
  std::string out;
  for (char const c : secret) {
    bool const kept = !rule.all && (is_alpha(c) || is_digit(c));
    if (kept || rule.kept.find(c) != std::string_view::npos) {
      out += c;
    } else if (rule.plus && c == ' ') {
      out += '+';
    } else {
      auto const byte = static_cast<unsigned char>(c);
      out += '%';
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    }
  }
  return out;
}

inline void add_percent_forms(std::vector<std::string>& forms, std::string_view secret) {
  constexpr std::array<PercentRule, 6> rules{{{.kept = "-._~"},                // RFC 3986
                                              {.kept = "-._~!'()*"},           // JavaScript
                                              {.kept = "-._~/"},               // paths
                                              {.kept = "-._*", .plus = true},  // forms of HTML
                                              {.kept = "-._~", .plus = true},
                                              {.all = true}}};
  for (PercentRule const& rule : rules) {
    forms.push_back(percent_form(secret, rule, "0123456789ABCDEF"));
    forms.push_back(percent_form(secret, rule, "0123456789abcdef"));
  }
}

}  // namespace detail

/// Returns the forms of a secret; some may be there more than once.
[[nodiscard]] inline std::vector<std::string> secret_forms(std::string_view secret) {
  std::vector<std::string> forms{std::string(secret)};
  detail::add_base64_forms(forms, secret);
  detail::add_percent_forms(forms, secret);
  std::string const json = JsonWriter().string(secret).text();
  forms.push_back(json.substr(1, json.size() - 2));
  return forms;
}

}  // namespace sla::inline v1::internal
