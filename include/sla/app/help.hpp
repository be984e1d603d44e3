// SPDX-License-Identifier: MIT
#pragma once
// What --help, --version and --print-settings print, as texts that end in a line break. Help is the
// table of settings, laid out in 100 columns.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sla/app/exit_code.hpp"
#include "sla/app/parse_settings.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/setting_field.hpp"
#include "sla/app/setting_table.hpp"
#include "sla/app/settings.hpp"
#include "sla/core/text.hpp"
#include "sla/version.hpp"

namespace sla::inline v1 {

/// The columns of help.
inline constexpr std::size_t help_width = 100;

namespace detail {

/// The words of a text on lines of at most `width` columns; a longer word has its own line.
inline std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
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

/// The text followed by blanks up to a width; characters are counted, not bytes.
inline std::string padded(std::string text, std::size_t width) {
  std::size_t size = 0;
  for (char const c : text) size += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  if (size < width) text.append(width - size, ' ');
  return text;
}

inline void append_line(std::string& out, std::string_view line) {
  out.append(line.substr(0, line.find_last_not_of(' ') + 1)).append("\n");
}

/// The first column of a row: the flag, and under it the variable.
inline std::vector<std::string> names_of(Setting const& setting) {
  std::vector<std::string> names;
  if (!setting.flag.empty()) {
    std::string const flag = std::string("--").append(setting.flag);
    names.push_back(setting.is_switch() ? flag : (flag + ' ').append(setting.value));
  }
  if (!setting.variable.empty()) names.push_back(std::string("  ").append(setting.variable));
  return names;
}

/// The widths of the first two columns: those of their widest cells.
struct Columns {
  std::size_t names = 0;
  std::size_t fallback = 0;
};

inline Columns columns_of_help() {
  Columns columns{std::string_view("flag, environment").size(), std::string_view("default").size()};
  for (Setting const& setting : setting_table) {
    for (std::string const& name : names_of(setting)) {
      columns.names = std::max(columns.names, name.size());
    }
    columns.fallback = std::max(columns.fallback, setting.fallback.size());
  }
  return columns;
}

inline void append_row(std::string& out, Setting const& setting, Columns columns) {
  std::size_t const before = 2 + columns.names + 2 + columns.fallback + 2;
  auto const names = names_of(setting);
  auto const meaning = wrapped(setting.meaning, help_width - before);
  for (std::size_t i = 0; i < std::max(names.size(), meaning.size()); ++i) {
    std::string line = "  " + padded(i < names.size() ? names[i] : "", columns.names) + "  ";
    line += padded(i == 0 ? std::string(setting.fallback) : "", columns.fallback) + "  ";
    append_line(out, line + (i < meaning.size() ? meaning[i] : ""));
  }
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
  return is_secret(parsed, row) ? "***" : escaped(value);
}

}  // namespace detail

/// What --help prints.
[[nodiscard]] inline std::string help_text() {
  std::string out =
      "Runs a command again and again, publishes each result and keeps its log.\n\n"
      "usage: sla-runner [SETTING]... --command TEXT\n"
      "       sla-runner [SETTING]... -- WORD...\n"
      "       sla-runner healthcheck\n"
      "       sla-runner identity [SETTING]...\n"
      "       sla-runner report [OPTION]... --store DIR | FILE...\n"
      "       sla-runner spool list|replay|drop --spool DIR [RUN-ID]...\n"
      "       ssm-starter --ssm-name NAME... [--abort-if-duplicates | --overwrite-if-duplicates]\n"
      "         --command WORD...\n"
      "       iam-starter [--profile NAME] [--role NAME|ARN] [--region REGION] [--command "
      "WORD...]\n\n"
      "A flag beats its environment variable, which beats a value loaded from SSM, which beats "
      "the\n"
      "default. A value follows its flag as the next argument or after =; an empty one takes back "
      "what\nthe environment says. SECONDS may have units: 90, 0.5, 5m, 2h30m, 1d.\n\n"
      "healthcheck says whether a runner here is alive, identity as whom it speaks to AWS and "
      "where,\nspool what was not delivered yet; it sends again or drops what was set aside. "
      "report "
      "says what\nevents prove about availability; report --help tells its options.\n"
      "ssm-starter, a link to this program, loads parameters and becomes the command; "
      "iam-starter,\n"
      "another one, gets the credentials of a profile or a role for it.\n\n";
  detail::Columns const columns = detail::columns_of_help();
  out += "  " + detail::padded("flag, environment", columns.names) + "  " +
         detail::padded("default", columns.fallback) + "  meaning\n";
  for (Setting const& setting : setting_table) detail::append_row(out, setting, columns);
  out +=
      "\nexamples:\n"
      "  sla-runner --service shop --once --store results -- curl -fsS https://shop.example/\n"
      "  sla-runner --service shop --groups web,critical --delay 60 --s3-bucket-name shop-logs \\\n"
      "    --sns-topic-arn arn:aws:sns:eu-west-1:123456789012:sla --command 'make -C tests smoke'\n"
      "\nexit codes:\n";
  for (ExitCode const& exit : exit_codes) {
    std::string const code = std::to_string(exit.code);
    detail::append_line(
        out, std::string(4 - code.size(), ' ') + code + "  " + std::string(exit.meaning));
  }
  return out;
}

/// What --version prints.
[[nodiscard]] inline std::string version_text() {
  return "sla-runner " + std::to_string(SLA_VERSION_MAJOR) + '.' +
         std::to_string(SLA_VERSION_MINOR) + '.' + std::to_string(SLA_VERSION_PATCH) + '\n';
}

/// What --print-settings prints: name, value and source of each setting, one line each.
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
    if (setting.is_action()) continue;
    std::string const name(setting.flag.empty() ? setting.variable : setting.flag);
    std::string const origin = detail::origin_text(setting, parsed, parsed.origins[row]);
    out += detail::padded(name, 17) + "  " + detail::padded(values[row], width) + "  " + origin;
    out += '\n';
  }
  return out;
}

}  // namespace sla::inline v1
