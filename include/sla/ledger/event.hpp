// SPDX-License-Identifier: MIT
#pragma once
// One event as the ledger sees it, and how it is read from a line of JSON: the event itself, or the
// envelope in which SNS hands it on. Whatever else an event has is not looked at.
#include <array>
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

/// What is read of an event, in the order in which the runner writes it.
enum class Member : std::uint8_t {
  service,
  groups,
  succeeded,
  timestamp,
  seconds,
  run_id,
  verdict,
  start,
  duration,
  log_uri,
  boot_id,
  seq,
  previous_end,
  next_expected_by,
  location,
  counted,
  degraded,
  flaky,
  message,
  topic,
  message_id
};
inline constexpr std::array<std::string_view, 21> member_names{
    "service",  "groups",   "succeeded",   "timestamp",        "testExecutionSecs",
    "runId",    "verdict",  "startedAtMs", "durationMs",       "logUri",
    "bootId",   "seq",      "prevEndMs",   "nextExpectedByMs", "location",
    "counted",  "degraded", "flaky",       "Message",          "TopicArn",
    "MessageId"};

/// The members of one event, or of its envelope.
class EventMembers {
 public:
  explicit EventMembers(aws::JsonReply const& json) : found_(json.members(member_names)) {}

  aws::JsonValue const& operator[](Member member) const {
    return found_[static_cast<std::size_t>(member)];
  }
  [[nodiscard]] std::string_view text(Member member) const {
    return (*this)[member].text().value_or(std::string_view());
  }
  [[nodiscard]] bool is(Member member, bool unless_told) const {
    return (*this)[member].boolean().value_or(unless_told);
  }

  /// Returns the time, or another number of as many milliseconds or seconds, also where it is
  /// written as a text.
  [[nodiscard]] std::optional<Milliseconds> time(Member member) const {
    aws::JsonValue const& value = (*this)[member];
    auto time = value.integer();
    if (!time) {
      auto const text = value.text();
      time = text ? parse_integer(*text) : std::nullopt;
    }
    return time && *time >= 0 && *time <= latest_time ? time : std::nullopt;
  }
  [[nodiscard]] std::optional<Milliseconds> seconds(Member member) const {
    auto const seconds = time(member);
    if (!seconds || *seconds > latest_time / 1000) return std::nullopt;
    return *seconds * 1000;
  }

  /// Returns the end of the run: to the millisecond where the event has it, else in whole seconds.
  [[nodiscard]] std::optional<Milliseconds> end() const {
    auto const start = time(Member::start);
    auto const duration = time(Member::duration);
    if (start && duration && *start + *duration <= latest_time) return *start + *duration;
    return seconds(Member::timestamp);
  }

 private:
  std::array<aws::JsonValue, member_names.size()> found_;
};

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
    event_ = *std::move(json);
    detail::EventMembers const members(*event_);
    auto const message = members[Member::message].text();
    if (!message || !members[Member::topic].text()) return event_of(members);
    envelope_ = std::move(event_);
    event_.reset();
    auto inner = messages_.parse(*message);
    if (!inner) return std::move(inner).error().within("the message of the envelope");
    event_ = *std::move(inner);
    auto event = event_of(detail::EventMembers(*event_));
    // A message that is delivered twice is one event, whatever it knows about itself.
    if (event && event->run_id.empty()) event->run_id = members.text(Member::message_id);
    return event;
  }

 private:
  using Member = detail::Member;

  static Result<Event> event_of(detail::EventMembers const& members) {
    Event event;
    event.service = members.text(Member::service);
    if (event.service.empty()) return detail::no_event("it has no service");
    auto const succeeded = members[Member::succeeded].boolean();
    if (!succeeded) return detail::no_event("it does not say whether it succeeded");
    event.succeeded = *succeeded;
    auto const end = members.end();
    if (!end) return detail::no_event("it does not say when it ended");
    event.end = *end;
    event.duration = members.time(Member::duration);  // earlier events have whole seconds
    if (!event.duration) event.duration = members.seconds(Member::seconds);
    members[Member::groups].each_item([&](aws::JsonValue group) {
      if (auto const name = group.text(); name && !name->empty()) event.groups.push_back(*name);
    });
    event.location = members.text(Member::location);
    event.run_id = members.text(Member::run_id);
    event.log_uri = members.text(Member::log_uri);
    event.verdict = members[Member::verdict].text().value_or(event.succeeded ? "pass" : "fail");
    event.counted = members.is(Member::counted, true);
    event.degraded = members.is(Member::degraded, false);
    event.flaky = members.is(Member::flaky, false);
    read_place_in_boot(event, members);
    return event;
  }

  static void read_place_in_boot(Event& event, detail::EventMembers const& members) {
    std::string_view const boot = members.text(Member::boot_id);
    auto const seq = members[Member::seq].integer();
    bool const fits = seq && *seq > 0 && *seq <= std::numeric_limits<std::uint32_t>::max();
    if (boot.empty() || !fits) return;
    event.boot_id = boot;
    event.seq = static_cast<std::uint32_t>(*seq);
    event.previous_end = members.time(Member::previous_end);
    event.next_expected_by = members.time(Member::next_expected_by);
  }

  aws::JsonLines lines_;
  aws::JsonLines messages_;
  std::optional<aws::JsonReply> envelope_;
  std::optional<aws::JsonReply> event_;
};

}  // namespace sla::inline v1::ledger
