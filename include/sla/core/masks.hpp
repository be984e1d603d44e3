// SPDX-License-Identifier: MIT
#pragma once
// Secrets that must not show in what is written, and a stream that has *** in their place: as they
// are, in base64, percent-encoded and in JSON, also over the borders of blocks. Without secrets
// each byte passes as it is, and nothing is copied.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/least.hpp"
#include "sla/core/secret.hpp"
#include "sla/core/secret_forms.hpp"
#include "sla/core/shared.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1 {

namespace internal {

/// Texts that are looked for, all at once. Each has at least `shortest` bytes. The time that it
/// takes grows with the bytes alone, but where both they and a text repeat the same few bytes.
class SoughtTexts {
 public:
  static constexpr std::size_t shortest = 6;

  explicit SoughtTexts(std::vector<std::string> texts) {
    for (std::string& text : texts) {  // sorted, each once
      auto place = texts_.begin();
      while (place != texts_.end() && *place < text) ++place;
      if (place == texts_.end() || *place != text) texts_.insert(place, std::move(text));
    }
    for (std::string const& text : texts_) {
      std::size_t const bit = bit_of(text.data());
      begins_[bit / 64] |= std::uint64_t{1} << bit % 64;
    }
  }

  struct Found {
    std::size_t size = 0;  ///< of the longest text that stands there; 0 if there is none
    bool open = false;     ///< whether more bytes could make it a longer one
  };
  /// Returns what stands at the begin of some bytes.
  [[nodiscard]] Found at_begin_of(std::string_view bytes) const {
    Found found;
    auto low = texts_.begin();
    auto high = texts_.end();  // all texts between begin with the bytes so far
    for (std::size_t depth = 0;; ++depth) {
      if (low != high && low->size() == depth) {
        found.size = depth;
        ++low;
      }
      if (low == high) return found;
      found.open = depth == bytes.size();
      if (found.open) return found;
      auto const next = static_cast<unsigned char>(bytes[depth]);
      auto const byte = [depth](std::string const& text) {
        return static_cast<unsigned char>(text[depth]);
      };
      low = first_without(low, high, [&](auto const& text) { return byte(text) < next; });
      high = first_without(low, high, [&](auto const& text) { return byte(text) == next; });
    }
  }

  /// Returns the first place from there on where a text may begin, or the end of the bytes.
  [[nodiscard]] std::size_t next_place(std::string_view bytes, std::size_t from) const noexcept {
    std::size_t const last = bytes.size() < shortest ? 0 : bytes.size() - shortest + 1;
    for (; from < last; ++from) {
      std::size_t const bit = bit_of(bytes.data() + from);
      if ((begins_[bit / 64] >> bit % 64 & 1U) != 0) return from;
    }
    return from;
  }

 private:
  using Place = std::vector<std::string>::const_iterator;

  /// Returns the first text that has not what those before it have, by halves.
  template <class Has>
  static Place first_without(Place low, Place high, Has has) {
    while (low != high) {
      Place const middle = low + (high - low) / 2;
      has(*middle) ? low = middle + 1 : high = middle;
    }
    return low;
  }

  static constexpr unsigned width = 17;  ///< of a bit's number

  /// Returns which bit stands for the first bytes of a text.
  static std::size_t bit_of(char const* text) noexcept {
    static_assert(shortest == sizeof(std::uint32_t) + sizeof(std::uint16_t));
    std::uint32_t low = 0;
    std::uint16_t high = 0;
    std::memcpy(&low, text, sizeof low);
    std::memcpy(&high, text + sizeof low, sizeof high);
    std::uint64_t const bytes = low | std::uint64_t{high} << 32U;
    return static_cast<std::size_t>(bytes * 0x9E37'79B9'7F4A'7C15U >> (64 - width));
  }

  std::vector<std::string> texts_;                                      ///< sorted, each once
  std::array<std::uint64_t, (std::size_t{1} << width) / 64> begins_{};  ///< 16 KiB
};

class MaskStream;

}  // namespace internal

/// Secrets that are to be masked. Copies share them. Immutable, so any thread may use it.
class Masks {
 public:
  /// A shorter secret is not masked: it would stand in much that is none.
  static constexpr std::size_t shortest = internal::SoughtTexts::shortest;

  /// Returns true if a secret is long enough. Blanks around it, such as a new line at the end, are
  /// no part of it.
  [[nodiscard]] static bool can_mask(std::string_view secret) noexcept {
    return trim(secret).size() >= shortest;
  }

  /// Masks nothing.
  Masks() = default;
  /// Masks those that are long enough.
  explicit Masks(std::vector<Secret> const& secrets) {
    std::vector<std::string> texts;
    for (Secret const& secret : secrets) {
      if (!can_mask(secret.reveal())) continue;
      for (std::string& form : internal::secret_forms(trim(secret.reveal()))) {
        texts.push_back(std::move(form));
      }
    }
    if (!texts.empty())
      sought_ = internal::Shared<internal::SoughtTexts const>::make(std::move(texts));
  }

  [[nodiscard]] bool empty() const noexcept { return !sought_; }

 private:
  friend class internal::MaskStream;

  internal::Shared<internal::SoughtTexts const> sought_{};
};

namespace internal {

/// One stream that is masked. Each stretch of bytes that secrets cover, be it one or several that
/// overlap, becomes ***. Bytes that may be the begin of a secret are held back until they are
/// decided or the stream ends, however long it is idle: what is written byte by byte is no less
/// secret. All others pass at once. Not thread-safe.
class MaskStream {
 public:
  explicit MaskStream(Masks const& masks) : sought_(masks.sought_) {}

  /// Takes in a block and returns what is decided, which is valid until the next call and as long
  /// as the block.
  [[nodiscard]] std::string_view take(std::string_view block) {
    if (!sought_ || block.empty()) return block;
    if (held_.empty()) return advance(block, false);
    held_ += block;
    return advance(held_, false);
  }

  /// Returns what was held back: no more follows.
  [[nodiscard]] std::string_view finish() {
    return held_.empty() ? std::string_view() : advance(held_, true);
  }

 private:
  /// Looks through bytes that are the held ones, or a block while none are held. A view of the
  /// block is returned where nothing of it has to change.
  std::string_view advance(std::string_view bytes, bool last) {
    bool const held = !held_.empty();
    out_.clear();
    std::size_t plain = covered_;  // what is not covered and not out yet begins there
    std::size_t at = sought_->next_place(bytes, 0);
    for (; at < bytes.size(); at = sought_->next_place(bytes, at + 1)) {
      auto const found = sought_->at_begin_of(bytes.substr(at));
      if (found.open && !last) break;
      if (found.size == 0) continue;
      if (at >= plain) out_.append(bytes.substr(plain, at - plain)).append("***");
      plain = internal::greatest(plain, at + found.size);
    }
    std::string_view decided = plain < at ? bytes.substr(plain, at - plain) : std::string_view();
    covered_ = plain < at ? 0 : plain - at;
    if (held || !out_.empty()) decided = out_.append(decided);
    held ? (void)held_.erase(0, at) : (void)held_.assign(bytes.substr(at));
    return decided;
  }

  Shared<SoughtTexts const> sought_;
  std::string held_{};       ///< what is not decided yet
  std::size_t covered_ = 0;  ///< how much of that belongs to a secret whose *** is out already
  std::string out_{};
};

/// Returns the whole of a text, masked.
[[nodiscard]] inline std::string masked(Masks const& masks, std::string_view text) {
  MaskStream stream(masks);
  std::string out(stream.take(text));
  return out.append(stream.finish());
}

}  // namespace internal

}  // namespace sla::inline v1
