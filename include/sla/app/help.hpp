// SPDX-License-Identifier: MIT
#pragma once
// What --help, --version and --print-settings print, as texts that end in a line break. The help of
// a command is made of its flags and sentences, laid out in 100 columns.
#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/checks/keys.hpp"
#include "sla/app/command.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/settings/field.hpp"
#include "sla/app/settings/parse.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/app/settings/table.hpp"
#include "sla/aws/http/curl.hpp"
#include "sla/core/json.hpp"
#include "sla/core/text.hpp"
#include "sla/version.hpp"

namespace sla::inline v1::app {

/// The columns of help.
inline constexpr std::size_t help_width = 100;

namespace detail {

/// Breaks a text into lines of at most `width` columns; a longer word has its own line.
inline std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  if (text.size() <= width) return {std::string(text)};
  std::vector<std::string> lines{""};
  for (std::string_view const word : split(text, ' ')) {
    std::string& line = lines.back();
    if (!line.empty() && line.size() + 1 + word.size() > width) {
      lines.emplace_back(word);
    } else {
      line.append(line.empty() ? "" : " ").append(word);
    }
  }
  return lines;
}

/// Appends blanks to a text up to a width; characters are counted, not bytes.
inline std::string padded(std::string text, std::size_t width) {
  std::size_t size = 0;
  for (char const c : text) size += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  if (size < width) text.append(width - size, ' ');
  return text;
}

/// Appends a line without the blanks at its end.
inline void append_line(std::string& out, std::string_view line) {
  out.append(line.substr(0, line.find_last_not_of(' ') + 1)).append("\n");
}

/// One row of help: the lines of its first cell, a short second one, and a text for the rest.
struct HelpRow {
  std::vector<std::string> names{};
  std::string_view fallback{};
  std::string_view meaning{};
};

/// Returns the row of a flag: how it is given, and under it the variable.
inline HelpRow help_row(Flag const& flag) {
  HelpRow row{.fallback = flag.fallback, .meaning = flag.meaning};
  std::string name = flag.spelled();
  if (!flag.value.empty() && !name.empty()) name.append(" ").append(flag.value);
  if (!name.empty()) row.names.push_back(std::move(name));
  if (!flag.variable.empty()) row.names.push_back(std::string("  ").append(flag.variable));
  return row;
}

/// Appends rows in columns that are as wide as their widest cells.
inline void append_rows(std::string& out, std::vector<HelpRow> const& rows) {
  std::size_t names = 0;
  std::size_t fallback = 0;
  for (HelpRow const& row : rows) {
    for (std::string const& name : row.names) names = std::max(names, name.size() + 4);
    if (!row.fallback.empty()) fallback = std::max(fallback, row.fallback.size() + 2);
  }
  for (HelpRow const& row : rows) {
    auto const meaning = wrapped(row.meaning, help_width - names - fallback);
    for (std::size_t i = 0; i < std::max(row.names.size(), meaning.size()); ++i) {
      std::string line = padded(i < row.names.size() ? "  " + row.names[i] : "", names);
      line += padded(std::string(i == 0 ? row.fallback : ""), fallback);
      if (i < meaning.size()) line += meaning[i];
      append_line(out, line);
    }
  }
}

/// Appends each line of a text, wrapped, behind something that stands before the first and blanks.
inline void append_lines(std::string& out, std::string_view before, std::string_view text) {
  std::string lead(before);
  for (std::string_view const part : split(text, '\n')) {
    for (std::string const& line : wrapped(part, help_width - lead.size())) {
      out.append(lead).append(line).append("\n");
      lead.assign(lead.size(), ' ');
    }
  }
}

/// Returns the rows of the flags of a command, and of those that every command has.
inline std::vector<HelpRow> flag_rows(Command const& command) {
  std::vector<HelpRow> rows{{{"flag, environment"}, "default", "meaning"}};
  bool defaults = false;
  for (std::size_t i = 0; i < command.flags.size(); ++i) {
    HelpRow row = help_row(command.flags[i]);
    if (row.names.empty()) continue;
    defaults = defaults || !row.fallback.empty();
    rows.push_back(std::move(row));
  }
  if (!defaults) rows.erase(rows.begin());
  rows.push_back({{"--help, -h"}, {}, "print this and exit"});
  rows.push_back({{"--version"}, {}, "print the version and exit"});
  return rows;
}

/// Where a value came from, in the words of whoever set it.
inline std::string origin_text(Setting const& setting, Parsed const& parsed, Origin origin) {
  if (origin == Origin::fallback) return "default";
  if (origin == Origin::environment) return std::string("$").append(setting.variable);
  if (origin == Origin::ssm) {
    auto const found = parsed.loaded.find(setting.variable);
    return "SSM " + (found == parsed.loaded.end() ? std::string() : found->second.parameter);
  }
  bool const words = setting.flag == "command" && parsed.settings.command.empty();
  return words ? "after --" : std::string("--").append(setting.flag);
}

inline std::string printed_value(std::size_t row, Parsed const& parsed) {
  Setting const& setting = setting_table[row];
  Settings const& settings = parsed.settings;
  if (setting.flag == "command" && !settings.words.empty()) {
    std::string words;
    for (std::string const& word : settings.words) {
      words.append(words.empty() ? "'" : " '").append(escaped(word)).append("'");
    }
    return words;
  }
  std::string const value = field_text(setting.field, settings);
  if (value.empty()) return "-";
  return is_secret(parsed, row) ? "***" : escaped(value_shown(setting, value));
}

}  // namespace detail

/// Returns what the help of a command says; with that of the program the other commands are listed.
[[nodiscard]] inline std::string help_text(Command const& command,
                                           std::span<Command const* const> others = {}) {
  std::string out;
  detail::append_lines(out, "", command.purpose);
  std::string const usage = std::string("sla-runner ").append(command.name);
  detail::append_lines(out += '\n', "usage: ", command.usage.empty() ? usage : command.usage);
  if (!others.empty()) {
    std::vector<detail::HelpRow> rows;
    for (Command const* const other : others) {
      if (!other->name.empty()) rows.push_back({{std::string(other->name)}, {}, other->purpose});
    }
    detail::append_rows(out += "\ncommands, each with a help of its own:\n", rows);
  }
  if (!command.about.empty()) detail::append_lines(out += '\n', "", command.about);
  detail::append_rows(out += '\n', detail::flag_rows(command));
  if (!command.examples.empty()) {
    detail::append_lines(out += "\nexamples:\n", "  ", command.examples);
  }
  std::vector<detail::HelpRow> codes;
  for (ExitCode const& exit : command.exit_codes) {
    if (exit.meaning.empty()) break;
    std::string const code = std::to_string(exit.code);
    codes.push_back({{std::string(3 - code.size(), ' ') + code}, {}, exit.meaning});
  }
  detail::append_rows(out += "\nexit codes:\n", codes);
  return out;
}

/// Returns the version of the library, such as `1.2.3`.
[[nodiscard]] inline std::string version_number() {
  return std::to_string(SLA_VERSION_MAJOR) + '.' + std::to_string(SLA_VERSION_MINOR) + '.' +
         std::to_string(SLA_VERSION_PATCH);
}

/// Returns what --version prints: one line with the version, the libraries inside, and the commit
/// if it is known.
[[nodiscard]] inline std::string version_text(std::string_view commit) {
  std::string text("sla-runner ");
  text.append(version_number()).append(" (").append(aws::curl_libraries());
  if (!commit.empty()) text.append(", commit ").append(commit);
  return text.append(")\n");
}

/// Returns what --print-settings prints: name, value and source of each setting, one line each.
[[nodiscard]] inline std::string settings_text(Parsed const& parsed) {
  constexpr std::size_t most_padding = 48;  // a longer value pushes its own source aside only
  std::vector<std::string> values;
  std::size_t width = 0;
  for (std::size_t row = 0; row < setting_table.size(); ++row) {
    values.push_back(detail::printed_value(row, parsed));
    if (values.back().size() <= most_padding) width = std::max(width, values.back().size());
  }
  std::string out;
  for (std::size_t row = 0; row < setting_table.size(); ++row) {
    Setting const& setting = setting_table[row];
    std::string const name(setting.flag.empty() ? setting.variable : setting.flag);
    std::string const origin = detail::origin_text(setting, parsed, parsed.origins[row]);
    out += detail::padded(name, 17) + "  " + detail::padded(values[row], width) + "  " + origin;
    out += '\n';
  }
  return out;
}

/// Returns what --print-settings prints of one of many checks: a line with what differs from the
/// defaults, as a file of checks has it. What the process keeps secret is so here, too.
[[nodiscard]] inline std::string check_text(Settings const& settings, Parsed const& process,
                                            bool secret) {
  Settings const usual;
  JsonWriter json;
  json.begin_object();
  auto const shown = [&](bool hidden, std::string const& value) {
    json.string(hidden ? "***" : value);
  };
  for (std::size_t row = 0; row < setting_table.size(); ++row) {
    Setting const& setting = setting_table[row];
    if (!is_of_a_check(setting)) continue;
    if (setting.flag == "command" && !settings.words.empty()) {
      json.key("words").begin_array();
      for (std::string const& word : settings.words) shown(secret, word);
      json.end_array();
      continue;
    }
    std::string const value = field_text(setting.field, settings);
    if (value == field_text(setting.field, usual)) continue;
    bool const inherited =
        is_secret(process, row) && value == field_text(setting.field, process.settings);
    json.key(setting_key(setting));
    shown(setting.flag != "service" && (secret || inherited), value_shown(setting, value));
  }
  json.end_object();
  return std::move(json).text() + '\n';
}

}  // namespace sla::inline v1::app
