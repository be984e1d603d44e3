// SPDX-License-Identifier: MIT
#pragma once
// The settings of one check from its object in a file of checks, over those that hold for all. Each
// value is read as the text that a flag would have, and by the same rules.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sla/app/checks/keys.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/settings/field.hpp"
#include "sla/app/settings/parsed.hpp"
#include "sla/app/settings/rules.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/app/settings/table.hpp"
#include "sla/app/settings/values.hpp"
#include "sla/aws/wire/reply.hpp"
#include "sla/executor/shown_if_failed.hpp"

namespace sla::inline v1::app::detail {

/// Returns a number as a flag would have it; nothing for one that no setting can be.
inline std::optional<std::string> number_text(aws::JsonReply const& value) {
  if (auto const whole = value.integer(aws::JsonPath{})) return std::to_string(*whole);
  auto const number = value.number(aws::JsonPath{});
  if (!number || std::abs(*number) > most_seconds) return std::nullopt;
  std::string const text = value_text(Duration{std::llround(std::abs(*number) * 1e9)});
  return *number < 0 ? '-' + text : text;
}

/// Returns true if a number of JSON can be the value of a setting.
inline bool takes_number(Setting const& setting) noexcept {
  std::string_view const kind = setting.value;
  return kind == "SECONDS" || kind == "BYTES" || kind == "N" || kind == "PERCENT" ||
         kind == "STATUSES" || setting.variable == "SLA_TARGET";
}

inline bool takes_list(Setting const& setting) noexcept {
  return std::holds_alternative<std::vector<std::string> Settings::*>(setting.field) ||
         std::holds_alternative<HeaderLines Settings::*>(setting.field);
}

/// What a message says of a value that is of the wrong type.
inline std::string_view expected_of(Setting const& setting) noexcept {
  if (setting.value.empty() && !setting.flag.empty()) return "expected true or false";
  if (takes_list(setting)) return "expected a list of texts";
  if (setting.value == "SECONDS") return "expected seconds: a number, or a text such as \"5m\"";
  return takes_number(setting) ? "expected a number or a text" : "expected a text";
}

/// Reads one object into a copy of the settings that hold where it says nothing.
class CheckReader {
 public:
  /// `origin` is that of what the object says: of defaults, or of a check, whose place is given.
  CheckReader(Parsed const& outer, CheckKeys const& keys, Origin origin, std::string place)
      : keys_(keys), origin_(origin), parsed_(outer) {
    parsed_.problems.clear();
    parsed_.place = std::move(place);
  }

  Parsed read(aws::JsonReply const& object) {
    if (!object.is_object()) {
      problem("", "expected an object, such as {\"service\":\"shop\",\"tcp\":\"shop:80\"}");
      return std::move(parsed_);
    }
    std::vector<std::string_view> const names = object.names();
    take_turns(names);
    for (std::size_t i = 0; i < names.size(); ++i) {
      auto const end = names.begin() + static_cast<std::ptrdiff_t>(i);
      bool const again = std::find(names.begin(), end, names[i]) != end;
      if (again) problem(names[i], "is given more than once");
      if (!again) read_member(names[i], *object.find({names[i]}));
    }
    if (origin_ == Origin::check) require(names);
    return std::move(parsed_);
  }

 private:
  static constexpr std::size_t command = SettingRules::command;
  static constexpr std::size_t url = SettingRules::url;
  static constexpr std::size_t tcp = SettingRules::tcp;
  static constexpr std::size_t every = SettingRules::every;
  static constexpr std::size_t delay = setting_index("delay");
  static constexpr std::size_t pass_through = setting_index("pass-through");
  static constexpr std::size_t service = setting_index("service");
  static constexpr std::size_t expect_every = setting_index("expect-every");

  void problem(std::string_view name, std::string_view why) {
    std::string place = origin_ == Origin::defaults ? "defaults" : parsed_.place;
    if (!name.empty()) place.append(".").append(escaped(name, 60));
    rules_.problem(place.append(": ").append(why));
  }

  static bool says(std::vector<std::string_view> const& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }
  static bool says_what(std::vector<std::string_view> const& names) {
    return says(names, "command") || says(names, "words") || says(names, "url") ||
           says(names, "tcp");
  }
  static bool says_when(std::vector<std::string_view> const& names) {
    return says(names, "delay") || says(names, "every");
  }

  /// What excludes each other is said by the innermost that says any of it.
  void take_turns(std::vector<std::string_view> const& names) {
    if (says(names, "command") && says(names, "words")) {
      problem("words", "excludes command: give one of them");
    }
    if (says_what(names)) {
      for (std::size_t const row : {command, url, tcp}) reset(row);
    }
    if (says_when(names)) {
      for (std::size_t const row : {delay, every}) reset(row);
    }
  }
  void reset(std::size_t row) {
    if (row == command) parsed_.settings.words.clear();
    parsed_.origins[row] = Origin::fallback;
    Settings const usual;
    auto const put_back = [&](auto const& field) {
      if constexpr (requires { parsed_.settings.*field; }) {
        parsed_.settings.*field = usual.*field;
      }
    };
    std::visit(put_back, setting_table[row].field);
  }

  void read_member(std::string_view name, aws::JsonReply const& value) {
    auto const row = keys_.find(name);
    if (!row) return problem(name, "no such setting" + keys_.hint(name));
    if (*row == CheckKeys::words) return read_words(value);
    Setting const& setting = setting_table[*row];
    if (!is_of_a_check(setting)) {
      return problem(name, std::string("belongs to the whole process: give --")
                               .append(setting.flag)
                               .append(" or $")
                               .append(setting.variable));
    }
    if (*row == service && origin_ == Origin::defaults) {
      return problem(name, "each check has its own");
    }
    reset(*row);
    if (value.is_array() && takes_list(setting)) return read_list(*row, value);
    auto const text = text_of(setting, value);
    if (!text) return problem(name, expected_of(setting));
    bool const needed = *row == service || says_what({name}) || says_when({name});
    if (needed && text->empty()) return problem(name, "is empty");
    rules_.read_text(*row, origin_, *text);
  }

  static std::optional<std::string> text_of(Setting const& setting, aws::JsonReply const& value) {
    if (auto const text = value.text()) return std::string(*text);
    bool const is_switch = setting.value.empty() && !setting.flag.empty();
    if (auto const truth = value.boolean(); truth && is_switch) return *truth ? "true" : "false";
    return takes_number(setting) ? number_text(value) : std::nullopt;
  }

  /// Reads a list of texts. What separates those of a flag is no part of one.
  void read_list(std::size_t row, aws::JsonReply const& list) {
    bool const lines = std::holds_alternative<HeaderLines Settings::*>(setting_table[row].field);
    std::string const name = setting_key(setting_table[row]);
    std::size_t number = 0;
    for (aws::JsonReply const& item : list.items(aws::JsonPath{})) {
      std::string const place = item_name(name, number++);
      auto const text = item.text();
      if (!text || text->empty()) {
        problem(place, "expected a text that is not empty");
      } else if (text->find(lines ? '\n' : ',') != std::string_view::npos) {
        problem(place, lines ? "holds a line break" : "holds a comma: give each by itself");
      } else {
        std::string const outer = origin_ == Origin::defaults ? "defaults" : parsed_.place;
        rules_.read_text(row, origin_, *text, outer + '.' + place);
      }
    }
  }
  static std::string item_name(std::string name, std::size_t number) {
    return name.append("[").append(std::to_string(number)).append("]");
  }

  void read_words(aws::JsonReply const& list) {
    std::vector<std::string> words;
    for (aws::JsonReply const& item : list.items(aws::JsonPath{})) {
      auto const text = item.text();
      bool const good = text && text->find('\0') == std::string_view::npos;
      if (!good) problem(item_name("words", words.size()), "expected a text");
      words.emplace_back(text.value_or(""));
    }
    if (words.empty() || words[0].empty()) {
      return problem("words", "expected a list of texts, the first of them a program");
    }
    parsed_.origins[command] = origin_;
    parsed_.settings.words = std::move(words);
  }

  /// What is there, and wrong, is not missing too.
  void require(std::vector<std::string_view> const& names) {
    for (std::size_t row = tcp + 1; row <= SettingRules::keep_alive; ++row) {
      bool const foreign = rules_.is_set(row) && parsed_.origins[row] != Origin::check;
      if (foreign && !rules_.is_set(url)) reset(row);  // meant for those with a URL
    }
    rules_.choose_what_to_run();
    // What many commands write at once cannot be told apart.
    if (!rules_.is_set(pass_through)) parsed_.settings.pass_through = OutputShown::none;
    Settings const& settings = parsed_.settings;
    bool const runs = rules_.is_set(command) || rules_.is_probe();
    if (!runs && !says_what(names)) problem("", "nothing to run: give command, words, url or tcp");
    if (!rules_.is_set(service) && !says(names, "service")) problem("service", "is required");
    if (rules_.is_set(delay) && rules_.is_set(every)) rules_.exclude_each_other(delay, every);
    bool const one_run = settings.once || settings.dry_run;
    bool const timed = rules_.is_set(delay) || rules_.is_set(every) || one_run;
    if (!timed && !says_when(names)) {
      problem("", "no time to run: give every or delay");
    }
    if (parsed_.origins[expect_every] == Origin::check && !settings.once) {
      problem("expectEvery", "is for --once");
    }
    rules_.require_time_for_attempts();
  }

  CheckKeys const& keys_;
  Origin origin_;
  Parsed parsed_;
  SettingRules rules_{parsed_};
};

}  // namespace sla::inline v1::app::detail
