// SPDX-License-Identifier: MIT
#pragma once
// Several publishers as one that may be tried again: a report that only some of them took goes,
// when it comes again, to the others only. What it remembers it forgets with the process, so after
// a restart a report may reach one of them twice, with the same run id.
#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "sla/publisher.hpp"
#include "sla/publisher/lane.hpp"
#include "sla/publisher/log_store.hpp"

namespace sla::inline v1 {

/// Publishes to each publisher until it took the report or refused it for good. As long as another
/// attempt may help the error is one that says so, and its message holds all of them.
template <class... P>
class EachOnce {
 public:
  explicit EachOnce(P... publishers) : publishers_(std::move(publishers)...) {}

  Result<void> publish(Report const& report) {
    auto const uri = send(report, published_, [&](auto& publisher) -> Result<std::string> {
      if (auto done = publisher.publish(report); !done) return done.error();
      return std::string();
    });
    if (!uri) return uri.error();
    return {};
  }

  /// Where all are log stores: the first URI that one of them gave.
  Result<std::string> store(Report const& report) requires(LogStore<P>&&...) {
    return send(report, stored_, [&](auto& publisher) { return publisher.store(report); });
  }

 private:
  /// How far one report got.
  struct Progress {
    std::array<bool, sizeof...(P)> settled{};
    std::string uri{};
    std::optional<Error> refused{};
  };
  using Memory = std::map<std::string, Progress, std::less<>>;

  template <class Send>
  Result<std::string> send(Report const& report, Memory& memory, Send one) {
    std::string const& run = report.job.run_id;
    Progress progress = std::move(memory[run]);
    std::optional<Error> failed;
    std::size_t index = 0;
    auto const attempt = [&](auto& publisher) {
      bool& settled = progress.settled[index++];
      if (settled) return;
      auto done = one(publisher);
      settled = done.has_value() || never_succeeds(done.error());
      if (done && progress.uri.empty()) progress.uri = *std::move(done);
      if (!done) add(settled ? progress.refused : failed, std::move(done).error());
    };
    std::apply([&](P&... publisher) { (attempt(publisher), ...); }, publishers_);
    if (failed) {
      memory[run] = std::move(progress);
      return *std::move(failed);
    }
    memory.erase(run);
    if (progress.refused) return *std::move(progress.refused);
    return std::move(progress.uri);
  }

  static void add(std::optional<Error>& all, Error error) {
    if (!all) {
      all = std::move(error);
    } else {
      if (retryable(error) && !retryable(*all)) std::swap(*all, error);
      all->message.append("; ").append(error.message);
    }
  }

  std::tuple<P...> publishers_;
  Memory published_{};
  Memory stored_{};
};
static_assert(Publisher<EachOnce<>>);

}  // namespace sla::inline v1
