// SPDX-License-Identifier: MIT
#pragma once
// Holds events in little room, whatever their order of arrival: 48 bytes for each, and the texts of
// those only that may begin an outage. It makes one run of what has one id (rule R1).
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "sla/core/text.hpp"
#include "sla/ledger/event.hpp"

namespace sla::inline v1::ledger {

/// What is so of a service at an instant, the least to be worried about first.
enum class State : std::uint8_t { unmonitored, up, unknown, down, excluded };

/// No time at all.
inline constexpr Milliseconds no_time = std::numeric_limits<Milliseconds>::min();

/// One event of a Book.
struct Record {
  Milliseconds end;
  /// Limit of the result; from the reduction of its boot on, the end of what it holds.
  Milliseconds until;
  /// End of the event before it; from then on, where what was lost before it begins, or no_time.
  Milliseconds previous;
  std::uint64_t run;      ///< hash of the run's id; 0 if it has none
  std::uint32_t boot;     ///< index in Book::boots
  std::uint32_t seq;      ///< 0: without one
  std::uint32_t detail;   ///< index in Book::details
  std::uint16_t verdict;  ///< index in Book::verdicts
  State state;            ///< up, down or unknown
  bool degraded : 1;
  bool flaky : 1;
};

/// All that one process said about one service from one location. Without an id: what is of
/// earlier versions.
struct Boot {
  std::string service{};
  std::string location{};
  std::string id{};

  auto operator<=>(Boot const&) const = default;
};

/// What the report tells of a run that failed.
struct Detail {
  std::string run_id{};
  std::string log_uri{};

  auto operator<=>(Detail const&) const = default;
};

/// Returns when the process of that boot began, which stands in a UUID of version 7.
[[nodiscard]] inline std::optional<Milliseconds> boot_time(std::string_view id) {
  if (id.size() != 36 || id[8] != '-' || id[14] != '7') return std::nullopt;
  Milliseconds time = 0;
  for (std::size_t const at : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 9U, 10U, 11U, 12U}) {
    char const c = lower(id[at]);
    if (!is_digit(c) && (c < 'a' || c > 'f')) return std::nullopt;
    time = time * 16 + (is_digit(c) ? c - '0' : c - 'a' + 10);
  }
  return time;
}

namespace detail {

/// Hashes an id, well enough that two of a million never meet; 0 is for no id.
inline std::uint64_t hash_of(std::string_view text) noexcept {
  if (text.empty()) return 0;
  std::uint64_t const hash = std::hash<std::string_view>()(text);
  return hash == 0 ? 1 : hash;
}

}  // namespace detail

/// The events to be reduced. The texts stand once.
class Book {
 public:
  void add(Event const& event) {
    Record record{};
    record.end = event.end;
    record.until = event.next_expected_by.value_or(no_time);
    record.previous = event.previous_end.value_or(no_time);
    record.run = detail::hash_of(event.run_id);
    record.boot = boot_of(event);
    record.seq = event.boot_id.empty() ? 0 : event.seq;
    record.verdict = verdict_of(event.verdict);
    bool const counted = event.counted && event.verdict != "unknown" && event.verdict != "skipped";
    record.state = !counted ? State::unknown : event.succeeded ? State::up : State::down;
    record.degraded = event.degraded;
    record.flaky = event.flaky;
    if (record.state == State::down) {
      record.detail = static_cast<std::uint32_t>(details.size());
      details.push_back({std::string(event.run_id), std::string(event.log_uri)});
    }
    records.push_back(record);
  }

  /// Sorts boots and verdicts, so that comparing their numbers compares them. No more may be added.
  void settle() {
    std::vector<std::uint32_t> const boot = sorted(boots);
    std::vector<std::uint32_t> const verdict = sorted(verdicts);
    for (Record& record : records) {
      record.boot = boot[record.boot];
      record.verdict = static_cast<std::uint16_t>(verdict[record.verdict]);
    }
    numbers_.clear();
    verdict_numbers_.clear();
  }

  /// Compares by what is worse, then by all that an answer could show; equal ones are alike.
  [[nodiscard]] bool milder(Record const& a, Record const& b) const {
    auto const key = [](Record const& r) {
      return std::tuple(r.state, r.verdict, r.end, r.run, r.boot, r.seq, r.until, r.previous,
                        bool{r.degraded}, bool{r.flaky});
    };
    if (key(a) != key(b)) return key(a) < key(b);
    return a.state == State::down && details[a.detail] < details[b.detail];
  }

  std::vector<Record> records{};
  std::vector<Boot> boots{};
  std::vector<Detail> details{};
  std::vector<std::string> verdicts{};
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> groups{};  ///< by service

 private:
  /// Returns the number of the event's boot. Most events are of a boot that was met a moment ago.
  std::uint32_t boot_of(Event const& event) {
    std::string_view const id = event.seq == 0 ? std::string_view() : event.boot_id;
    std::uint32_t& recent =
        recent_[(detail::hash_of(id) ^ detail::hash_of(event.service)) % recent_.size()];
    bool const met = recent < boots.size() && boots[recent].service == event.service &&
                     boots[recent].location == event.location && boots[recent].id == id;
    if (!met) {
      recent =
          number_of({std::string(event.service), std::string(event.location), std::string(id)});
    }
    note_groups(event, groups_of_boot_[recent]);
    return recent;
  }

  std::uint32_t number_of(Boot boot) {
    auto const number = static_cast<std::uint32_t>(boots.size());
    auto const [found, fresh] = numbers_.try_emplace(boot, number);
    if (fresh) {
      groups.try_emplace(boot.service);
      groups_of_boot_.push_back(0);
      boots.push_back(std::move(boot));
    }
    return found->second;
  }

  /// Adds the groups of the service, unless they are those of the event before.
  void note_groups(Event const& event, std::uint64_t& before) {
    std::uint64_t all = 0;
    for (std::string_view const group : event.groups) all = all * 31 + detail::hash_of(group);
    if (all == before) return;
    before = all;
    auto& known = groups.find(event.service)->second;
    for (std::string_view const group : event.groups) known.emplace(group);
  }

  std::uint16_t verdict_of(std::string_view verdict) {
    auto const found = verdict_numbers_.find(verdict);
    if (found != verdict_numbers_.end()) return found->second;
    constexpr std::size_t most = std::numeric_limits<std::uint16_t>::max();
    if (verdicts.size() == most) return most - 1;  // nobody knows so many words for it
    auto const number = static_cast<std::uint16_t>(verdicts.size());
    verdicts.emplace_back(verdict);
    return verdict_numbers_.try_emplace(std::string(verdict), number).first->second;
  }

  /// Sorts the texts; returns the new number of each old one.
  template <class T>
  static std::vector<std::uint32_t> sorted(std::vector<T>& all) {
    std::vector<std::pair<T, std::uint32_t>> old;
    for (std::uint32_t i = 0; i < all.size(); ++i) old.emplace_back(std::move(all[i]), i);
    std::sort(old.begin(), old.end());
    std::vector<std::uint32_t> numbers(all.size());
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      numbers[old[i].second] = i;
      all[i] = std::move(old[i].first);
    }
    return numbers;
  }

  std::map<Boot, std::uint32_t> numbers_;
  std::map<std::string, std::uint16_t, std::less<>> verdict_numbers_;
  std::array<std::uint32_t, 1024> recent_{};   ///< numbers of boots, by a hash of what they are of
  std::vector<std::uint64_t> groups_of_boot_;  ///< a hash of the latest, by the number of the boot
};

}  // namespace sla::inline v1::ledger
