// SPDX-License-Identifier: MIT
#pragma once
// One of two spools, chosen at run time: on disk if there is a folder for it, otherwise in
// memory.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "sla/spool.hpp"

namespace sla::inline v1 {

/// Is an A or a B. Not thread-safe.
template <class A, class B>
class EitherSpool {
  static constexpr bool both_batch =
      BatchSpool<internal::HeldSpool<A>> && BatchSpool<internal::HeldSpool<B>>;
  static constexpr bool both_bundle =
      BundleSpool<internal::HeldSpool<A>> && BundleSpool<internal::HeldSpool<B>>;

 public:
  EitherSpool(A spool) : spool_(std::in_place_index<0>, std::move(spool)) {}
  EitherSpool(B spool) : spool_(std::in_place_index<1>, std::move(spool)) {}

  void begin(Report const& report) {
    ask([&](auto& spool) { spool.begin(report); });
  }
  std::uint64_t add(Report const& report) {
    return ask([&](auto& spool) { return spool.add(report); });
  }
  [[nodiscard]] Recalled recall(Job const& job) {
    return ask([&](auto& spool) { return spool.recall(job); });
  }
  Result<std::optional<Entry>> next_event(std::uint64_t behind) {
    return ask([&](auto& spool) { return spool.next_event(behind); });
  }
  Result<std::optional<Entry>> next_log(std::uint64_t behind) {
    return ask([&](auto& spool) { return spool.next_log(behind); });
  }
  Result<std::vector<Entry>> next_events(
      std::size_t most, std::vector<std::uint64_t> const& except) requires both_batch {
    return ask([&](auto& spool) { return spool.next_events(most, except); });
  }
  Result<std::vector<Entry>> next_logs(std::uint64_t behind, std::size_t most) requires both_batch {
    return ask([&](auto& spool) { return spool.next_logs(behind, most); });
  }
  void gather() requires both_bundle {
    ask([](auto& spool) { spool.gather(); });
  }
  void release(std::uint64_t number) requires both_bundle {
    ask([&](auto& spool) { spool.release(number); });
  }
  Result<std::vector<Entry>> next_bundle(std::uint64_t behind,
                                         std::size_t most) requires both_bundle {
    return ask([&](auto& spool) { return spool.next_bundle(behind, most); });
  }
  void update(Entry const& entry) {
    ask([&](auto& spool) { spool.update(entry); });
  }
  Instant tend(Instant now) {
    return ask([&](auto& spool) { return spool.tend(now); });
  }
  [[nodiscard]] SpoolCount count() {
    return ask([](auto& spool) { return spool.count(); });
  }
  [[nodiscard]] std::uint64_t dropped() {
    return ask([](auto& spool) { return spool.dropped(); });
  }
  void reported(std::uint64_t number) {
    ask([&](auto& spool) { spool.reported(number); });
  }
  [[nodiscard]] std::vector<Entry> in_memory() {
    return ask([](auto& spool) { return spool.in_memory(); });
  }

 private:
  template <class Question>
  auto ask(Question question) {
    return std::visit(question, spool_);
  }

  std::variant<internal::HeldSpool<A>, internal::HeldSpool<B>> spool_;

  static_assert(Spool<A>,
                "EitherSpool's first parameter must be a sla::Spool: movable, with begin(), add(), "
                "next_event(), next_log(), update(), tend(), count(), dropped(), reported() and "
                "in_memory()");
  static_assert(Spool<B>,
                "EitherSpool's second parameter must be a sla::Spool: movable, with begin(), "
                "add(), next_event(), next_log(), update(), tend(), count(), dropped(), reported() "
                "and in_memory()");
};

}  // namespace sla::inline v1
