// SPDX-License-Identifier: MIT
#pragma once
// The grammar of ~/.aws/config and ~/.aws/credentials: a text becomes sections of properties. It is
// that of the SDKs, line by line: blanks are spaces and tabs, quotes in values mean nothing, and a
// name with other characters than A-Z a-z 0-9 _ - / . % @ : + is passed over with all that belongs
// to it. Where the SDKs see an error and the AWS CLI and boto3 do not, it is as lenient as they:
// `key: value`, files that are indented as a whole, and names of profiles in quotes.
// Which sections mean what is read in aws/config/profile.hpp.
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// Keys in lower case and their values; that of `name` inside of `s3` is `s3.name`.
using IniProperties = std::map<std::string, std::string, std::less<>>;

/// One section as it stands in the file; the same one may stand there several times.
struct IniSection {
  std::string kind{};  ///< `profile` of `[profile x]`; empty if there is one word alone
  std::string name{};  ///< `x`
  IniProperties properties{};

  bool operator==(IniSection const&) const = default;
};

/// What stands between the brackets of a section.
enum class IniTitles {
  kinds,  ///< `[profile x]`, as in the config file
  names,  ///< the name alone, blanks and all, as in the credentials file
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

/// A section's line without the comment, which needs no blank before it.
constexpr std::string_view without_title_comment(std::string_view line) noexcept {
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quote == '\0' && (line[i] == '#' || line[i] == ';')) return trim_ini(line.substr(0, i));
    bool const opens = quote == '\0' && (line[i] == '\'' || line[i] == '"') &&
                       line.find(line[i], i + 1) != line.npos;
    if (opens) {
      quote = line[i];
    } else if (line[i] == quote) {
      quote = '\0';
    }
  }
  return trim_ini(line);
}

/// The place of the delimiter between a name and its value. A colon is one as well if it can be
/// no part of the name: after a plain word, before a blank, or without an equals sign.
constexpr std::size_t find_delimiter(std::string_view line) noexcept {
  std::size_t const equals = line.find('='), colon = line.find(':');
  if (colon >= equals) return equals;
  bool word = true;
  for (char const c : trim_ini(line.substr(0, colon))) {
    word = word && (is_alpha(c) || is_digit(c) || c == '_');
  }
  bool const before_blank = colon + 1 == line.size() || is_ini_blank(line[colon + 1]);
  bool const name = equals != line.npos && is_ini_name(trim_ini(line.substr(0, equals)));
  return word || before_blank || !name ? colon : equals;
}

/// Takes the quotes off one word of a shell's, as the AWS CLI writes a name that holds blanks:
/// `'my team'`. What is no such word is given back as it is.
inline std::string without_quotes(std::string_view text) {
  std::string word;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    bool const escape = c == '\\' && quote != '\'' && i + 1 < text.size();
    if (escape) {
      word += text[++i];
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
    } else if (quote == '\0' && is_ini_blank(c)) {
      return std::string(text);
    } else if (c == quote) {
      quote = '\0';
    } else {
      word += c;
    }
  }
  return quote == '\0' ? word : std::string(text);
}

/// Reads a file line by line.
class IniReader {
 public:
  explicit IniReader(IniTitles titles) noexcept : titles_(titles) {}

  Result<void> read(std::string_view line) {
    std::string_view const text = trim_ini(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') return {};
    std::size_t const indent = line.find(text.front());
    if (state_ != State::no_property && indent > indent_) return continuation(text);
    indent_ = indent;
    if (text.front() == '[') return section(text);
    if (!in_section_) return invalid("a line stands before the first [section]");
    return property(text);
  }

  [[nodiscard]] std::vector<IniSection> sections() && { return std::move(sections_); }

 private:
  /// The two sides of the delimiter.
  struct Pair {
    std::string_view key;
    std::string_view value;
  };

  static Error invalid(std::string_view why) { return Error{Errc::invalid, std::string(why)}; }

  static Result<Pair> pair(std::string_view line) {
    std::size_t const at = find_delimiter(line);
    if (at == std::string_view::npos) return invalid("there is no = after the name");
    Pair const found{trim_ini(line.substr(0, at)), trim_ini(line.substr(at + 1))};
    if (found.key.empty()) return invalid("there is no name before the =");
    return found;
  }

  Result<void> section(std::string_view line) {
    line = without_title_comment(line);
    if (!line.ends_with(']')) return invalid("the ] that ends the name of the section is missing");
    std::string_view const whole = trim_ini(line.substr(1, line.size() - 2));
    std::size_t const blank = whole.find_first_of(" \t");
    bool const alone = titles_ == IniTitles::names || blank == std::string_view::npos;
    std::string_view const kind = alone ? std::string_view{} : whole.substr(0, blank);
    std::string_view const rest = alone ? whole : trim_ini(whole.substr(blank));
    std::string name = alone ? std::string(rest) : without_quotes(rest);
    in_section_ = true;
    property_.clear();
    state_ = State::no_property;
    bool const free = titles_ == IniTitles::names || name != rest;
    known_section_ = is_ini_name(name) || (free && !name.empty());
    if (known_section_) sections_.push_back({std::string(kind), std::move(name), {}});
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

  IniTitles titles_;
  std::vector<IniSection> sections_;
  std::string property_;
  std::size_t indent_ = 0;  ///< of the section or the property that was read last
  State state_ = State::no_property;
  bool in_section_ = false;
  bool known_section_ = false;
};

}  // namespace detail

/// Returns the sections of a file in their order. The error names the line and the reason, and
/// repeats nothing of the line, which may hold a key.
[[nodiscard]] inline Result<std::vector<IniSection>> parse_ini(
    std::string_view text, IniTitles titles = IniTitles::kinds) {
  detail::IniReader reader(titles);
  std::size_t number = 0;
  for (std::string_view line : split(without_byte_order_mark(text), '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (auto done = reader.read(line); !done) {
      return done.error().within("line " + std::to_string(number));
    }
  }
  return std::move(reader).sections();
}

}  // namespace sla::inline v1::aws
