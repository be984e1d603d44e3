// SPDX-License-Identifier: MIT
#pragma once
// Puts a Response together from the lines and blocks that arrive, up to a limit. Interim answers
// (1xx) are dropped, and a head that was cut off is no answer. What parses HTTP itself is the
// transport's business.
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/http/transport.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// One response on its way in.
class ResponseBuilder {
 public:
  /// At most `limit` bytes, header lines included.
  explicit ResponseBuilder(std::size_t limit) noexcept : limit_(limit) {}

  /// One line of the head: a status line, which begins anew, a header, or the empty line.
  Result<void> line(std::string_view text) {
    if (text.starts_with("HTTP/")) {
      response_ = Response{};
      whole_head_ = false;
    }
    if (auto good = count(text.size()); !good) return good;
    auto& headers = response_.headers;
    if ((text.starts_with(' ') || text.starts_with('\t')) && !headers.empty()) {
      headers.back().value.append(" ").append(trim(text));  // RFC 9112 section 5.2
    } else if (auto const colon = text.find(':'); colon != std::string_view::npos) {
      headers.push_back({lower(text.substr(0, colon)), std::string(trim(text.substr(colon + 1)))});
    }
    whole_head_ = whole_head_ || trim(text).empty();
    return {};
  }
  /// A block of the body.
  Result<void> body(std::string_view block) {
    if (auto good = count(block.size()); !good) return good;
    response_.body += block;
    return {};
  }

  /// Nothing more arrives.
  [[nodiscard]] Result<Response> finish(int status) && {
    if (!whole_head_) return Error{Errc::unavailable, "the answer was cut off in its head"};
    response_.status = status;
    return std::move(response_);
  }

 private:
  Result<void> count(std::size_t size) {
    if (size > limit_ - received_) {
      return Error{Errc::unavailable,
                   "the answer is larger than " + std::to_string(limit_) + " bytes"};
    }
    received_ += size;
    return {};
  }

  std::size_t limit_;
  std::size_t received_ = 0;
  bool whole_head_ = false;
  Response response_{};
};

}  // namespace sla::inline v1::aws
