// SPDX-License-Identifier: MIT
// expect 1: Each of All's parameters must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 2: Then's first parameter must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 3: Then's second parameter must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 4: Optional's parameter must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 5: LogFirst's first parameter must be a sla::LogStore: movable, with sla::Result<void> publish(sla::Report const&) and sla::Result<std::string> store(sla::Report const&)
// expect 6: LogFirst's second parameter must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 7: BestEffort's first parameter must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 8: BestEffort's second parameter must be a sla::Clock: movable, with now(), wall(), wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)
// expect 9: ByCallsApart's parameter must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 10: WatchedPublisher's parameter must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
#include <chrono>
#include <optional>
#include <utility>

#include "minimal.hpp"
#include "sla/app/watched.hpp"
#include "sla/core/log.hpp"
#include "sla/publisher/all.hpp"
#include "sla/publisher/best_effort.hpp"
#include "sla/publisher/by_calls_apart.hpp"
#include "sla/publisher/log_first.hpp"
#include "sla/publisher/optional.hpp"
#include "sla/publisher/then.hpp"
#include "sla/runner.hpp"

template <int number>
using Case = Unless<number, MinimalPublisher>;

template <class Door>
void use(Door door) {
  sla::Runner runner{MinimalScheduler{}, MinimalExecutor{}, std::move(door), MinimalClock{}};
  runner.run(sla::Job{}, sla::Stop{});
}

int main() {
  use(sla::All{MinimalPublisher{}, Case<1>{}});
  use(sla::Then{Case<2>{}, MinimalPublisher{}});
  use(sla::Then{MinimalPublisher{}, Case<3>{}});
  use(sla::Optional{std::optional{Case<4>{}}});
  use(sla::LogFirst{Unless<5, MinimalStore>{}, MinimalPublisher{}});
  use(sla::LogFirst{MinimalStore{}, Case<6>{}});
  use(sla::BestEffort{Case<7>{}, "metrics"});
  use(sla::BestEffort{MinimalPublisher{}, "metrics", sla::Logger{}, Unless<8, MinimalClock>{}});
  use(sla::ByCallsApart{Case<9>{}});
  use(sla::app::WatchedPublisher{Case<10>{}, sla::app::Heartbeat{}, std::chrono::seconds{1}});
}
