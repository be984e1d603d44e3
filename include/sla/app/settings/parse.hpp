// SPDX-License-Identifier: MIT
#pragma once
// The settings of a run from the command line and the environment: a flag beats its variable,
// which beats the default; some variables may come from parameters. Every problem is found in one
// go, and nothing outside is touched. What of the command
// line cannot be understood was found before.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/command.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/loaded_variables.hpp"
#include "sla/app/nearest.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/settings/field.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/app/settings/table.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/run_id.hpp"

namespace sla::inline v1::app {

/// The flags of a run: those of the settings in the order of their table, then two more.
inline constexpr auto setting_flags = [] {
  std::array<Flag, setting_table.size() + 2> flags{};
  for (std::size_t row = 0; row < setting_table.size(); ++row) {
    Setting const& setting = setting_table[row];
    flags[row] = {.name = setting.flag,
                  .value = setting.value,
                  .meaning = setting.meaning,
                  .takes = Takes::setting,
                  .times = setting.times,
                  .variable = setting.variable,
                  .fallback = setting.fallback};
  }
  flags[setting_table.size()] = {
      .value = "WORD...",
      .meaning = "the words of the command, executed directly, unchanged",
      .takes = Takes::rest};
  flags[setting_table.size() + 1] = {.name = "print-settings",
                                     .meaning = "print each value and where it came from, and exit",
                                     .takes = Takes::nothing};
  return flags;
}();

/// The flags of a command that has the settings of a run.
inline constexpr std::span<Flag const> shared_flags{setting_flags.data(), setting_table.size() + 1};

/// What the settings are read for.
struct ParseOptions {
  /// Says if a missing setting is a problem. A gate needs a test, and a service for its sinks.
  enum class Missing { is_a_problem, is_fine, for_a_gate };

  /// Nothing if no parameters were loaded yet: what they may still bring is not missing.
  LoadedVariables const* loaded = nullptr;
  Missing missing = Missing::is_a_problem;
};

/// What was understood, and what was not. The lists hold one line for each finding.
struct Parsed {
  Settings settings{};
  std::vector<std::string> problems{};
  std::vector<std::string> warnings{};
  std::array<Origin, setting_table.size()> origins{};  ///< for each row of the table
  LoadedVariables loaded{};                            ///< what was made known of the parameters

  /// Returns what the program exits with before it starts; 0 if the settings can be used.
  [[nodiscard]] int exit_code() const noexcept {
    return problems.empty() ? exit_success : exit_settings;
  }
};

/// Returns true if the value of a row must not be shown, because of the setting or of its
/// parameter.
[[nodiscard]] inline bool is_secret(Parsed const& parsed, std::size_t row) {
  if (setting_table[row].shown == Shown::as_stars) return true;
  if (parsed.origins[row] != Origin::ssm) return false;
  auto const found = parsed.loaded.find(setting_table[row].variable);
  return found == parsed.loaded.end() || found->second.shown == Shown::as_stars;
}

namespace detail {

class SettingsReader {
 public:
  SettingsReader(Arguments const& arguments, Environment const& environment, ParseOptions options)
      : arguments_(arguments), environment_(environment), options_(options) {
    if (options.loaded != nullptr) parsed_.loaded = *options.loaded;
  }

  Parsed read() {
    read_words();
    for (std::size_t row = 0; row < setting_table.size(); ++row) read_row(row);
    bool const pending = options_.loaded == nullptr && !parsed_.settings.ssm_names.empty();
    bool const known = !pending && options_.missing != ParseOptions::Missing::is_fine;
    bool const complete = known && options_.missing == ParseOptions::Missing::is_a_problem;
    choose_what_to_run();
    if (known) require_what_to_run();
    require_when_to_run(complete);
    if (complete) require_time_for_attempts();
    if (complete) require_a_sink();
    warn_of_unknown_variables();
    return std::move(parsed_);
  }

 private:
  static constexpr std::size_t command = setting_index("command");
  static constexpr std::size_t words = setting_table.size();  // the row of --
  static constexpr std::size_t url = setting_index("url");
  static constexpr std::size_t tcp = setting_index("tcp");
  static constexpr std::size_t timeout = setting_index("timeout");
  static constexpr std::size_t delay = setting_index("delay");
  static constexpr std::size_t every = setting_index("every");
  static constexpr std::size_t retries_row = setting_index("retries");
  static constexpr std::size_t once = setting_index("once");
  static constexpr std::size_t expect_every = setting_index("expect-every");
  static constexpr std::size_t topic_arn = setting_index("sns-topic-arn");
  static constexpr std::size_t topic_name = setting_index("sns-topic-name");

  void read_row(std::size_t row) {
    Setting const& setting = setting_table[row];
    if (row == command && !given(words).empty()) return;
    if (auto const texts = given(row); !texts.empty()) {
      // An empty value of a flag takes back what the environment says.
      for (std::string_view const text : texts) read_text(row, Origin::flag, text);
    } else if (auto const text = environment_.get(setting.variable)) {
      bool const loaded = parsed_.loaded.find(setting.variable) != parsed_.loaded.end();
      read_text(row, loaded ? Origin::ssm : Origin::environment, *text);
    }
  }

  void read_text(std::size_t row, Origin origin, std::string_view text) {
    if (text.empty()) return;
    Setting const& setting = setting_table[row];
    parsed_.origins[row] = origin;
    auto good = setting.check(text);
    if (good) good = read_field(setting.field, text, parsed_.settings);
    if (good) return;
    wrong_[row] = true;
    parsed_.problems.push_back(setting_label(setting, origin) + ": " + shown(row, text) + ' ' +
                               good.error().message);
  }

  /// Returns a value as a message may show it, wherever it came from.
  [[nodiscard]] std::string shown(std::size_t row, std::string_view text) const {
    return is_secret(parsed_, row) ? "***" : shown_value(setting_table[row], text);
  }

  /// Returns what the command line gives a flag; a default one gives nothing.
  [[nodiscard]] std::span<std::string_view const> given(std::size_t flag) const {
    if (arguments_.values.empty()) return {};
    return arguments_.values[flag];
  }

  void read_words() {
    if (given(words).empty()) return;
    parsed_.origins[command] = Origin::flag;
    parsed_.settings.words.assign(given(words).begin(), given(words).end());
    if (given(command).empty()) return;
    parsed_.problems.emplace_back(
        "Command (--command) and the words after -- exclude each other: give one of them");
  }

  [[nodiscard]] bool is_set(std::size_t row) const noexcept {
    return parsed_.origins[row] != Origin::fallback;
  }
  void require(std::string const& what) {
    parsed_.problems.push_back(what + " is a required argument");
  }
  static std::string variable_label(std::size_t row) {
    return setting_label(setting_table[row], Origin::environment);
  }
  [[nodiscard]] std::string label(std::size_t row) const {
    return setting_label(setting_table[row], parsed_.origins[row]);
  }

  /// A command or a probe; a probe takes no hour.
  void choose_what_to_run() {
    std::size_t chosen = setting_table.size();
    for (std::size_t const row : {command, url, tcp}) {
      if (!is_set(row)) continue;
      if (chosen != setting_table.size()) exclude_each_other(chosen, row);
      chosen = row;
    }
    probe_ = is_set(url) || is_set(tcp);
    if (probe_ && !is_set(timeout)) parsed_.settings.timeout = std::chrono::seconds{30};
    for (std::size_t row = tcp + 1; row <= setting_index("keep-alive") && !is_set(url); ++row) {
      if (is_set(row)) parsed_.problems.push_back(label(row) + " is for a URL (--url): give one");
    }
    constexpr std::size_t text = setting_index("expect-body");
    if (is_set(text) && !parsed_.settings.expect_body.empty() &&
        parsed_.settings.method == "HEAD") {
      parsed_.problems.push_back(label(text) +
                                 " needs another method than HEAD, which has no body");
    }
  }
  void exclude_each_other(std::size_t one, std::size_t other) {
    parsed_.problems.push_back(label(one) + " and " + label(other) +
                               " exclude each other: give one of them");
  }

  void require_what_to_run() {
    bool const nameless =
        options_.missing == ParseOptions::Missing::for_a_gate && !has_sink(parsed_.settings);
    for (std::size_t const row : {command, setting_index("service")}) {
      bool const needed = row == command ? !probe_ : !nameless;
      if (!is_set(row) && needed) require(variable_label(row));
    }
  }

  void require_when_to_run(bool complete) {
    if (is_set(delay) && is_set(every)) exclude_each_other(delay, every);
    if (complete && is_set(expect_every) && !parsed_.settings.once && !wrong_[once]) {
      parsed_.problems.push_back(label(expect_every) +
                                 " is for --once: a runner that stays knows " +
                                 "when its next run begins");
    }
    // A wrong --once is a problem of its own; whether it asks for a delay cannot be known.
    bool const one_run = parsed_.settings.once || wrong_[once] || parsed_.settings.dry_run;
    if (complete && !is_set(delay) && !is_set(every) && !one_run) require(variable_label(delay));
  }

  /// All attempts must fit the grid of starts.
  void require_time_for_attempts() {
    Settings const& settings = parsed_.settings;
    auto const retries = parse_integer(trim(settings.retries)).value_or(0);
    if (retries < 1 || !is_set(every) || wrong_[retries_row] || wrong_[every]) return;
    Duration const all = settings.timeout * (retries + 1) + settings.retry_delay * retries;
    if (settings.timeout > Duration::zero() && all <= *settings.every) return;
    std::string const each = settings.timeout > Duration::zero()
                                 ? std::to_string(retries + 1) + " attempts of " +
                                       value_text(settings.timeout) + " s (timeout), " +
                                       value_text(settings.retry_delay) + " s apart (retry-delay),"
                                 : "attempts without a timeout";
    parsed_.problems.push_back(label(retries_row) + ": " + each + " do not fit " + label(every) +
                               " of " + value_text(*settings.every) + " s");
  }

  void require_a_sink() {
    if (is_set(topic_arn) || is_set(topic_name) || is_set(setting_index("store"))) return;
    require(variable_label(topic_arn) + " or " + variable_label(topic_name));
  }

  void warn_of_unknown_variables() {
    constexpr std::string_view prefix = "SLARUNNER_";
    std::vector<std::string_view> known;
    for (Setting const& setting : setting_table) {
      std::string_view const name = setting.variable;
      if (name.starts_with(prefix)) known.push_back(name.substr(prefix.size()));
    }
    for (auto const& [name, value] : environment_) {
      bool const from_an_outer_runner = name == run_id_variable || name == attempt_variable;
      if (!name.starts_with(prefix) || from_an_outer_runner) continue;
      std::string_view const rest = std::string_view(name).substr(prefix.size());
      if (std::find(known.begin(), known.end(), rest) != known.end()) continue;
      parsed_.warnings.push_back("unknown variable " + escaped(name, 60) +
                                 nearest_hint(rest, known, prefix));
    }
  }

  Arguments const& arguments_;
  Environment const& environment_;
  ParseOptions options_;
  Parsed parsed_;
  std::array<bool, setting_table.size()> wrong_{};
  bool probe_ = false;  ///< whether the program itself asks
};

}  // namespace detail

/// Reads the settings of a run, or of another command that has them.
[[nodiscard]] inline Parsed parse_settings(Arguments const& arguments,
                                           Environment const& environment,
                                           ParseOptions options = {}) {
  return detail::SettingsReader(arguments, environment, options).read();
}

}  // namespace sla::inline v1::app
