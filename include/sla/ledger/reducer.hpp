// SPDX-License-Identifier: MIT
#pragma once
// The ledger: what a stream of events proves about services and groups within a window of time. A
// pure function: the order of the events means nothing, and no clock, file or network is asked.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "sla/ledger/book.hpp"
#include "sla/ledger/exclusion.hpp"
#include "sla/ledger/figures.hpp"
#include "sla/ledger/hold.hpp"
#include "sla/ledger/quorum.hpp"
#include "sla/ledger/timeline.hpp"

namespace sla::inline v1::ledger {

/// What is asked.
struct Question {
  Window window{};
  Quorum quorum{};
  std::optional<Milliseconds> hold{};  ///< for events that do not say how long they hold
  std::vector<Exclusion> exclusions{};
  std::vector<Window> parts{};  ///< within the window: they are measured too
};

/// A longest stretch of down, within the window, and the event that it began with.
struct Outage {
  Milliseconds from = 0;
  Milliseconds to = 0;
  std::string service{};
  std::string verdict{};
  std::string run_id{};
  std::string log_uri{};

  bool operator==(Outage const&) const = default;
};

/// A part of the window. Its counts are those of good and bad ones.
struct Part {
  Times times{};
  Counts counts{};

  bool operator==(Part const&) const = default;
};

/// What is known of one service.
struct ServiceAnswer {
  std::string service{};
  std::vector<std::string> groups{};  ///< sorted
  State state = State::unmonitored;   ///< at the end of the window
  bool inferred = false;              ///< some of it by events that do not say how long they hold
  Times times{};
  Counts counts{};
  Slices slices{};
  std::vector<Outage> outages{};
  std::vector<Part> parts{};  ///< as they were asked for

  bool operator==(ServiceAnswer const&) const = default;
};

/// What is known of one group: it is down while any of its services is.
struct GroupAnswer {
  std::string group{};
  Times times{};
  std::vector<Outage> outages{};

  bool operator==(GroupAnswer const&) const = default;
};

/// Everything, sorted by name.
struct Answer {
  std::vector<ServiceAnswer> services{};
  std::vector<GroupAnswer> groups{};

  bool operator==(Answer const&) const = default;
};

namespace detail {

/// Reduces one book.
class Reduction {
 public:
  Reduction(Book book, Question const& question)
      : book_(std::move(book)), question_(question), window_(question.window) {}

  Answer answer() {
    book_.settle();
    std::map<std::string_view, std::vector<Timeline>> locations;
    for (auto const& [service, groups] : book_.groups) prepare(service, groups);
    for (Boot const& boot : book_.boots) owners_.push_back(&answers_.find(boot.service)->second);
    forget_repeated();
    sort(records(), [](Record const& r) { return std::tuple(r.boot, r.seq, r.end); });
    for (auto at = records().begin(); at != records().end();) {
      Boot const& first = book_.boots[at->boot];
      auto const end = std::find_if(at, records().end(), [&](Record const& record) {
        Boot const& boot = book_.boots[record.boot];
        return boot.service != first.service || boot.location != first.location;
      });
      locations[first.service].push_back(location_line({at, end}));
      at = end;
    }
    for (auto& [service, lines] : locations) finish(answers_.find(service)->second, lines);
    return collect();
  }

 private:
  struct Known {
    ServiceAnswer answer{};
    Timeline line{};
  };

  std::vector<Record>& records() { return book_.records; }

  void prepare(std::string const& service, std::set<std::string, std::less<>> const& groups) {
    ServiceAnswer& answer = answers_[service].answer;
    answer.service = service;
    answer.groups.assign(groups.begin(), groups.end());
    answer.parts.resize(question_.parts.size());
  }

  ServiceAnswer& answer_of(Record const& record) { return owners_[record.boot]->answer; }

  /// Sorts by a key, then by what an answer could show.
  template <class Range, class Key>
  void sort(Range&& range, Key key) {
    auto const before = [&](Record const& a, Record const& b) {
      auto const x = key(a);
      auto const y = key(b);
      return x != y ? x < y : book_.milder(a, b);
    };
    if (std::is_sorted(range.begin(), range.end(), before)) return;
    std::sort(range.begin(), range.end(), before);
  }

  /// Leaves one record of each run, the worst (rule R1).
  void forget_repeated() {
    std::vector<std::uint32_t> service(book_.boots.size());
    for (std::size_t i = 1; i < service.size(); ++i) {
      bool const same = book_.boots[i].service == book_.boots[i - 1].service;
      service[i] = service[i - 1] + (same ? 0 : 1);
    }
    sort(records(), [&](Record const& r) { return std::pair(r.run, service[r.boot]); });
    std::size_t kept = 0;
    for (Record const& record : records()) {
      Record* const last = kept == 0 ? nullptr : &records()[kept - 1];
      bool const again = last != nullptr && record.run != 0 && last->run == record.run &&
                         service[last->boot] == service[record.boot];
      if (!again) {
        records()[kept++] = record;
        continue;
      }
      bool const in = window_.holds(record.end);
      Counts& counts = answer_of(record).counts;
      (last->verdict == record.verdict ? counts.duplicates : counts.conflicts) += in ? 1 : 0;
      *last = record;  // they come sorted, the worst last
    }
    records().resize(kept);
  }

  /// Makes the line of one service at one location. The records are in the order of their boots.
  Timeline location_line(std::span<Record> records) {
    for (auto at = records.begin(); at != records.end();) {
      auto const end = std::find_if(at, records.end(),
                                    [&](Record const& record) { return record.boot != at->boot; });
      hold_boot({at, end}, book_.boots[at->boot], question_.hold,
                [&](Record const& record, Surprise surprise) { count(record, surprise); });
      at = end;
    }
    sort(records, [](Record const& r) { return std::tuple(r.end, r.boot, r.seq); });
    std::vector<Claim> gaps;
    for (Record const& record : records) {
      note_inferred(record);
      if (record.previous != no_time) {
        gaps.push_back(
            {record.previous, record.end, record.boot, record.seq - 1, State::unknown, 0});
      }
    }
    std::sort(gaps.begin(), gaps.end(), [](Claim const& a, Claim const& b) {
      return a.before(b) || (!b.before(a) && a.until < b.until);
    });
    return sweep(records, gaps);
  }

  Timeline sweep(std::span<Record const> records, std::span<Claim const> gaps) {
    Sweep sweep;
    for (Record const& record : records) {
      Claim const claim{record.end, record.until, record.boot,
                        record.seq, record.state, index_of(record)};
      for (; !gaps.empty() && gaps[0].before(claim); gaps = gaps.subspan(1)) sweep.add(gaps[0]);
      sweep.add(claim);
    }
    for (Claim const& gap : gaps) sweep.add(gap);
    return sweep.finish();
  }

  std::uint32_t index_of(Record const& record) {
    return static_cast<std::uint32_t>(&record - records().data());
  }

  void count(Record const& record, Surprise surprise) {
    if (!window_.holds(record.end)) return;
    Counts& counts = answer_of(record).counts;
    ++(record.state == State::up     ? counts.good
       : record.state == State::down ? counts.bad
                                     : counts.uncounted);
    count_parts(record);
    counts.degraded += record.degraded ? 1 : 0;
    counts.flaky += record.flaky ? 1 : 0;
    counts.lost += surprise.lost;
    counts.clock_steps += surprise.clock_step ? 1 : 0;
  }

  void count_parts(Record const& record) {
    if (record.state == State::unknown) return;
    std::vector<Part>& parts = answer_of(record).parts;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!question_.parts[i].holds(record.end)) continue;
      ++(record.state == State::up ? parts[i].counts.good : parts[i].counts.bad);
    }
  }

  void note_inferred(Record const& record) {
    if (!book_.boots[record.boot].id.empty()) return;
    bool const reaches = record.end < window_.to && record.until > window_.from;
    if (reaches || window_.holds(record.end)) answer_of(record).inferred = true;
  }

  void finish(Known& known, std::vector<Timeline> const& locations) {
    ServiceAnswer& answer = known.answer;
    Timeline const excluded = exclusion_line(question_.exclusions, answer.service, answer.groups);
    std::vector<Timeline const*> lines;
    lines.reserve(locations.size() + 1);
    for (Timeline const& line : locations) lines.push_back(&line);
    lines.push_back(&excluded);
    known.line = combine(lines, window_, [&](std::span<Stretch const> now) {
      if (now.back().state == State::excluded) return now.back();
      return decide_service(now.first(now.size() - 1), question_.quorum);
    });
    answer.times = times_of(known.line, window_);
    answer.slices = slices_of(known.line, window_);
    for (std::size_t i = 0; i < answer.parts.size(); ++i) {
      answer.parts[i].times = times_of(known.line, question_.parts[i]);
    }
    answer.outages = outages_of(known.line);
    if (!known.line.empty()) answer.state = known.line.back().state;
  }

  std::vector<Outage> outages_of(Timeline const& line) {
    std::vector<Outage> outages;
    each_stretch(line, window_, [&](Stretch const& stretch, Milliseconds end) {
      if (stretch.state != State::down) return;
      Record const& record = records()[stretch.event];
      Detail const& detail = book_.details[record.detail];
      outages.push_back({stretch.from, end, book_.boots[record.boot].service,
                         book_.verdicts[record.verdict], detail.run_id, detail.log_uri});
    });
    return outages;
  }

  Answer collect() {
    std::map<std::string_view, std::vector<Timeline const*>> members;
    Answer all;
    for (auto& [service, known] : answers_) {
      for (std::string const& group : known.answer.groups) members[group].push_back(&known.line);
    }
    for (auto const& [group, lines] : members) {
      Timeline const line = combine(lines, window_, decide_group);
      all.groups.push_back({std::string(group), times_of(line, window_), outages_of(line)});
    }
    for (auto& [service, known] : answers_) all.services.push_back(std::move(known.answer));
    return all;
  }

  Book book_;
  Question const& question_;
  Window window_;
  std::map<std::string, Known, std::less<>> answers_;
  std::vector<Known*> owners_;  ///< by the number of the boot
};

}  // namespace detail

/// Answers the question from the events of the book.
[[nodiscard]] inline Answer reduce(Book book, Question const& question) {
  return detail::Reduction(std::move(book), question).answer();
}

}  // namespace sla::inline v1::ledger
