// SPDX-License-Identifier: MIT
#pragma once
// Values as bytes, for records that this library itself reads again: one byte that names the field,
// four of length, then the value, numbers as eight bytes. A reader passes over names it does not
// know, so that an older program reads what a newer one wrote.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/version.hpp"

namespace sla::inline v1::internal {

/// Appends a number, lowest byte first.
template <class Number>
void append_number(std::string& out, Number value) {
  for (std::size_t i = 0; i < sizeof value; ++i) {
    out += static_cast<char>(static_cast<unsigned char>(value >> (8 * i) & 0xFFU));
  }
}

/// Reads a number that fills the first bytes of the text; the text must be long enough.
template <class Number>
[[nodiscard]] Number leading_number(std::string_view bytes) noexcept {
  Number value = 0;
  for (std::size_t i = sizeof value; i-- > 0;) {
    value = static_cast<Number>(value << 8U | static_cast<unsigned char>(bytes[i]));
  }
  return value;
}

/// One field as it was read; the value stays in the bytes that it was read from.
struct RecordField {
  std::uint8_t name = 0;
  std::string_view value{};

  /// Returns the value as a number, if it is one.
  [[nodiscard]] std::optional<std::int64_t> number() const noexcept {
    if (value.size() != sizeof(std::uint64_t)) return std::nullopt;
    return static_cast<std::int64_t>(leading_number<std::uint64_t>(value));
  }
};

/// Builds a record field by field.
class RecordWriter {
 public:
  RecordWriter& text(std::uint8_t name, std::string_view value) {
    bytes_ += static_cast<char>(name);
    append_number(bytes_, static_cast<std::uint32_t>(value.size()));
    bytes_ += value;
    return *this;
  }
  RecordWriter& number(std::uint8_t name, std::int64_t value) {
    std::string eight;
    append_number(eight, static_cast<std::uint64_t>(value));
    return text(name, eight);
  }

  [[nodiscard]] std::string const& bytes() const& noexcept { return bytes_; }
  [[nodiscard]] std::string bytes() && noexcept { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads a record field by field.
class RecordReader {
 public:
  explicit RecordReader(std::string_view bytes) noexcept : rest_(bytes) {}

  /// Returns the next field; nothing at the end, and where what follows is no field.
  [[nodiscard]] std::optional<RecordField> next() noexcept {
    constexpr std::size_t head = 1 + sizeof(std::uint32_t);
    if (rest_.size() < head) return std::nullopt;
    auto const size = leading_number<std::uint32_t>(rest_.substr(1));
    if (rest_.size() - head < size) return std::nullopt;
    RecordField const field{static_cast<std::uint8_t>(rest_[0]), rest_.substr(head, size)};
    rest_.remove_prefix(head + size);
    return field;
  }

  /// Returns true if all bytes were fields.
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace sla::inline v1::internal
