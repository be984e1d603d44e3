// SPDX-License-Identifier: MIT
#pragma once
// What a command wrote: read-only, of known size, held in a file that nobody else sees or in
// memory, and readable at any offset. Copies share the bytes. How it gets there is the executor's
// business (executor/capture.hpp); where it goes is the publisher's.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/descriptor.hpp"
#include "sla/core/file_apart.hpp"
#include "sla/core/least.hpp"
#include "sla/core/result.hpp"
#include "sla/core/shared.hpp"

namespace sla::inline v1 {

using Sha256Bytes = std::array<unsigned char, 32>;

/// The bytes of one run, in order. Copies are cheap; reading is thread-safe.
class Output {
 public:
  /// Whether the file's disk is known to answer, as that of temporary files is.
  enum class Disk { answers, may_hang };

  /// A stretch of the output: a range of the file, or a text of its own.
  struct Piece {
    std::uint64_t size = 0;
    std::uint64_t offset = 0;  ///< in the file
    std::string text{};        ///< instead of the file, if it is not empty
  };

  /// No bytes.
  Output() = default;
  /// A text in memory.
  explicit Output(std::string text) {
    std::uint64_t const size = text.size();
    if (size == 0) return;
    std::vector<Piece> pieces;
    pieces.push_back({size, 0, std::move(text)});
    *this = Output({}, std::move(pieces), std::nullopt);
  }
  /// Ranges of a file; `sha256` is that of all the bytes in order, where it is known already.
  Output(Descriptor file, std::vector<Piece> pieces, std::optional<Sha256Bytes> sha256,
         Disk disk = Disk::answers)
      : held_(internal::Shared<Held const>::make(std::move(file), std::move(pieces), disk)),
        sha256_(sha256) {
    for (Piece const& piece : held_->pieces) size_ += piece.size;
  }

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// Returns the digest of all bytes, where it is known.
  [[nodiscard]] std::optional<Sha256Bytes> const& sha256() const noexcept { return sha256_; }
  /// Returns the same bytes, of which this is the digest.
  [[nodiscard]] Output with_sha256(Sha256Bytes const& sha256) const {
    Output known = *this;
    known.sha256_ = sha256;
    return known;
  }

  /// Returns where the bytes stand, in order, with copies of the texts.
  [[nodiscard]] std::vector<Piece> pieces() const {
    if (!held_) return {};
    return held_->pieces;
  }
  /// All the bytes, where they stand side by side in memory; valid as long as any copy.
  [[nodiscard]] std::optional<std::string_view> in_memory() const noexcept {
    if (size_ == 0) return std::string_view("");
    Piece const& first = held_->pieces.front();
    if (first.text.size() != size_) return std::nullopt;
    return std::string_view(first.text);
  }
  /// Returns true if the bytes stand in the file of that path.
  [[nodiscard]] bool stands_in(std::string const& path) const noexcept {
    return held_ && internal::leads_to(path, held_->file);
  }

  /// Reads the bytes from the offset on, at most `size` of them; returns how many there were, 0 at
  /// the end. Errc::system if they cannot be read, or the disk does not answer for two seconds.
  [[nodiscard]] Result<std::size_t> read(std::uint64_t offset, char* to, std::size_t size) const {
    if (!held_) return std::size_t{0};
    for (Piece const& piece : held_->pieces) {
      if (offset >= piece.size) {
        offset -= piece.size;
        continue;
      }
      auto const wanted =
          static_cast<std::size_t>(internal::least<std::uint64_t>(size, piece.size - offset));
      if (!piece.text.empty()) {
        return piece.text.copy(to, wanted, static_cast<std::size_t>(offset));
      }
      auto n = read_file(piece.offset + offset, to, wanted);
      if (!n) return n.error().within("reading the captured output");
      if (*n == 0 && wanted != 0) return Error{Errc::system, "the captured output was cut short"};
      return n;
    }
    return std::size_t{0};
  }

  /// Hands all bytes in order to `sink(std::string_view) -> Result<void>`; ends at its first error.
  template <class Sink>
  [[nodiscard]] Result<void> each_block(Sink sink) const {
    std::string buffer(static_cast<std::size_t>(internal::least<std::uint64_t>(size_, 64 * 1024)),
                       '\0');
    for (std::uint64_t offset = 0; offset < size_;) {
      auto const n = read(offset, buffer.data(), buffer.size());
      if (!n) return n.error();
      if (auto done = sink(std::string_view(buffer.data(), *n)); !done) return done.error();
      offset += *n;
    }
    return {};
  }

  /// All the bytes in one string: for small outputs and tests.
  [[nodiscard]] Result<std::string> text() const {
    std::string all;
    auto done = each_block([&](std::string_view block) -> Result<void> {
      all += block;
      return {};
    });
    if (!done) return done.error();
    return all;
  }

 private:
  struct Held {
    Held(Descriptor the_file, std::vector<Piece> the_pieces, Disk the_disk)
        : file(std::move(the_file)), pieces(std::move(the_pieces)), disk(the_disk) {}
    Descriptor file;
    std::vector<Piece> pieces;
    Disk disk;
  };

  [[nodiscard]] Result<std::size_t> read_file(std::uint64_t at, char* to, std::size_t size) const {
    if (held_->disk == Disk::answers) return internal::read_at_place(held_->file, at, to, size);
    auto n = internal::read_apart(held_->file, at, to, size);
    if (internal::disk_hangs(n)) return Error{Errc::system, n.error().message};
    return n;
  }

  internal::Shared<Held const> held_;
  std::optional<Sha256Bytes> sha256_;
  std::uint64_t size_ = 0;
};

}  // namespace sla::inline v1
