// SPDX-License-Identifier: MIT
#pragma once
// `s3://BUCKET/...`, taken apart.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "sla/aws/config/bucket.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1::app {

/// What such an address names.
struct BucketAddress {
  std::string bucket{};
  std::string prefix{};  ///< as it is, without the slash before it
};

/// Takes an address apart; the Error says what is wrong with the name of the bucket.
[[nodiscard]] inline Result<BucketAddress> parse_bucket_address(std::string_view text) {
  constexpr std::string_view scheme = "s3://";
  if (!text.starts_with(scheme)) return Error{Errc::invalid, "it is no s3://BUCKET/PREFIX"};
  text.remove_prefix(scheme.size());
  std::size_t const slash = std::min(text.find('/'), text.size());
  BucketAddress const address{std::string(text.substr(0, slash)),
                              std::string(text.substr(std::min(slash + 1, text.size())))};
  if (auto good = aws::check_bucket_name(address.bucket); !good) return good.error();
  return address;
}

}  // namespace sla::inline v1::app
