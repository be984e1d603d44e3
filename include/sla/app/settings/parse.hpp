// SPDX-License-Identifier: MIT
#pragma once
// The settings of a run from the command line and the environment: a flag beats its variable,
// which beats the default; some variables may come from parameters. Every problem is found in one
// go, and nothing outside is touched. What of the command
// line cannot be understood was found before.
#include <algorithm>
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
#include "sla/app/settings/parsed.hpp"
#include "sla/app/settings/rules.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/app/settings/table.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/run_id.hpp"

namespace sla::inline v1::app {

namespace detail {

/// Returns a flag of a run: those of the settings in the order of their table, then two more.
constexpr Flag flag_of_run(std::size_t row) {
  if (row == setting_table.size()) {
    return {.value = "WORD...",
            .meaning = "the words of the command, executed directly, unchanged",
            .takes = Takes::rest};
  }
  if (row > setting_table.size()) {
    return {.name = "print-settings",
            .meaning = "print each value and where it came from, and exit",
            .takes = Takes::nothing};
  }
  Setting const& setting = setting_table[row];
  return {.name = setting.flag,
          .value = setting.value,
          .meaning = setting.meaning,
          .takes = Takes::setting,
          .times = setting.times,
          .variable = setting.variable,
          .fallback = setting.fallback};
}

}  // namespace detail

/// The variables of the limits by which a gate decides: of `count`, `interval`, `failure-limit`,
/// `inconclusive-limit` and `consecutive-success-limit`.
inline constexpr std::string_view gate_variables[] = {
    "SLARUNNER_GATECOUNT", "SLARUNNER_GATEINTERVAL", "SLARUNNER_GATEFAILURELIMIT",
    "SLARUNNER_GATEINCONCLUSIVELIMIT", "SLARUNNER_GATECONSECUTIVESUCCESSLIMIT"};

/// The flags of a run.
inline constexpr Flags setting_flags{detail::flag_of_run, setting_table.size() + 2};

/// Returns the flags of a command that has the settings of a run, and flags of its own.
[[nodiscard]] constexpr Flags settings_and(std::span<Flag const> own = {}) {
  return {detail::flag_of_run, setting_table.size() + 1, own};
}

/// What the settings are read for.
struct ParseOptions {
  /// Says if a missing setting is a problem. A gate needs a test, and a service for its sinks.
  enum class Missing { is_a_problem, is_fine, for_a_gate };

  /// Nothing if no parameters were loaded yet: what they may still bring is not missing.
  LoadedVariables const* loaded = nullptr;
  Missing missing = Missing::is_a_problem;
};

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
    if (rules_.is_set(checks)) {
      refuse_beside_checks();
    } else {
      if (known && rules_.is_set(shard)) {
        rules_.problem(rules_.label(shard) + " is for many checks (--checks): give a file");
      }
      rules_.choose_what_to_run();
      if (known) require_what_to_run();
      require_when_to_run(complete);
      if (complete) rules_.require_time_for_attempts();
    }
    if (complete && !parsed_.settings.dry_run) require_a_sink();
    if (complete && rules_.is_set(log_bundle)) require_logs_of_passes();
    warn_of_dry_run();
    warn_of_unknown_variables();
    return std::move(parsed_);
  }

 private:
  static constexpr std::size_t command = SettingRules::command;
  static constexpr std::size_t words = setting_table.size();  // the row of --
  static constexpr std::size_t delay = setting_index("delay");
  static constexpr std::size_t every = SettingRules::every;
  static constexpr std::size_t once = setting_index("once");
  static constexpr std::size_t dry_run = setting_index("dry-run");
  static constexpr std::size_t expect_every = setting_index("expect-every");
  static constexpr std::size_t shard = setting_index("shard");
  static constexpr std::size_t splay = setting_index("splay");
  static constexpr std::size_t checks = setting_index("checks");
  static constexpr std::size_t topic_arn = setting_index("sns-topic-arn");
  static constexpr std::size_t log_bundle = setting_index("log-bundle");
  static constexpr std::size_t upload_logs = setting_index("upload-logs");
  static constexpr std::size_t topic_name = setting_index("sns-topic-name");

  void read_row(std::size_t row) {
    Setting const& setting = setting_table[row];
    if (row == command && !given(words).empty()) return;
    if (auto const texts = given(row); !texts.empty()) {
      // An empty value of a flag takes back what the environment says.
      for (std::string_view const text : texts) rules_.read_text(row, Origin::flag, text);
    } else if (auto const text = environment_.get(setting.variable)) {
      bool const loaded = parsed_.loaded.find(setting.variable) != parsed_.loaded.end();
      rules_.read_text(row, loaded ? Origin::ssm : Origin::environment, *text);
    }
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
    rules_.problem(
        "Command (--command) and the words after -- exclude each other: give one of them");
  }

  void require(std::string const& what) { rules_.problem(what + " is a required argument"); }
  static std::string variable_label(std::size_t row) {
    return setting_label(setting_table[row], Origin::environment);
  }

  /// What belongs to one check alone is in the file; the rest holds for all checks that say
  /// nothing else.
  void refuse_beside_checks() {
    for (std::size_t const row :
         {command, setting_index("service"), SettingRules::url, SettingRules::tcp, splay}) {
      if (!rules_.is_set(row)) continue;
      rules_.problem(rules_.label(row) + " and " + rules_.label(checks) + " exclude each other: " +
                     (row == splay ? "starts are spread already" : "each check has its own"));
    }
    if (rules_.is_set(delay) && rules_.is_set(every)) rules_.exclude_each_other(delay, every);
  }

  void require_what_to_run() {
    bool const nameless =
        options_.missing == ParseOptions::Missing::for_a_gate && !has_sink(parsed_.settings);
    for (std::size_t const row : {command, setting_index("service")}) {
      bool const needed = row == command ? !rules_.is_probe() : !nameless;
      if (!rules_.is_set(row) && needed) require(variable_label(row));
    }
  }

  void require_when_to_run(bool complete) {
    if (rules_.is_set(delay) && rules_.is_set(every)) rules_.exclude_each_other(delay, every);
    if (complete && rules_.is_set(expect_every) && !parsed_.settings.once &&
        !rules_.is_wrong(once)) {
      rules_.problem(rules_.label(expect_every) + " is for --once: a runner that stays knows " +
                     "when its next run begins");
    }
    // A wrong --once is a problem of its own; whether it asks for a delay cannot be known.
    bool const one_run = parsed_.settings.once || rules_.is_wrong(once) || parsed_.settings.dry_run;
    if (complete && !rules_.is_set(delay) && !rules_.is_set(every) && !one_run)
      require(variable_label(delay));
  }

  void require_a_sink() {
    if (rules_.is_set(topic_arn) || rules_.is_set(topic_name) ||
        rules_.is_set(setting_index("store")))
      return;
    require(variable_label(topic_arn) + " or " + variable_label(topic_name));
    parsed_.hints.emplace_back(
        "--store DIR keeps results in a folder and needs no account; --help shows every setting");
  }

  void require_logs_of_passes() {
    std::string const what = rules_.label(log_bundle) + " bundles the logs of passes in S3";
    if (!rules_.is_set(setting_index("s3-bucket-name"))) {
      rules_.problem(what + ": give a bucket (--s3-bucket-name)");
    } else if (parsed_.settings.upload_logs != UploadLogs::always) {
      rules_.problem(what + ", and " + rules_.label(upload_logs) + " stores none");
    }
  }

  /// Any text turns it on, also one that people write to turn something off.
  void warn_of_dry_run() {
    auto const flags = given(dry_run);
    std::string const text(flags.empty()
                               ? environment_.get(setting_table[dry_run].variable).value_or("")
                               : flags.back());
    bool value = true;
    if (text.empty() || !read_value(text, value) || value) return;
    parsed_.warnings.push_back(
        rules_.label(dry_run) + ": " + quoted(std::string_view(text)) +
        " is not empty, so this is a dry run; leave it empty to send results");
  }

  void warn_of_unknown_variables() {
    constexpr std::string_view prefix = "SLARUNNER_";
    std::vector<std::string_view> known;
    for (Setting const& setting : setting_table) {
      std::string_view const name = setting.variable;
      if (name.starts_with(prefix)) known.push_back(name.substr(prefix.size()));
    }
    for (std::string_view const name : gate_variables) known.push_back(name.substr(prefix.size()));
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
  SettingRules rules_{parsed_};
};

}  // namespace detail

/// Reads the settings of a run, or of another command that has them.
[[nodiscard]] inline Parsed parse_settings(Arguments const& arguments,
                                           Environment const& environment,
                                           ParseOptions options = {}) {
  return detail::SettingsReader(arguments, environment, options).read();
}

}  // namespace sla::inline v1::app
