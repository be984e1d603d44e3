// SPDX-License-Identifier: MIT
// expect 1: The first parameter of Spooled and Delivery must be a sla::LogStore: movable, with sla::Result<void> publish(sla::Report const&) and sla::Result<std::string> store(sla::Report const&)
// expect 2: The second parameter of Spooled and Delivery must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 3: The third parameter of Spooled and Delivery must be a sla::Spool: movable, with begin(), add(), next_event(), next_log(), update(), tend(), count(), dropped(), reported() and in_memory()
// expect 4: The fourth parameter of Spooled and Delivery must be a sla::Clock: movable, with now(), wall(), wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)
// expect 5: The first parameter of Spooled and Delivery must be a sla::LogStore: movable, with sla::Result<void> publish(sla::Report const&) and sla::Result<std::string> store(sla::Report const&)
// expect 6: The second parameter of Spooled and Delivery must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
// expect 7: The third parameter of Spooled and Delivery must be a sla::Spool: movable, with begin(), add(), next_event(), next_log(), update(), tend(), count(), dropped(), reported() and in_memory()
// expect 8: The fourth parameter of Spooled and Delivery must be a sla::Clock: movable, with now(), wall(), wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)
// expect 9: EitherSpool's first parameter must be a sla::Spool: movable, with begin(), add(), next_event(), next_log(), update(), tend(), count(), dropped(), reported() and in_memory()
// expect 10: TimeLimitedSpool's parameter must be a sla::Spool: movable, with begin(), add(), next_event(), next_log(), update(), tend(), count(), dropped(), reported() and in_memory()
#include <utility>

#include "minimal.hpp"
#include "sla/core/result.hpp"
#include "sla/publisher/delivery.hpp"
#include "sla/publisher/spooled.hpp"
#include "sla/runner.hpp"
#include "sla/spool/either.hpp"
#include "sla/spool/memory.hpp"
#include "sla/spool/time_limited.hpp"

struct OtherSpool : sla::MemorySpool {};

template <class Door>
void use(Door door) {
  sla::Runner runner{MinimalScheduler{}, MinimalExecutor{}, door, MinimalClock{}};
  runner.run(sla::Job{}, sla::Stop{});
  door.hurry();
  door.finish(sla::Instant{});
}

using Store = MinimalStore;
using Publisher = MinimalPublisher;
using Clock = sla::SteadyClock;
using Spool = sla::MemorySpool;
using Other = Unless<9, OtherSpool>;
using Limited = Unless<10, Spool>;

int main() {
  sla::DeliveryStops const stops;
  use(sla::Spooled{Unless<1, Store>{}, Publisher{}, Spool{}, stops});
  use(sla::Spooled{Store{}, Unless<2, Publisher>{}, Spool{}, stops});
  use(sla::Spooled{Store{}, Publisher{}, Unless<3, Spool>{}, stops});
  use(sla::Spooled<Store, Publisher, Spool, Unless<4, Clock>>{Store{}, Publisher{}, Spool{},
                                                              stops});
  sla::internal::Delivery{Unless<5, Store>{}, Publisher{}, Spool{}, stops}.step();
  sla::internal::Delivery{Store{}, Unless<6, Publisher>{}, Spool{}, stops}.step();
  sla::internal::Delivery{Store{}, Publisher{}, Unless<7, Spool>{}, stops}.step();
  sla::internal::Delivery<Store, Publisher, Spool, Unless<8, Clock>>{Store{}, Publisher{}, Spool{},
                                                                     stops}
      .step();
  use(sla::Spooled{Store{}, Publisher{}, sla::EitherSpool<Other, Spool>{Spool{}}, stops});
  auto spool = sla::TimeLimitedSpool<Limited>::open([] { return sla::Result<Limited>({}); }, {});
  use(sla::Spooled{Store{}, Publisher{}, *std::move(spool), stops});
}
