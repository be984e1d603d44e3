// SPDX-License-Identifier: MIT
#pragma once
// What a caller may say about how a program is run.
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sla/core/atomic.hpp"
#include "sla/core/log.hpp"
#include "sla/core/masks.hpp"
#include "sla/core/output.hpp"
#include "sla/core/result.hpp"
#include "sla/core/shared.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// A digest that takes none: for runners that need no hash of the log, and so no OpenSSL.
struct NoDigest {
  Result<void> update(std::string_view) { return {}; }
  Result<Sha256Bytes> finish() { return Error{Errc::not_configured, "no digest is taken"}; }
};

/// What an executor does about processes that outlive their run.
enum class Leftovers {
  end,    ///< end every process that came from the run, and reap children that nobody owns
  leave,  ///< end the process group of the run and nothing else
};

/// How a program is run.
struct ProcessOptions {
  Duration timeout = std::chrono::hours{1};     ///< a longer run is stopped; 0 is no limit
  Duration grace = std::chrono::seconds{5};     ///< between TERM and KILL
  Duration drain = std::chrono::seconds{2};     ///< for output after the program's own end
  Duration delivery = std::chrono::seconds{5};  ///< of the stop budget, kept for delivery
  std::uint64_t log_limit = 16U << 20U;         ///< bytes kept of the output; 0 keeps all
  int pass_through = STDOUT_FILENO;             ///< where output goes live; -1 is nowhere
  Duration shortage = std::chrono::seconds{5};  ///< how long a start without room is tried again
  /// What happens to processes that outlive the run; unset is Leftovers::end, in a Fleet leave.
  std::optional<Leftovers> leftovers{};
  /// A folder: the output of a run stands there under log_file_name(), should this process die.
  /// If it is empty or cannot be written the output dies with the process.
  std::string log_folder{};
  /// True while that folder's disk is known to hang: then it is as if it were empty.
  internal::Shared<internal::Atomic<bool> const> log_folder_hangs{};
  Masks masks{};    ///< what becomes *** in the output, wherever it goes
  int attempt = 0;  ///< that of the job, which the executor takes from it
  Logger log{Logger::Options{.format = LogFormat::none}};  ///< says what a stop waits for

  /// Returns how long a run may take until it is stopped and gone; nullopt is no limit.
  [[nodiscard]] std::optional<Duration> longest_run() const noexcept {
    if (timeout <= Duration::zero()) return std::nullopt;
    return timeout + grace;
  }
  [[nodiscard]] bool end_leftovers() const noexcept { return leftovers != Leftovers::leave; }
  /// Tells that others run commands in this process at the same time.
  void run_beside_others() noexcept { leftovers = leftovers.value_or(Leftovers::leave); }
};

}  // namespace sla::inline v1
