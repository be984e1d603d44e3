// SPDX-License-Identifier: MIT
// expect 1: wants_uncounted_is_static_constexpr_bool
// expect 2: began_is_void_of_instant
// expect 3: missed_is_uint64_const
// expect 4: longest_run_is_optional_duration_const
// expect 5: run_beside_others_is_void
// expect 6: Each of OneOf's parameters must be a sla::Scheduler: movable, with std::optional<sla::Instant> next(sla::Instant now)
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "minimal.hpp"
#include "sla/runner.hpp"
#include "sla/scheduler/once.hpp"
#include "sla/scheduler/one_of.hpp"

struct KeepsLogs : MinimalPublisher {
#if defined REJECT && REJECT <= 1
  bool wants_uncounted() { return true; }
#else
  static constexpr bool wants_uncounted = true;
#endif
};

template <int number>
struct Listens : MinimalScheduler {
  using Parameter = std::conditional_t<rejected<number>, sla::WallTime, sla::Instant>;
  void began(Parameter) {}
};

struct Counts : MinimalScheduler {
  std::conditional_t<rejected<3>, int, std::uint64_t> missed() const { return 0; }
};

struct Limited : MinimalExecutor {
  std::optional<std::conditional_t<rejected<4>, int, sla::Duration>> longest_run() const {
    return {};
  }
};

struct Sociable : MinimalExecutor {
  using Result = std::conditional_t<rejected<5>, bool, void>;
  Result run_beside_others() { return Result(); }
};

template <class Scheduler>
void use(Scheduler scheduler) {
  sla::Runner runner{std::move(scheduler), MinimalExecutor{}, MinimalPublisher{}, MinimalClock{}};
  runner.run(sla::Job{}, sla::Stop{});
}

int main() {
  sla::Runner runner{MinimalScheduler{}, MinimalExecutor{}, KeepsLogs{}, MinimalClock{}};
  runner.run(sla::Job{}, sla::Stop{});
  sla::Runner limited{MinimalScheduler{}, Limited{}, MinimalPublisher{}, MinimalClock{}};
  limited.run(sla::Job{}, sla::Stop{});
  sla::Runner sociable{MinimalScheduler{}, Sociable{}, MinimalPublisher{}, MinimalClock{}};
  sociable.run(sla::Job{}, sla::Stop{});
  use(Listens<2>{});
  use(Counts{});
  use(sla::OneOf<sla::Once, Listens<6>>(sla::Once{}));
}
