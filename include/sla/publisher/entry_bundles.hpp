// SPDX-License-Identifier: MIT
#pragma once
// Stores the logs of passes in bundles: many logs as one object, in which each has a range of bytes
// that its event tells. The entries wait in the spool until the oldest of them has waited for long
// enough, until they fill a bundle, until an event of the same service that is no plain pass
// follows one of them, or until the end. Where a bundle cannot be stored its events go ahead, and
// each of its logs follows as an object of its own.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/output.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher/entry_attempts.hpp"
#include "sla/publisher/log_first.hpp"
#include "sla/publisher/log_store.hpp"
#include "sla/publisher/retry_schedule.hpp"
#include "sla/spool.hpp"

namespace sla::inline v1::internal {

/// Delivers bundles of logs by attempts that outlive it; for the thread that makes them.
template <class L, class P, class S, class C>
class EntryBundles {
 public:
  /// True if all that a delivery is made of can do so.
  static constexpr bool possible = BundleSpool<HeldSpool<S>> && BundleLogStore<HeldLogStore<L>>;

  /// `longest` is how long a log waits for others; zero: none waits. What an earlier process left
  /// has waited.
  EntryBundles(EntryAttempts<L, P, S, C>& attempts, Duration longest)
      : attempts_(attempts), longest_(longest) {
    if constexpr (possible) {
      if (longest <= Duration::zero() || attempts.upload != UploadLogs::always) return;
      attempts_.with_spool([](auto& spool) { spool.gather(); });
      if (attempts_.count().gathered != 0) due_ = Instant::min();
    }
  }

  /// Returns when the next bundle is to be stored; the last instant of all if nothing waits.
  Instant due(Instant now, SpoolCount const& count) {
    if (count.gathered == 0) due_.reset();
    if (count.gathered == 0) return Instant::max();
    if (!due_) due_ = now + longest_;
    bool const at_once = (count.bundle_due || attempts_.hurried) && blocked_until_ <= now;
    return at_once ? Instant::min() : *due_;
  }

  /// Stores a bundle of what waits, and ends the wait of its entries.
  void deliver(Instant now) {
    if constexpr (possible) {
      Bundle bundle = collect(attempts_.hindrance(0).empty());
      blocked_until_ = bundle.pieces.empty() ? now + std::chrono::seconds{1} : now;
      due_ =
          bundle.pieces.empty() ? blocked_until_ : now + longest_;  // of those that come meanwhile
      bool const stored = store(bundle);
      for (Piece& piece : bundle.pieces) {
        piece.taken = piece.taken && stored;
        if (piece.taken) attempts_.log_stored(piece.entry, uri_of(piece, bundle.uri));
      }
      for (std::size_t i = 0; i < bundle.pieces.size(); i += chunk) keep(bundle.pieces, i);
    }
  }

 private:
  /// How many entries are asked for at once: each may take a descriptor, and who adds a result
  /// waits for all of them.
  static constexpr std::size_t chunk = 64;

  /// One entry, and where its log stands in the bundle. It has no output any more.
  struct Piece {
    Entry entry;
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
    bool taken = false;  ///< its log is in there
  };
  struct Bundle {
    std::string bytes{};
    std::vector<Piece> pieces{};
    std::string uri{};
  };

  /// Takes as many entries as a bundle holds, with their logs if they are to be read.
  Bundle collect(bool with_logs) {
    Bundle bundle;
    for (std::uint64_t behind = 0;;) {
      auto entries =
          attempts_.with_spool([=](auto& spool) { return spool.next_bundle(behind, chunk); });
      if (!entries || entries->empty()) return bundle;
      for (Entry& entry : *entries) {
        std::uint64_t const size = entry.report.outcome.output.size();
        bool const full =
            bundle.pieces.size() == BundleLimits::logs ||
            (!bundle.pieces.empty() && bundle.bytes.size() + size > BundleLimits::bytes);
        if (with_logs && full) return bundle;
        behind = entry.number;
        bundle.pieces.push_back(piece_of(std::move(entry), bundle.bytes, with_logs));
        bool const disk_fails = !bundle.pieces.back().entry.unreadable.empty();
        if (with_logs && disk_fails) return bundle;  // each of the others may take as long
      }
    }
  }

  static Piece piece_of(Entry entry, std::string& bytes, bool with_log) {
    Output const output = std::exchange(entry.report.outcome.output, Output());
    Piece piece{std::move(entry), bytes.size()};
    bool const fits = piece.entry.log == Part::waiting && piece.entry.unreadable.empty() &&
                      may_be_bundled(piece.entry.report, output.size());
    if (!with_log || !fits) return piece;
    auto const read = output.each_block([&](std::string_view block) -> Result<void> {
      bytes += block;
      return {};
    });
    piece.taken = read.has_value();
    if (!read) {
      bytes.resize(piece.begin);
      piece.entry.unreadable = read.error().message;
    }
    piece.size = bytes.size() - piece.begin;
    return piece;
  }

  /// Returns true if the logs of the bundle are where they should be.
  bool store(Bundle& bundle) {
    auto const first = std::find_if(bundle.pieces.begin(), bundle.pieces.end(),
                                    [](Piece const& piece) { return piece.taken; });
    if (first == bundle.pieces.end()) return false;
    if (bundle.bytes.empty()) return true;  // they wrote nothing
    auto uri =
        attempts_.store.store_bundle(Output(std::move(bundle.bytes)), first->entry.report.ended_at);
    if (uri) {
      bundle.uri = *std::move(uri);
    } else if (fault_of(uri.error().code) != Fault::content) {
      attempts_.fail(attempts_.logs, first->entry, uri.error());
    }
    return !bundle.uri.empty();
  }

  /// Keeps in the spool how far some of them got.
  void keep(std::vector<Piece>& pieces, std::size_t from) {
    attempts_.with_spool([&](auto& spool) {
      for (std::size_t i = from; i < std::min(from + chunk, pieces.size()); ++i) {
        Entry& entry = pieces[i].entry;
        pieces[i].taken ? attempts_.update(spool, entry) : spool.release(entry.number);
      }
    });
  }

  /// Returns where the log stands; nothing where there is none.
  static std::string uri_of(Piece const& piece, std::string const& bundle) {
    if (piece.size == 0) return {};
    std::string uri = bundle;
    return uri.append("#bytes=")
        .append(std::to_string(piece.begin))
        .append("-")
        .append(std::to_string(piece.begin + piece.size - 1));
  }

  EntryAttempts<L, P, S, C>& attempts_;
  Duration longest_;
  std::optional<Instant> due_{};  ///< when the oldest has waited for long enough
  Instant blocked_until_ = Instant::min();
};

}  // namespace sla::inline v1::internal
