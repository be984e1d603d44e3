// SPDX-License-Identifier: MIT
#pragma once
// One event as the ledger sees it, and how it is read from a line of JSON: the event itself, or the
// envelope in which SNS hands it on. Whatever else an event has is not looked at.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/wire/reply.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::ledger {

/// Milliseconds since 1970-01-01T00:00:00Z.
using Milliseconds = std::int64_t;

/// No event ends later than in the year 9999, and nothing lasts longer.
inline constexpr Milliseconds latest_time = 253'402'300'799'999;

/// One event. Its texts belong to whoever made it.
struct Event {
  std::string_view service{};
  std::vector<std::string_view> groups{};
  std::string_view location{};  ///< where it was looked from; empty if it is not known
  std::string_view verdict{};
  std::string_view run_id{};   ///< empty: a run that no other event can be about
  std::string_view log_uri{};  ///< empty if there is none
  std::string_view boot_id{};  ///< with `seq`, or none of them
  Milliseconds end = 0;        ///< of the run
  std::uint32_t seq = 0;       ///< 1, 2, 3, ... within a boot; 0 is none
  std::optional<Milliseconds> previous_end{};
  std::optional<Milliseconds> next_expected_by{};
  std::optional<Milliseconds> duration{};
  bool succeeded = false;
  bool counted = true;
  bool degraded = false;
  bool flaky = false;
};

namespace detail {

/// Returns the whole number under a name, also where it is written as a text.
inline std::optional<std::int64_t> whole_number(aws::JsonReply const& json, std::string_view name) {
  if (auto const number = json.integer(name)) return number;
  auto const text = json.text(name);
  return text ? parse_integer(*text) : std::nullopt;
}

/// Returns the time under a name if it is one.
inline std::optional<Milliseconds> time_of(aws::JsonReply const& json, std::string_view name) {
  auto const time = whole_number(json, name);
  return time && *time >= 0 && *time <= latest_time ? time : std::nullopt;
}

/// Returns the end of the run: to the millisecond where the event has it, else in whole seconds.
inline std::optional<Milliseconds> end_of(aws::JsonReply const& json) {
  auto const start = time_of(json, "startedAtMs");
  auto const duration = time_of(json, "durationMs");
  if (start && duration && *start + *duration <= latest_time) return *start + *duration;
  auto const seconds = time_of(json, "timestamp");
  if (!seconds || *seconds > latest_time / 1000) return std::nullopt;
  return *seconds * 1000;
}

/// Returns how long the run took; earlier events have whole seconds.
inline std::optional<Milliseconds> duration_of(aws::JsonReply const& json) {
  if (auto const duration = time_of(json, "durationMs")) return duration;
  auto const seconds = time_of(json, "testExecutionSecs");
  if (!seconds || *seconds > latest_time / 1000) return std::nullopt;
  return *seconds * 1000;
}

inline Error no_event(std::string_view why) {
  return Error{Errc::malformed, "it is no event: " + std::string(why)};
}

}  // namespace detail

/// Reads events, one line after another.
class EventReader {
 public:
  /// Reads one line. The texts of the event live until the next call. Errc::malformed if the
  /// line is no event.
  [[nodiscard]] Result<Event> read(std::string_view line) {
    event_.reset();  // so that the next one may take its room
    envelope_.reset();
    auto json = lines_.parse(line);
    if (!json) return std::move(json).error();
    auto const message = json->text("Message");
    if (!message || !json->text("TopicArn")) return take(*std::move(json));
    envelope_ = *std::move(json);
    auto inner = messages_.parse(*message);
    if (!inner) return std::move(inner).error().within("the message of the envelope");
    auto event = take(*std::move(inner));
    // A message that is delivered twice is one event, whatever it knows about itself.
    if (event && event->run_id.empty()) event->run_id = envelope_->text("MessageId").value_or("");
    return event;
  }

 private:
  Result<Event> take(aws::JsonReply json) {
    event_ = std::move(json);
    Event event;
    event.service = event_->text("service").value_or("");
    if (event.service.empty()) return detail::no_event("it has no service");
    auto const succeeded = event_->boolean("succeeded");
    if (!succeeded) return detail::no_event("it does not say whether it succeeded");
    event.succeeded = *succeeded;
    auto const end = detail::end_of(*event_);
    if (!end) return detail::no_event("it does not say when it ended");
    event.end = *end;
    event.duration = detail::duration_of(*event_);
    read_texts(event);
    event.verdict = event_->text("verdict").value_or(event.succeeded ? "pass" : "fail");
    event.counted = event_->boolean("counted").value_or(true);
    event.degraded = event_->boolean("degraded").value_or(false);
    event.flaky = event_->boolean("flaky").value_or(false);
    read_place_in_boot(event);
    return event;
  }

  void read_texts(Event& event) const {
    for (aws::JsonReply const& group : event_->items("groups")) {
      if (auto const name = group.text(); name && !name->empty()) event.groups.push_back(*name);
    }
    event.location = event_->text("location").value_or("");
    event.run_id = event_->text("runId").value_or("");
    event.log_uri = event_->text("logUri").value_or("");
  }

  void read_place_in_boot(Event& event) const {
    auto const boot = event_->text("bootId");
    auto const seq = event_->integer("seq");
    bool const fits = seq && *seq > 0 && *seq <= std::numeric_limits<std::uint32_t>::max();
    if (!boot || boot->empty() || !fits) return;
    event.boot_id = *boot;
    event.seq = static_cast<std::uint32_t>(*seq);
    event.previous_end = detail::time_of(*event_, "prevEndMs");
    event.next_expected_by = detail::time_of(*event_, "nextExpectedByMs");
  }

  aws::JsonLines lines_;
  aws::JsonLines messages_;
  std::optional<aws::JsonReply> envelope_;
  std::optional<aws::JsonReply> event_;
};

}  // namespace sla::inline v1::ledger
