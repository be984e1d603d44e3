// SPDX-License-Identifier: MIT
#pragma once
// Takes in what a command writes, in constant memory: small outputs stay in a buffer, larger ones
// go to a file that has no name (or to a memfd if no directory is writable); where the output
// must outlive the process all of it goes to a file that has one. Beyond the limit the first and
// the last half are kept. A digest can be taken as the bytes stream by. Storing never fails a run:
// what could not be stored is counted as left out.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/descriptor.hpp"
#include "sla/core/file_apart.hpp"
#include "sla/core/least.hpp"
#include "sla/core/output.hpp"
#include "sla/core/result.hpp"
#include "sla/executor/log_file.hpp"
#include "sla/executor/process_options.hpp"

namespace sla::inline v1::internal {

/// One run's output as it comes in. D is NoDigest or a digest such as Sha256. Not thread-safe.
template <class D = NoDigest>
class Capture {
 public:
  /// Keeps at most `limit` bytes, half from the start and half from the end; 0 keeps everything,
  /// 1 counts as 2. With a path, in a new file there; if that cannot be, as without.
  explicit Capture(std::uint64_t limit, std::string path = {})
      : path_(std::move(path)),
        head_(limit == 0   ? UINT64_MAX
              : limit == 1 ? 1
                           : limit - limit / 2),
        tail_(limit == 0 ? 0 : greatest<std::uint64_t>(1, limit / 2)) {}

  /// Returns how many bytes came in so far.
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }

  /// Takes in the next block.
  void append(std::string_view block) {
    while (!block.empty()) {
      std::string_view const part = block.substr(0, room(total_));
      store(place(total_), part);
      total_ += part.size();
      if (!overflowed()) hashed_ = hashed_ && digest_.update(part).has_value();
      block.remove_prefix(part.size());
    }
  }

  /// Returns how many bytes from the offset on are no longer there: they were in the middle.
  [[nodiscard]] std::uint64_t lost_from(std::uint64_t offset) const noexcept {
    std::uint64_t const kept_again = overflowed() ? total_ - tail_ : 0;
    if (!failure_.empty()) return offset < stored_ ? 0 : total_ - offset;
    return offset >= head_ && offset < kept_again ? kept_again - offset : 0;
  }

  /// Reads back bytes that are still there, from an offset of the stream on; 0 if there are
  /// none.
  [[nodiscard]] std::size_t read_back(std::uint64_t offset, char* to, std::size_t size) const {
    std::uint64_t const end = failure_.empty() ? total_ : stored_;
    if (offset >= end) return 0;
    auto const wanted = static_cast<std::size_t>(
        least<std::uint64_t>(least<std::uint64_t>(size, end - offset), room(offset)));
    if (!file_ || memory_.size() == total_) {
      return memory_.copy(to, wanted, static_cast<std::size_t>(place(offset)));
    }
    return read(place(offset), to, wanted);
  }

  /// All that was kept, with a line that says how much was left out. The capture is used up.
  [[nodiscard]] Output finish() && {
    std::vector<Output::Piece> pieces;
    if (!failure_.empty()) {
      add_piece(pieces, 0, stored_);
      add_marker(pieces, total_ - stored_, ": " + failure_);
    } else if (overflowed()) {
      std::uint64_t const turn = (total_ - head_) % tail_;
      add_piece(pieces, 0, head_);
      add_marker(pieces, total_ - head_ - tail_, {});
      add_piece(pieces, head_ + turn, tail_ - turn);
      add_piece(pieces, head_, turn);
    } else {
      add_piece(pieces, 0, total_);
    }
    return Output(std::move(file_), std::move(pieces), final_digest(), disk());
  }

 private:
  static constexpr std::uint64_t in_memory = 64 * 1024;
  static constexpr std::uint64_t while_short = 16 * in_memory;  ///< where a file cannot be had yet

  /// Returns true if an error means a shortage, which passes.
  static bool passes(int number) noexcept {
    return number == EMFILE || number == ENFILE || number == ENOMEM;
  }

  [[nodiscard]] bool overflowed() const noexcept {
    return total_ > head_ && total_ - head_ > tail_;
  }
  /// Returns where the byte at that offset of the stream is stored: the head in its place, the rest
  /// in a ring behind it.
  [[nodiscard]] std::uint64_t place(std::uint64_t offset) const noexcept {
    return offset < head_ ? offset : head_ + (offset - head_) % tail_;
  }
  /// Returns how many bytes from that offset on are stored side by side.
  [[nodiscard]] std::uint64_t room(std::uint64_t offset) const noexcept {
    return offset < head_ ? head_ - offset : tail_ - (offset - head_) % tail_;
  }

  [[nodiscard]] Output::Disk disk() const noexcept {
    return path_.empty() ? Output::Disk::answers : Output::Disk::may_hang;
  }
  /// Reads from the file; 0 if that cannot be.
  [[nodiscard]] std::size_t read(std::uint64_t at, char* to, std::size_t size) const {
    if (path_.empty()) return read_at_place(file_, at, to, size).value_or(0);
    return read_apart(file_, at, to, size).value_or(0);
  }

  void store(std::uint64_t at, std::string_view part) {
    if (!failure_.empty()) return;
    if (!path_.empty() && write_named(at, part)) return;
    if (!file_ && at + part.size() > in_memory && !spill(at + part.size())) return;
    if (file_) return write_at(at, part);
    remember(at, part);
  }
  void remember(std::uint64_t at, std::string_view part) {
    auto const begin = static_cast<std::size_t>(at);
    memory_.resize(greatest(memory_.size(), begin + part.size()));
    part.copy(memory_.data() + begin, part.size());
  }

  /// Moves on from memory to a file, as soon as it can. Whether the output up to that place can be
  /// stored.
  bool spill(std::uint64_t end) {
    auto file = open_unnamed_file();
    if (!file && passes(file.error().system_number()) && end <= while_short) return true;
    if (!file) {
      give_up(file.error().message);
      return false;
    }
    file_ = *std::move(file);
    write_at(0, memory_);
    if (failure_.empty()) {
      memory_ = std::string();
    } else {
      file_.reset();  // what is in memory stays there
    }
    return failure_.empty();
  }

  void write_at(std::uint64_t at, std::string_view part) {
    auto const written = write_at_place(file_, at, part);
    if (!written) give_up(written.error().message);
  }
  /// The disk of the file with a name may hang: the call is apart, and what is small enough is in
  /// memory as well. Returns false if the output goes on without that file.
  bool write_named(std::uint64_t at, std::string_view part) {
    auto const written = write_apart(file_, path_, at, part);
    if (disk_hangs(written)) return !leave_hanging();
    if (!file_) return path_.clear(), false;  // it could not be made
    bool const fits = at + part.size() <= in_memory;
    fits ? remember(at, part) : memory_.clear();
    if (written) return true;
    leave_named() ? write_at(at, part) : give_up(written.error().message);
    return true;
  }
  /// The descriptor is not even closed, which could hang too, and what waits still needs it.
  /// Returns true if all that was stored is in memory.
  bool leave_hanging() {
    if (memory_.size() != total_) {
      give_up("its disk hangs");
      return false;
    }
    path_.clear();
    (void)file_.release();
    return true;
  }
  /// The disk of the file with a name takes no more: what is in it moves to one without.
  bool leave_named() {
    auto other = open_unnamed_file();
    if (!other) return false;
    std::string buffer(in_memory, '\0');
    std::uint64_t const end = overflowed() ? head_ + tail_ : total_;
    for (std::uint64_t at = 0; at < end;) {
      std::string_view const block(buffer.data(), read(at, buffer.data(), buffer.size()));
      if (block.empty() || !write_at_place(*other, at, block)) return false;
      at += block.size();
    }
    ::unlink(std::exchange(path_, {}).c_str());
    file_ = *std::move(other);
    return true;
  }

  /// What is stored in one stretch stays, nothing more is added.
  void give_up(std::string reason) {
    stored_ = overflowed() ? head_ : total_;
    failure_ = std::move(reason);
  }

  void add_piece(std::vector<Output::Piece>& pieces, std::uint64_t at, std::uint64_t size) const {
    if (size == 0) return;
    if (file_) {
      pieces.push_back({size, at, {}});
    } else {
      auto const begin = static_cast<std::size_t>(at);
      pieces.push_back({size, 0, memory_.substr(begin, static_cast<std::size_t>(size))});
    }
  }
  static void add_marker(std::vector<Output::Piece>& pieces, std::uint64_t left_out,
                         std::string const& reason) {
    std::string text =
        "\n[sla-runner: " + std::to_string(left_out) + " bytes left out here" + reason + "]\n";
    std::uint64_t const size = text.size();
    pieces.push_back({size, 0, std::move(text)});
  }

  /// The digest of a log that lost its middle is left to whoever needs it.
  std::optional<Sha256Bytes> final_digest() {
    if (!hashed_ || overflowed() || !failure_.empty()) return std::nullopt;
    auto sha256 = digest_.finish();
    if (!sha256) return std::nullopt;
    return *sha256;
  }

  std::string path_;  ///< empty: the file, if there is one, has no name
  std::uint64_t head_;
  std::uint64_t tail_;
  std::uint64_t total_ = 0;
  std::uint64_t stored_ = 0;  ///< where storing failed
  std::string failure_;       ///< why storing failed
  std::string memory_;
  Descriptor file_;
  D digest_{};
  bool hashed_ = true;
};

}  // namespace sla::inline v1::internal
