// SPDX-License-Identifier: MIT
#pragma once
// The folders within that of --spool: each kind of sink has a spool of its own.
#include <array>
#include <string>
#include <string_view>

#include "sla/version.hpp"

namespace sla::inline v1::app {

inline constexpr std::string_view spool_of_aws = "aws";
inline constexpr std::string_view spool_of_store = "store";
/// All of them.
inline constexpr std::array spool_folders{spool_of_aws, spool_of_store};

/// Returns the folder of one kind of sink.
[[nodiscard]] inline std::string spool_folder(std::string const& spool, std::string_view sink) {
  return (spool + '/').append(sink);
}

}  // namespace sla::inline v1::app
