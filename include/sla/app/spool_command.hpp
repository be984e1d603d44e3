// SPDX-License-Identifier: MIT
#pragma once
// `sla-runner spool list|replay|drop --spool DIR`: what people do about results that were not
// delivered. To list them needs nothing and disturbs nobody; the other two want the folder for
// themselves, so its runner must have been stopped.
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/command.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/printing.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/spool_folders.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"
#include "sla/spool/index.hpp"
#include "sla/spool/recovery.hpp"
#include "sla/spool/store.hpp"

namespace sla::inline v1::app {

/// What a command has to say.
struct SpoolAnswer {
  int exit_code = exit_success;
  std::string text{};       ///< for stdout
  std::string complaint{};  ///< for stderr
};

namespace detail {

/// A command line that made sense.
struct SpoolCommand {
  std::string_view verb{};
  std::string folder{};
  std::vector<std::string> runs{};
};

inline Result<SpoolCommand> parse_spool_command(Arguments const& arguments,
                                                Environment const& environment) {
  auto const& words = arguments.operands;
  SpoolCommand command;
  if (!words.empty()) command.verb = words.front();
  bool const known = command.verb == "list" || command.verb == "replay" || command.verb == "drop";
  if (!known) return Error{Errc::invalid, "spool: say list, replay or drop"};
  command.runs.assign(words.begin() + 1, words.end());
  command.folder = arguments.value("--spool");
  if (command.folder.empty()) command.folder = environment.get("SLARUNNER_SPOOL").value_or("");
  if (command.folder.empty()) return Error{Errc::invalid, "spool: --spool DIR is missing"};
  return command;
}

/// Collects what a spool has, for a listing.
struct SpoolListing {
  std::map<std::uint64_t, internal::KeptEntry> entries{};
  std::uint64_t lost = 0;

  void entry(internal::RecordPosition, internal::KeptEntry kept) {
    entries[kept.entry.number] = std::move(kept);
  }
  void gone(std::uint64_t number) { entries.erase(number); }
  void dropped(internal::RecordPosition, std::uint64_t count) { lost = count; }
};

inline std::string_view part_text(Part part) {
  return part == Part::waiting ? "waits" : part == Part::done ? "done" : "refused";
}

/// `2026-01-01T00:00:00.000Z shop fail 0190163d-... to=aws event=waits log=refused bytes=120: why`
inline std::string entry_line(internal::KeptEntry const& kept, std::string_view sink) {
  Report const& report = kept.entry.report;
  std::string line = iso_time(report.ended_at) + ' ' + escaped(report.job.service) + ' ';
  line.append(to_string(report.outcome.verdict)).append(" ").append(escaped(report.job.run_id));
  line.append(" to=").append(sink);
  line.append(" event=").append(part_text(kept.entry.event));
  line.append(" log=").append(part_text(kept.entry.log));
  line.append(" bytes=").append(std::to_string(kept.log.size()));
  if (!kept.entry.reason.empty()) line.append(": ").append(escaped(kept.entry.reason));
  return line + '\n';
}

/// What all the spools of a runner have: how many entries, and what of them.
struct SpoolSum {
  std::size_t waiting = 0;
  std::size_t refused = 0;
  std::uint64_t lost = 0;
};

inline Result<std::string> list_sink(std::string const& folder, std::string_view sink,
                                     SpoolSum& sum) {
  SpoolListing listing;
  auto looked = internal::SpoolStore::look(spool_folder(folder, sink), listing);
  if (!looked) return looked.error();
  std::string text;
  for (auto const& [number, kept] : listing.entries) {
    text += entry_line(kept, sink);
    ++(kept.entry.waiting() ? sum.waiting : sum.refused);
  }
  sum.lost += listing.lost;
  return text;
}

inline SpoolAnswer list_spool(SpoolCommand const& command,
                              std::vector<std::string_view> const& sinks) {
  SpoolAnswer answer;
  SpoolSum sum;
  for (std::string_view const sink : sinks) {
    auto const text = list_sink(command.folder, sink, sum);
    if (!text) return {exit_test_failed, {}, text.error().message + '\n'};
    answer.text += *text;
  }
  answer.text += std::to_string(sum.waiting) + " waiting, " + std::to_string(sum.refused) +
                 " set aside, " + std::to_string(sum.lost) + " dropped\n";
  return answer;
}

/// Changes the entries of one spool, one after another.
class SpoolEditor {
 public:
  SpoolEditor(internal::SpoolStore& store, internal::SpoolIndex& index)
      : store_(store), index_(index) {}

  /// Returns true if anything was set aside that now waits.
  Result<bool> replay(std::uint64_t number) {
    return change(number, [](Part& part) { part = Part::waiting; });
  }
  /// Returns true if anything was set aside that is now gone.
  Result<bool> drop_refused(std::uint64_t number) {
    return change(number, [](Part& part) { part = Part::done; });
  }
  Result<bool> drop(std::uint64_t number) {
    if (auto gone = store_.forget(number, index_.all().at(number)); !gone) return gone.error();
    index_.erase(number);
    return true;
  }

 private:
  template <class Change>
  Result<bool> change(std::uint64_t number, Change apply) {
    internal::EntryState const& state = index_.all().at(number);
    if (state.log_part != Part::refused && state.event_part != Part::refused) return false;
    auto entry = store_.read(state);
    if (!entry) return entry.error();
    for (Part* const part : {&entry->log, &entry->event}) {
      if (*part == Part::refused) apply(*part);
    }
    if (entry->complete()) return drop(number);
    entry->reason.clear();
    Result<void> written;
    index_.put(number, [&](internal::EntryState& mine) {
      mine.note(*entry);
      written = store_.write(*entry, mine, internal::Sync::now);
    });
    if (!written) return written.error();
    return true;
  }

  internal::SpoolStore& store_;
  internal::SpoolIndex& index_;
};

/// Does to one entry what the command says, if that is meant; returns true if it did.
inline Result<bool> edit_entry(SpoolCommand const& command, SpoolEditor& editor,
                               std::uint64_t number, std::string const& run) {
  auto const& runs = command.runs;
  bool const named = std::find(runs.begin(), runs.end(), run) != runs.end();
  if (!runs.empty() && !named) return false;
  if (command.verb == "replay") return editor.replay(number);
  return named ? editor.drop(number) : editor.drop_refused(number);
}

/// How many entries of one spool it changed.
inline Result<std::size_t> edit_sink(SpoolCommand const& command, std::string_view sink) {
  std::string const folder = spool_folder(command.folder, sink);
  SpoolListing listing;
  auto const looked = internal::SpoolStore::look(folder, listing);
  if (!looked) return looked.error();
  internal::SpoolRecovery recovery;
  auto store = internal::SpoolStore::open(folder, recovery);
  if (!store) return store.error();
  internal::SpoolIndex index;
  recovery.add_to(*store, index);
  SpoolEditor editor(*store, index);
  std::size_t changed = 0;
  for (auto const& [number, kept] : listing.entries) {
    if (index.all().count(number) == 0) continue;
    auto const done = edit_entry(command, editor, number, kept.entry.report.job.run_id);
    if (!done) return done.error();
    if (*done) ++changed;
  }
  return changed;
}

inline SpoolAnswer edit_spool(SpoolCommand const& command,
                              std::vector<std::string_view> const& sinks) {
  std::size_t changed = 0;
  for (std::string_view const sink : sinks) {
    auto const done = edit_sink(command, sink);
    if (!done && done.error().code == Errc::in_use) {
      return {exit_undelivered, {}, done.error().message + "; stop it first\n"};
    }
    if (!done) return {exit_test_failed, {}, done.error().message + '\n'};
    changed += *done;
  }
  if (changed == 0 && !command.runs.empty()) {
    std::string const why = "spool: none of these runs is there to ";
    return {exit_test_failed, {}, (why + std::string(command.verb)) + '\n'};
  }
  bool const drop = command.verb == "drop";
  return {
      exit_success,
      std::to_string(changed) + (drop ? " dropped\n" : " waiting for the runner's next start\n"),
      {}};
}

/// The kinds of sinks that have a spool in the folder.
inline std::vector<std::string_view> sinks_in(std::string const& folder) {
  std::vector<std::string_view> sinks;
  for (std::string_view const sink : spool_folders) {
    if (::access(spool_folder(folder, sink).c_str(), F_OK) == 0) sinks.push_back(sink);
  }
  return sinks;
}

}  // namespace detail

/// Answers a command line.
[[nodiscard]] inline SpoolAnswer answer_spool(Arguments const& arguments,
                                              Environment const& environment) {
  auto const command = detail::parse_spool_command(arguments, environment);
  if (!command) return {exit_usage, {}, command.error().message + '\n'};
  auto const sinks = detail::sinks_in(command->folder);
  if (sinks.empty()) {
    return {
        exit_test_failed, {}, "spool: no runner has kept anything in " + command->folder + '\n'};
  }
  return command->verb == "list" ? detail::list_spool(*command, sinks)
                                 : detail::edit_spool(*command, sinks);
}

namespace detail {

inline int run_spool(Arguments const& arguments, Environment const& environment) {
  SpoolAnswer const answer = answer_spool(arguments, environment);
  (void)internal::write_all(STDERR_FILENO, answer.complaint);
  int const printed = print(answer.text);
  return answer.exit_code == exit_success ? printed : answer.exit_code;
}

inline constexpr Flag spool_flags[] = {{.name = "spool",
                                        .value = "DIR",
                                        .meaning = "the folder that the runner was given",
                                        .variable = "SLARUNNER_SPOOL"}};

}  // namespace detail

inline constexpr Command spool_command{
    .name = "spool",
    .purpose = "Lists what was not delivered yet, sends again or drops what was set aside.",
    .usage =
        "sla-runner spool list   --spool DIR\n"
        "sla-runner spool replay --spool DIR [RUN-ID...]\n"
        "sla-runner spool drop   --spool DIR [RUN-ID...]",
    .about =
        "list    prints what was not delivered yet, oldest first\n"
        "replay  has what was set aside delivered at the next start of the runner\n"
        "drop    deletes what was set aside; of the runs that are named, everything\n"
        "Replay and drop need the runner to be stopped.",
    .flags = detail::spool_flags,
    .most_operands = std::string_view::npos,
    .exit_codes = {{{exit_success, "done"},
                    {exit_test_failed, "there is nothing in DIR, or nothing of these runs"},
                    usage_exit,
                    {exit_undelivered, "its runner has not been stopped"}}},
    .run = detail::run_spool,
};

}  // namespace sla::inline v1::app
