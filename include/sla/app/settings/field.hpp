// SPDX-License-Identifier: MIT
#pragma once
// Where the value of a setting lives: a member of Settings of one of its types. The member's type
// alone decides how its text is read and written.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sla/app/settings/settings.hpp"
#include "sla/app/settings/values.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::app {

/// A switch that any text turns on, whatever it says.
struct AnyText {
  bool Settings::*member;
};

/// The member that a setting fills.
using SettingField =
    std::variant<AnyText, bool Settings::*, std::string Settings::*, Duration Settings::*,
                 std::optional<Duration> Settings::*, std::uint64_t Settings::*,
                 std::int64_t Settings::*, std::vector<std::string> Settings::*,
                 HeaderLines Settings::*, EventFormat Settings::*, UploadLogs Settings::*,
                 OutputShown Settings::*, LogFormat Settings::*, ExitCodes Settings::*,
                 aws::Addressing Settings::*>;

namespace detail {

struct FieldReader {
  Settings& settings;
  std::string_view text;

  Result<void> operator()(AnyText any) const {
    settings.*any.member = !text.empty();
    return {};
  }
  template <class T>
  Result<void> operator()(T Settings::*member) const {
    return read_value(text, settings.*member);
  }
};

struct FieldWriter {
  Settings const& settings;

  std::string operator()(AnyText any) const { return value_text(settings.*any.member); }
  template <class T>
  std::string operator()(T Settings::*member) const {
    return value_text(settings.*member);
  }
};

}  // namespace detail

/// Reads a text into the member. The error is a fragment that reads on after the value.
[[nodiscard]] inline Result<void> read_field(SettingField const& field, std::string_view text,
                                             Settings& settings) {
  return std::visit(detail::FieldReader{settings, text}, field);
}

/// Returns the member's value as it would be written; empty if it is not set.
[[nodiscard]] inline std::string field_text(SettingField const& field, Settings const& settings) {
  return std::visit(detail::FieldWriter{settings}, field);
}

}  // namespace sla::inline v1::app
