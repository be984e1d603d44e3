// SPDX-License-Identifier: MIT
// expect 1: Runner's third parameter must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 2: Runner's third parameter must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 3: Runner's first parameter must be a sla::Scheduler: movable, with std::optional<sla::Instant> next(sla::Instant now)
// expect 4: Runner's second parameter must be a sla::Executor: movable, with sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)
// expect 5: Fleet's third parameter must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 6: Fleet's first parameter must be a sla::Scheduler: movable, with std::optional<sla::Instant> next(sla::Instant now)
// expect 7: Fleet's second parameter must be a sla::Executor: movable, with sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)
// expect 8: Each of OneOf's parameters must be a sla::Scheduler: movable, with std::optional<sla::Instant> next(sla::Instant now)
// expect 9: Announced's first parameter must be a sla::Executor: movable, with sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)
// expect 10: Announced's second parameter must be movable, with void begin(sla::Report const&)
// expect 11: Announced's third parameter must be a sla::Clock: movable, with now(), wall(), wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)
// expect 12: WatchedExecutor's parameter must be a sla::Executor: movable, with sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)
// expect 13: Runner's third parameter must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 14: Fleet's third parameter must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 15: ByExitCode's parameter must be a sla::Executor: movable, with sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)
// expect 16: Retrying's first parameter must be a sla::Executor: movable, with sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)
// expect 17: DegradedIfSlow's first parameter must be a sla::Executor: movable, with sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)
// expect 18: Witnessed's parameter must be a sla::Executor: movable, with sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)
// expect 19: Splayed's parameter must be a sla::Scheduler: movable, with std::optional<sla::Instant> next(sla::Instant now)
// expect 20: OnGrid's parameter must be a sla::Scheduler: movable, with std::optional<sla::Instant> next(sla::Instant now)
// expect 21: ShownIfFailed's parameter must be a sla::Executor: movable, with sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)
#include <chrono>
#include <utility>

#include "minimal.hpp"
#include "sla/app/checks/on_grid.hpp"
#include "sla/app/splayed.hpp"
#include "sla/app/watched.hpp"
#include "sla/executor/announced.hpp"
#include "sla/executor/by_exit_code.hpp"
#include "sla/executor/degraded_if_slow.hpp"
#include "sla/executor/retrying.hpp"
#include "sla/executor/shown_if_failed.hpp"
#include "sla/executor/witnessed.hpp"
#include "sla/fleet.hpp"
#include "sla/runner.hpp"
#include "sla/scheduler/once.hpp"
#include "sla/scheduler/one_of.hpp"

struct MinimalAnnouncee {
  void begin(sla::Report const&) {}
};

template <class Scheduler, class Executor>
void use(Scheduler scheduler, Executor executor) {
  sla::Runner runner{std::move(scheduler), std::move(executor), MinimalPublisher{}, MinimalClock{}};
  runner.run(sla::Job{}, sla::Stop{});
}

template <class Scheduler, class Executor, class Publisher>
void use_fleet() {
  sla::Fleet<Scheduler, Executor, Publisher> fleet;
  fleet.add(sla::Job{}, Scheduler{}, Executor{}, Publisher{});
  fleet.run(sla::Stop{});
}

int main() {
  MinimalExecutor const right{};
  sla::Runner first{MinimalScheduler{}, MinimalExecutor{}, Unless<1, MinimalPublisher>{}};
  (void)first.first(sla::Instant{});
  sla::Runner once{MinimalScheduler{}, MinimalExecutor{}, Unless<2, MinimalPublisher>{}};
  once.run_once(sla::Job{}, sla::Stop{});
  use(Unless<3, MinimalScheduler>{}, right);
  use(MinimalScheduler{}, Unless<4, MinimalExecutor>{});
  use_fleet<MinimalScheduler, MinimalExecutor, Unless<5, MinimalPublisher>>();
  use_fleet<Unless<6, MinimalScheduler>, MinimalExecutor, MinimalPublisher>();
  use_fleet<MinimalScheduler, Unless<7, MinimalExecutor>, MinimalPublisher>();
  use(sla::OneOf<sla::Once, Unless<8, MinimalScheduler>>(Unless<8, MinimalScheduler>{}), right);
  use(MinimalScheduler{}, sla::Announced{Unless<9, MinimalExecutor>{}, MinimalAnnouncee{}});
  use(MinimalScheduler{}, sla::Announced{right, Unless<10, MinimalAnnouncee>{}});
  use(MinimalScheduler{}, sla::Announced{right, MinimalAnnouncee{}, Unless<11, MinimalClock>{}});
  use(MinimalScheduler{},
      sla::app::WatchedExecutor{Unless<12, MinimalExecutor>{}, sla::app::Heartbeat{},
                                std::chrono::seconds{1}});
  sla::Runner pinned{MinimalScheduler{}, right, UnlessPinned<13, MinimalPublisher>{}};
  pinned.run(sla::Job{}, sla::Stop{});
  use_fleet<MinimalScheduler, MinimalExecutor, UnlessPinned<14, MinimalPublisher>>();
  use(MinimalScheduler{}, sla::ByExitCode{Unless<15, MinimalExecutor>{}, {}});
  use(MinimalScheduler{}, sla::Retrying{Unless<16, MinimalExecutor>{}, {}});
  use(MinimalScheduler{}, sla::Witnessed{Unless<18, MinimalExecutor>{}, {}});
  use(MinimalScheduler{}, sla::ShownIfFailed{Unless<21, MinimalExecutor>{}, -1});
  use(MinimalScheduler{}, sla::DegradedIfSlow{Unless<17, MinimalExecutor>{}, std::nullopt});
  use(sla::app::Splayed{Unless<19, MinimalScheduler>{}, std::chrono::seconds{1}}, right);
  use(sla::app::OnGrid{Unless<20, MinimalScheduler>{}, sla::app::Grid{.service = "shop"}}, right);
}
