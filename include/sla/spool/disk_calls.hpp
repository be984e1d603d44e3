// SPDX-License-Identifier: MIT
#pragma once
// The calls to a spool on a disk that may hang: each within a limit, one after another, and what
// the disk last said of itself. Says in the log, once, that it hangs and that it answers again.
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "sla/core/atomic.hpp"
#include "sla/core/log.hpp"
#include "sla/core/result.hpp"
#include "sla/core/shared.hpp"
#include "sla/core/time.hpp"
#include "sla/core/time_limited.hpp"
#include "sla/spool.hpp"

namespace sla::inline v1::internal {

/// Calls a spool. For one thread at a time; what a call captures is its own, as it may go on for
/// long.
template <class Disk>
class DiskCalls {
 public:
  struct NothingToUndo {
    void operator()(Disk&) const noexcept {}
  };
  struct Options {
    std::string name{};            ///< of the folder, for the log
    Duration limit{};              ///< for one call
    Shared<Atomic<bool>> hangs{};  ///< is told; may be nothing
  };
  /// What is known of the disk; its calls write it.
  struct Figures {
    SpoolCount count{};
    std::uint64_t dropped = 0;
  };

  DiskCalls(Options options, Logger log)
      : options_(std::move(options)), log_(log), disk_(options_.limit) {}

  /// Makes the spool: `make() -> Result<Disk>`. Goes on without if that takes too long; then it is
  /// there once it is made.
  template <class Make>
  Result<void> open(Make make) {
    auto const why = Shared<std::string>::make();
    auto const opened = disk_.insist(
        [make = std::move(make), why, figures = figures_](std::optional<Disk>& disk) {
          auto made = make();
          if (!made) *why = made.error().message;
          if (!made) return Result<void>(made.error());
          disk.emplace(*std::move(made));
          *figures = Figures{disk->count(), disk->dropped()};
          return Result<void>();
        },
        [why, log = log_](std::optional<Disk>&) {
          if (!why->empty()) log.error("results are kept in memory only: spool: " + *why);
        });
    if (opened && !*opened) return opened->error();
    if (!opened) note_hang();
    return {};
  }

  /// Returns true if nothing is under way.
  bool answers() {
    bool const answers = disk_.answers();
    if (!answers) note_hang();
    if (answers && options_.hangs) *options_.hangs = false;
    if (answers && std::exchange(hung_, false)) {
      log_.info("the spool answers again", {{"spool", options_.name}});
    }
    return answers;
  }
  /// Returns what the spool says, if there is one and it answers in time; what is done too late is
  /// followed by `undo(Disk&)`.
  template <class Question, class Undo = NothingToUndo>
  auto ask(Question question, Undo undo = {}) {
    using Answer = std::optional<decltype(question(std::declval<Disk&>()))>;
    if (!answers()) return Answer();
    auto answer = disk_.ask(on_disk(std::move(question)), [undo](std::optional<Disk>& disk) {
      if (disk) undo(*disk);
    });
    if (!answer) note_hang();
    return answer ? *std::move(answer) : Answer();
  }
  /// Has the disk do it, later if need be, and returns what ask() does.
  template <class Act>
  auto tell(Act act) {
    using Answer = std::optional<decltype(act(std::declval<Disk&>()))>;
    auto done = disk_.insist(on_disk(std::move(act)));
    if (!done) note_hang();
    return done ? *std::move(done) : Answer();
  }
  [[nodiscard]] Figures const& figures() const noexcept { return *figures_; }

 private:
  void note_hang() {
    if (options_.hangs) *options_.hangs = true;
    if (std::exchange(hung_, true)) return;
    log_.warning("the spool does not answer: results are kept in memory",
                 {{"spool", options_.name}});
  }

  template <class Question>
  auto on_disk(Question question) const {
    return [question = std::move(question), figures = figures_](std::optional<Disk>& disk) {
      using Answer = std::optional<decltype(question(*disk))>;
      if (!disk) return Answer();
      Answer answer(question(*disk));
      *figures = Figures{disk->count(), disk->dropped()};
      return answer;
    };
  }

  Options options_;
  Logger log_;
  TimeLimited<Disk> disk_;
  Shared<Figures> figures_ = Shared<Figures>::make();
  bool hung_ = false;
};

}  // namespace sla::inline v1::internal
