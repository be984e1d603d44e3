// SPDX-License-Identifier: MIT
#pragma once
// The grammar of ~/.aws/config and ~/.aws/credentials: a text becomes sections of properties. It is
// that of the SDKs, line by line: blanks are spaces and tabs, quotes mean nothing, and a name with
// other characters than A-Z a-z 0-9 _ - / . % @ : + is passed over with all that belongs to it.
// Which sections mean what is read in aws/profile.hpp.
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1 {

/// Keys in lower case and their values; that of `name` inside of `s3` is `s3.name`.
using IniProperties = std::map<std::string, std::string, std::less<>>;

/// One section as it stands in the file; the same one may stand there several times.
struct IniSection {
  std::string kind{};  ///< `profile` of `[profile x]`; empty where there is one word alone
  std::string name{};  ///< `x`
  IniProperties properties{};

  bool operator==(IniSection const&) const = default;
};

namespace detail {

constexpr bool is_ini_blank(char c) noexcept { return c == ' ' || c == '\t'; }

constexpr std::string_view trim_ini(std::string_view text) noexcept {
  while (!text.empty() && is_ini_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ini_blank(text.back())) text.remove_suffix(1);
  return text;
}

constexpr bool is_ini_name(std::string_view text) noexcept {
  constexpr std::string_view others = "_-/.%@:+";
  for (char const c : text) {
    if (!is_alpha(c) && !is_digit(c) && others.find(c) == std::string_view::npos) return false;
  }
  return !text.empty();
}

/// A property's line without the comment, which begins after a blank.
constexpr std::string_view without_comment(std::string_view line) noexcept {
  for (std::size_t i = 1; i < line.size(); ++i) {
    if ((line[i] == '#' || line[i] == ';') && is_ini_blank(line[i - 1])) return line.substr(0, i);
  }
  return line;
}

/// Reads a file line by line.
class IniReader {
 public:
  Result<void> read(std::string_view line) {
    if (trim_ini(line).empty() || line.front() == '#' || line.front() == ';') return {};
    if (line.front() == '[') return section(line);
    if (!in_section_) return invalid("a line stands before the first [section]");
    return is_ini_blank(line.front()) ? continuation(trim_ini(line)) : property(line);
  }

  [[nodiscard]] std::vector<IniSection> sections() && { return std::move(sections_); }

 private:
  /// The two sides of an equals sign.
  struct Pair {
    std::string_view key;
    std::string_view value;
  };

  static Error invalid(std::string_view why) { return Error{Errc::invalid, std::string(why)}; }

  static Result<Pair> pair(std::string_view line) {
    std::size_t const equals = line.find('=');
    if (equals == std::string_view::npos) return invalid("there is no = after the name");
    Pair const found{trim_ini(line.substr(0, equals)), trim_ini(line.substr(equals + 1))};
    if (found.key.empty()) return invalid("there is no name before the =");
    return found;
  }

  Result<void> section(std::string_view line) {
    line = trim_ini(line.substr(0, line.find_first_of("#;")));
    if (!line.ends_with(']')) return invalid("the ] that ends the name of the section is missing");
    std::string_view const whole = trim_ini(line.substr(1, line.size() - 2));
    std::size_t const blank = whole.find_first_of(" \t");
    bool const alone = blank == std::string_view::npos;
    std::string_view const kind = alone ? std::string_view{} : whole.substr(0, blank);
    std::string_view const name = alone ? whole : trim_ini(whole.substr(blank));
    in_section_ = true;
    property_.clear();
    state_ = State::no_property;
    known_section_ = is_ini_name(name);
    if (known_section_) sections_.push_back({std::string(kind), std::string(name), {}});
    return {};
  }

  Result<void> property(std::string_view line) {
    auto const found = pair(without_comment(line));
    if (!found) return found.error();
    property_ = lower(found->key);
    state_ = found->value.empty() ? State::parent : State::value;
    set(property_, found->value);
    return {};
  }

  Result<void> continuation(std::string_view line) {
    if (state_ == State::no_property) {
      return invalid("it begins with a blank but there is no property to continue");
    }
    if (state_ == State::value) {
      if (std::string* const value = find(property_)) value->append("\n").append(line);
      return {};
    }
    auto const found = pair(line);
    if (!found) return found.error();
    if (is_ini_name(found->key)) set(property_ + '.' + lower(found->key), found->value);
    return {};
  }

  void set(std::string const& key, std::string_view value) {
    if (!known_section_ || !is_ini_name(key)) return;
    sections_.back().properties.insert_or_assign(key, std::string(value));
  }
  std::string* find(std::string const& key) {
    if (!known_section_) return nullptr;
    auto const found = sections_.back().properties.find(key);
    return found == sections_.back().properties.end() ? nullptr : &found->second;
  }

  enum class State { no_property, value, parent };

  std::vector<IniSection> sections_;
  std::string property_;
  State state_ = State::no_property;
  bool in_section_ = false;
  bool known_section_ = false;
};

}  // namespace detail

/// The sections of a file in their order. The error names the line and the reason, and repeats
/// nothing of the line, which may hold a key.
[[nodiscard]] inline Result<std::vector<IniSection>> parse_ini(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  detail::IniReader reader;
  std::size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (auto done = reader.read(line); !done) {
      return done.error().within("line " + std::to_string(number));
    }
  }
  return std::move(reader).sections();
}

}  // namespace sla::inline v1
