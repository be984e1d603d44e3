// SPDX-License-Identifier: MIT
#pragma once
// A Publisher and a LogStore that keep what they are given and answer as they are told.
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sla/core/result.hpp"
#include "sla/core/run.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/log_store.hpp"

/// What one fake was given, in order, and its next answers; without any it succeeds.
struct Deliveries {
  std::vector<sla::Report> published{};
  std::vector<sla::Report> stored{};
  std::deque<std::optional<sla::Error>> errors{};  ///< the answers to come; nothing is a success

  sla::Result<void> answer() {
    if (errors.empty()) return {};
    std::optional<sla::Error> error = std::move(errors.front());
    errors.pop_front();
    if (error) return *std::move(error);
    return {};
  }
};

class FakePublisher {
 public:
  explicit FakePublisher(Deliveries& deliveries) : deliveries_(&deliveries) {}

  sla::Result<void> publish(sla::Report const& report) {
    deliveries_->published.push_back(report);
    return deliveries_->answer();
  }

 private:
  Deliveries* deliveries_;
};
static_assert(sla::Publisher<FakePublisher>);
static_assert(!sla::LogStore<FakePublisher>);

/// Puts every log at `fake://` and its key.
class FakeLogStore {
 public:
  explicit FakeLogStore(Deliveries& deliveries) : deliveries_(&deliveries) {}

  sla::Result<std::string> store(sla::Report const& report) {
    deliveries_->stored.push_back(report);
    if (auto done = deliveries_->answer(); !done) return done.error();
    return "fake://" + sla::log_key(report);
  }
  sla::Result<void> publish(sla::Report const& report) {
    deliveries_->published.push_back(report);
    return deliveries_->answer();
  }

 private:
  Deliveries* deliveries_;
};
static_assert(sla::LogStore<FakeLogStore>);
