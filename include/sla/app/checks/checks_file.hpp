// SPDX-License-Identifier: MIT
#pragma once
// A file of many checks: `{"defaults":{...},"checks":[{"service":"shop",...},...]}`. Everything
// that is wrong with it is found in one go, each with its place and what is expected there.
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/checks/check_reader.hpp"
#include "sla/app/checks/json_mistake.hpp"
#include "sla/app/checks/keys.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/settings/parsed.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/app/shard.hpp"
#include "sla/aws/wire/reply.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::app {

/// One check of a file.
struct Check {
  std::string place{};  ///< such as `checks[3]`
  Settings settings{};
};

/// What was understood, and a line for each problem.
struct ChecksFile {
  /// A larger one is not read: it holds a hundred thousand checks and more.
  static constexpr std::size_t size_limit = std::size_t{64} * 1024 * 1024;

  std::vector<Check> checks{};
  std::vector<std::string> problems{};
  std::string mistake{};  ///< why it cannot be read at all, and where; there are no problems then
};

namespace detail {

class ChecksReader {
 public:
  ChecksReader(Parsed const& process, Shard own) : own_(own), defaults_(process) {
    defaults_.problems.clear();
    defaults_.warnings.clear();
  }

  ChecksFile read(std::string_view text) {
    text = without_byte_order_mark(text);
    auto const file = aws::JsonReply::parse_file(text, ChecksFile::size_limit);
    if (!file) {
      read_.mistake = find_json_mistake(text).value_or(file.error().message);
    } else {
      read_members(*file);
    }
    return std::move(read_);
  }

 private:
  void problem(std::string line) { read_.problems.push_back(std::move(line)); }
  void take(Parsed& parsed) {
    for (std::string& line : parsed.problems) problem(std::move(line));
    parsed.problems.clear();
  }

  void read_members(aws::JsonReply const& file) {
    std::map<std::string_view, int> seen;
    for (std::string_view const name : file.names()) {
      if (++seen[name] == 2) problem(escaped(name, 60) + ": is given more than once");
      if (name == "defaults" || name == "checks") continue;
      problem(escaped(name, 60) + ": no such member: a file has defaults and checks");
    }
    if (auto const object = file.find({"defaults"})) {
      defaults_ = CheckReader(defaults_, keys_, Origin::defaults, {}).read(*object);
      take(defaults_);
    }
    auto const list = file.find({"checks"});
    if (!list || !list->is_array()) return problem("checks: expected a list of checks");
    for (aws::JsonReply const& object : list->items(aws::JsonPath{})) read_check(object);
    if (number_ == 0) problem("checks: expected one check at least");
  }

  void read_check(aws::JsonReply const& object) {
    std::string place = "checks[" + std::to_string(number_++) + ']';
    Parsed parsed = CheckReader(defaults_, keys_, Origin::check, place).read(object);
    take(parsed);
    auto const [known, is_new] = places_.try_emplace(parsed.settings.service, place);
    if (!is_new && !known->first.empty()) {
      problem(place + ".service: " + quoted(std::string_view(known->first)) + " is that of " +
              known->second + " too: each check needs its own");
    }
    if (own_.index && shard_of(known->first, own_.count) != *own_.index) return;
    read_.checks.push_back({std::move(place), std::move(parsed.settings)});
  }

  Shard own_;
  CheckKeys keys_{};
  Parsed defaults_;
  ChecksFile read_{};
  std::size_t number_ = 0;
  std::map<std::string, std::string> places_{};  ///< of each service
};

}  // namespace detail

/// Reads the text of a file. What the settings of the process say holds for each check, unless the
/// file's defaults or the check itself say something else. Of the checks those are kept that are of
/// the own shard; one without an index has them all.
[[nodiscard]] inline ChecksFile read_checks(std::string_view text, Parsed const& process,
                                            Shard own = {}) {
  return detail::ChecksReader(process, own).read(text);
}

}  // namespace sla::inline v1::app
