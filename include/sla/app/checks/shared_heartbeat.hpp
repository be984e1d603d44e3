// SPDX-License-Identifier: MIT
#pragma once
// One heartbeat for many checks: what it promises is what comes first of what the runs under way
// promise, so that one run which hangs makes the whole process stuck, and waiting never does.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "sla/app/heartbeat.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::app {

/// The part of one check in a heartbeat that it shares. Copies are the same part; parts may be used
/// by several threads.
class SharedHeartbeat {
 public:
  /// Makes the first part; another() makes the others.
  explicit SharedHeartbeat(Heartbeat heartbeat)
      : all_(std::make_shared<All>(std::move(heartbeat))) {
    all_->promise(0, idle);
  }

  /// Returns the part of one more check.
  [[nodiscard]] SharedHeartbeat another() const {
    SharedHeartbeat part(*this);
    std::lock_guard const lock(all_->mutex);
    part.index_ = all_->promises.size();
    all_->promises.push_back(idle);
    return part;
  }

  /// This check will be heard of again by then.
  void promise(Activity activity, Instant due) const { all_->promise(index_, {activity, due}); }
  /// This check waits for its next run.
  void rest() const { all_->promise(index_, idle); }

 private:
  static constexpr Promise idle{Activity::waiting, Instant::max()};

  struct All {
    explicit All(Heartbeat the_heartbeat) : heartbeat(std::move(the_heartbeat)) {}

    void promise(std::size_t index, Promise promise) {
      std::lock_guard const lock(mutex);
      promises[index] = promise;
      auto const earlier = [](Promise const& a, Promise const& b) { return a.due < b.due; };
      Promise const first = *std::min_element(promises.begin(), promises.end(), earlier);
      bool const known = first.due == said.due && first.activity == said.activity;
      if (!known) heartbeat.promise(first.activity, first.due);
      said = first;
    }

    std::mutex mutex{};
    Heartbeat heartbeat;
    Promise said{};
    std::vector<Promise> promises{1};
  };

  std::shared_ptr<All> all_;
  std::size_t index_ = 0;
};

}  // namespace sla::inline v1::app
