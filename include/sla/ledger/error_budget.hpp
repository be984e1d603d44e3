// SPDX-License-Identifier: MIT
#pragma once
// What is left of an error budget, and how fast it burns: good and bad results in buckets of five
// minutes and of an hour, in little room and without floating point. The alerts are those of the
// SRE workbook: a burn rate over a long window and over a short one.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/record.hpp"
#include "sla/core/time.hpp"
#include "sla/ledger/percentage.hpp"

namespace sla::inline v1::ledger {

/// Good and bad results.
struct Results {
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
};

/// Results by the time of their end, of which the last few buckets are kept.
class Buckets {
 public:
  Buckets(Duration length, std::size_t count) : length_(length), buckets_(count) {}

  /// Counts a result. One that ended before the newest bucket began counts there.
  void add(WallTime end, bool good) {
    advance(index_of(end));
    Bucket& bucket = buckets_[slot(newest_)];
    ++(good ? bucket.good : bucket.bad);
    ++(good ? all_.good : all_.bad);
  }

  /// Adds up the last `count` buckets, the newest included.
  [[nodiscard]] Results last(std::size_t count) const noexcept {
    if (count >= buckets_.size()) return all_;
    Results sum;
    for (std::size_t i = 0; i < count; ++i) {
      Bucket const& bucket = buckets_[slot(newest_ - static_cast<std::int64_t>(i))];
      sum.good += bucket.good;
      sum.bad += bucket.bad;
    }
    return sum;
  }

  /// Returns all that is known, for read() on the same kind of machine.
  [[nodiscard]] std::string bytes() const {
    std::string out(reinterpret_cast<char const*>(&newest_), sizeof newest_);
    return out.append(reinterpret_cast<char const*>(buckets_.data()),
                      buckets_.size() * sizeof(Bucket));
  }
  /// Takes over what bytes() returned, as far as there is room for it; returns how many buckets
  /// there were.
  std::size_t read(std::string_view bytes) {
    if (bytes.size() < sizeof newest_ || bytes.size() % sizeof(Bucket) != 0) return 0;
    Buckets kept(length_, bytes.size() / sizeof(Bucket) - 1);
    std::memcpy(&kept.newest_, bytes.data(), sizeof newest_);
    std::memcpy(kept.buckets_.data(), bytes.data() + sizeof newest_, bytes.size() - sizeof newest_);
    newest_ = kept.newest_;
    clear();
    std::size_t const count = kept.buckets_.size();
    for (std::size_t i = 0; i < std::min(count, buckets_.size()); ++i) {
      auto const index = newest_ - static_cast<std::int64_t>(i);
      Bucket const& bucket = buckets_[slot(index)] = kept.buckets_[kept.slot(index)];
      all_.good += bucket.good;
      all_.bad += bucket.bad;
    }
    return count;
  }

 private:
  struct Bucket {
    std::uint32_t good = 0;
    std::uint32_t bad = 0;
  };

  [[nodiscard]] std::int64_t index_of(WallTime end) const noexcept {
    return end.time_since_epoch() / length_;
  }
  [[nodiscard]] std::size_t slot(std::int64_t index) const noexcept {
    auto const size = static_cast<std::int64_t>(buckets_.size());
    return static_cast<std::size_t>((index % size + size) % size);
  }
  void advance(std::int64_t index) {
    auto const size = static_cast<std::int64_t>(buckets_.size());
    if (index - newest_ >= size) clear();
    for (newest_ = std::max(newest_, index - size); newest_ < index;) {
      Bucket const old = std::exchange(buckets_[slot(++newest_)], {});
      all_.good -= old.good;
      all_.bad -= old.bad;
    }
  }
  void clear() {
    std::fill(buckets_.begin(), buckets_.end(), Bucket{});
    all_ = {};
  }

  Duration length_;
  std::vector<Bucket> buckets_;
  Results all_{};
  std::int64_t newest_ = 0;
};

/// How urgent it is that the budget burns.
enum class Alert : std::uint8_t { none, ticket, page };

[[nodiscard]] constexpr std::string_view to_string(Alert alert) noexcept {
  return alert == Alert::page ? "page" : alert == Alert::ticket ? "ticket" : "none";
}

/// What is promised.
struct Target {
  Percentage good{};                          ///< of the results
  Duration window = std::chrono::hours{720};  ///< whole hours, up to longest_window
  std::uint64_t min_failures = 3;             ///< in the long window of an alert
};

/// The longest window whose buckets fit 16 KiB.
inline constexpr std::chrono::hours longest_window{80 * 24};

/// Counts results against a target. The buckets of a window are the newest and so many before it:
/// for the budget no more than fit the window, for an alert one more, so that a bucket that has
/// just begun does not end it.
class ErrorBudget {
 public:
  explicit ErrorBudget(Target target)
      : target_(target), hours_(std::chrono::hours{1}, std::max(window_hours(), days(3) + 1)) {}

  void add(WallTime end, bool good) {
    // Of a clock that was set back by more than a day what it said before means nothing.
    if (since_ && end < newest_ - std::chrono::hours{24}) *this = ErrorBudget(target_);
    if (!since_) since_ = end;
    newest_ = std::max(newest_, end);
    minutes_.add(end, good);
    hours_.add(end, good);
  }

  /// Returns the results within the window.
  [[nodiscard]] Results results() const noexcept { return hours_.last(window_hours()); }
  /// Returns how many bad ones that many results may have.
  [[nodiscard]] std::int64_t budget() const noexcept {
    Results const now = results();
    std::uint64_t const total = now.good + now.bad;
    return static_cast<std::int64_t>(total / million * allowed() +
                                     total % million * allowed() / million);
  }
  /// Says whether all of the window is known.
  [[nodiscard]] bool complete() const noexcept {
    return since_ && newest_ - *since_ >= target_.window;
  }
  [[nodiscard]] Alert alert() const noexcept {
    auto const five_minutes = [&](std::size_t count) { return minutes_.last(count + 1); };
    auto const hours = [&](std::size_t count) { return hours_.last(count + 1); };
    Results const half_hour = five_minutes(6), six_hours = five_minutes(72);
    if (burns(144, five_minutes(12), five_minutes(1)) || burns(60, six_hours, half_hour)) {
      return Alert::page;
    }
    bool const slowly =
        burns(30, hours(days(1)), five_minutes(24)) || burns(10, hours(days(3)), six_hours);
    return slowly ? Alert::ticket : Alert::none;
  }

  void write(internal::RecordWriter& out) const {
    if (!since_) return;
    out.number(field_since, since_->time_since_epoch().count());
    out.number(field_newest, newest_.time_since_epoch().count());
    out.text(field_minutes, minutes_.bytes()).text(field_hours, hours_.bytes());
  }
  void read(internal::RecordField field) {
    WallTime const time{Duration{field.number().value_or(0)}};
    if (field.name == field_since) since_ = time;
    if (field.name == field_newest) newest_ = time;
    if (field.name == field_minutes) (void)minutes_.read(field.value);
    if (field.name != field_hours) return;
    // Of a window that is longer now no more is known than was kept.
    Duration const kept = std::chrono::hours{hours_.read(field.value)};
    if (since_ && kept < target_.window) since_ = std::max(*since_, newest_ - kept);
  }

 private:
  /// The names of the fields. A name keeps its meaning for ever.
  enum Field : std::uint8_t {
    field_since = 1,
    field_newest = 2,
    field_minutes = 3,
    field_hours = 4,
  };
  static constexpr std::uint64_t million = 1'000'000;

  static constexpr std::size_t days(std::size_t count) noexcept { return 24 * count; }
  [[nodiscard]] std::size_t window_hours() const noexcept {
    return static_cast<std::size_t>(target_.window / std::chrono::hours{1});
  }
  [[nodiscard]] std::uint64_t allowed() const noexcept {
    return million - static_cast<std::uint64_t>(target_.good.millionths);
  }
  /// Says whether both windows burn at that rate, in tenths, or faster.
  [[nodiscard]] bool burns(std::uint64_t rate, Results wide, Results narrow) const noexcept {
    auto const fast = [&](Results results) {
      std::uint64_t const total = results.good + results.bad;
      return results.bad != 0 && results.bad * 10 * million >= rate * total * allowed();
    };
    return wide.bad >= target_.min_failures && fast(wide) && fast(narrow);
  }

  Target target_;
  Buckets minutes_{std::chrono::minutes{5}, 73};  ///< six hours, and the newest one
  Buckets hours_;
  std::optional<WallTime> since_{};
  WallTime newest_{};
};

}  // namespace sla::inline v1::ledger
