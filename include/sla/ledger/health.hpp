// SPDX-License-Identifier: MIT
#pragma once
// Whether a service is up, as far as its results in a row say it, and when that changes: one
// failure is no outage, and one success does not end it. A service that is up once enough is known
// has not changed, so that nothing is said of a mere restart.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sla/core/record.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::ledger {

/// How many results in a row change the state.
struct Thresholds {
  std::int64_t failure = 3;
  std::int64_t success = 2;
};

/// The state of a service by its results, which come in their order.
class Health {
 public:
  enum class State : std::uint8_t { unknown, up, down };

  /// A result that began an outage or ended one.
  struct Transition {
    WallTime since{};                ///< end of the first result in the row
    std::optional<Duration> down{};  ///< how long it was down before it is up
  };

  explicit Health(Thresholds thresholds) : thresholds_(thresholds) {}

  /// Takes a result; says whether it began an outage or ended one.
  std::optional<Transition> add(WallTime end, bool good) {
    std::int64_t const step = good ? 1 : -1;
    if (row_ * step <= 0) {
      row_ = 0;
      row_since_ = end;
    }
    row_ += step;
    State const next = row_ >= thresholds_.success    ? State::up
                       : row_ <= -thresholds_.failure ? State::down
                                                      : state_;
    if (next == state_) return std::nullopt;
    Transition transition{.since = row_since_};
    if (next == State::up) transition.down = std::max(row_since_ - since_, Duration::zero());
    bool const first = state_ == State::unknown && next == State::up;
    state_ = next;
    since_ = row_since_;
    return first ? std::nullopt : std::optional(transition);
  }

  [[nodiscard]] State state() const noexcept { return state_; }

  void write(internal::RecordWriter& out) const {
    out.number(field_state, static_cast<std::int64_t>(state_)).number(field_row, row_);
    out.number(field_since, since_.time_since_epoch().count());
    out.number(field_row_since, row_since_.time_since_epoch().count());
  }
  void read(internal::RecordField field) {
    std::int64_t const number = field.number().value_or(0);
    bool const known = number >= 0 && number <= static_cast<std::int64_t>(State::down);
    if (field.name == field_state && known) state_ = static_cast<State>(number);
    if (field.name == field_row) row_ = number;
    if (field.name == field_since) since_ = WallTime{Duration{number}};
    if (field.name == field_row_since) row_since_ = WallTime{Duration{number}};
  }

 private:
  /// The names of the fields. A name keeps its meaning for ever.
  enum Field : std::uint8_t {
    field_state = 11,
    field_row = 12,
    field_since = 13,
    field_row_since = 14,
  };

  Thresholds thresholds_;
  State state_ = State::unknown;
  std::int64_t row_ = 0;  ///< results in a row: of good ones above 0, of bad ones below
  WallTime since_{};
  WallTime row_since_{};
};

[[nodiscard]] constexpr std::string_view to_string(Health::State state) noexcept {
  return state == Health::State::up ? "UP" : state == Health::State::down ? "DOWN" : "UNKNOWN";
}

}  // namespace sla::inline v1::ledger
