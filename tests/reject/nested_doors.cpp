// SPDX-License-Identifier: MIT
// expect 1: Each of All's parameters must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 2: Each of All's parameters must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 3: Optional's parameter must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 4: BestEffort's first parameter must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 5: Each of All's parameters must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 6: Then's second parameter must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 7: LogFirst's first parameter must be a sla::LogStore: movable, with sla::Result<void> publish(sla::Report const&) and sla::Result<std::string> store(sla::Report const&)
#include <optional>
#include <utility>

#include "minimal.hpp"
#include "sla/app/watched.hpp"
#include "sla/fleet.hpp"
#include "sla/publisher/all.hpp"
#include "sla/publisher/best_effort.hpp"
#include "sla/publisher/log_first.hpp"
#include "sla/publisher/optional.hpp"
#include "sla/publisher/spooled.hpp"
#include "sla/publisher/then.hpp"
#include "sla/runner.hpp"
#include "sla/spool/memory.hpp"

using Publisher = MinimalPublisher;

template <class Door>
void use(Door door) {
  sla::Runner runner{MinimalScheduler{}, MinimalExecutor{}, std::move(door), MinimalClock{}};
  runner.run(sla::Job{}, sla::Stop{});
}

template <class Store, class Door>
void use_spooled(Store store, Door door) {
  sla::DeliveryStops const stops;
  use(sla::Spooled{std::move(store), std::move(door), sla::MemorySpool{}, stops});
}

template <class Door>
void use_fleet(Door door) {
  sla::Fleet<MinimalScheduler, MinimalExecutor, Door> fleet;
  fleet.add(sla::Job{}, MinimalScheduler{}, MinimalExecutor{}, std::move(door));
  fleet.run(sla::Stop{});
}

int main() {
  use_spooled(MinimalStore{},
              sla::Optional{std::optional{sla::All{Publisher{}, Unless<1, Publisher>{}}}});
  use_spooled(MinimalStore{},
              sla::Optional{std::optional{sla::All{Publisher{}, UnlessPinned<2, Publisher>{}}}});
  use_spooled(sla::Optional{std::optional{Unless<3, MinimalStore>{}}}, Publisher{});
  use(sla::All{Publisher{}, sla::Then{Publisher{}, sla::BestEffort{Unless<4, Publisher>{}, "x"}}});
  use_fleet(sla::BestEffort{sla::All{Unless<5, Publisher>{}}, "metrics"});
  use_fleet(sla::Optional{std::optional{sla::Then{Publisher{}, UnlessPinned<6, Publisher>{}}}});
  use(sla::Then{Publisher{}, sla::LogFirst{Unless<7, MinimalStore>{}, Publisher{}}});
}
