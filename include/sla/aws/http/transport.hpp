// SPDX-License-Identifier: MIT
#pragma once
// An HTTP request and its response as values, and the contract of what carries one to the other
// side. Nothing here knows AWS, signatures or libcurl.
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sla/aws/http/url.hpp"
#include "sla/core/output.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

enum class Method { get, head, post, put };

[[nodiscard]] constexpr std::string_view to_string(Method method) noexcept {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
  }
  return "GET";
}

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  Method method = Method::get;
  Url url{};
  std::vector<Header> headers{};
  Output body{};
};

struct Response {
  int status = 0;
  std::vector<Header> headers{};  ///< names in lower case, in the order of arrival
  std::string body{};

  [[nodiscard]] bool ok() const noexcept { return status >= 200 && status < 300; }
};

/// Returns the first header of that name, in any case; nothing if there is none.
[[nodiscard]] inline std::optional<std::string_view> find_header(std::vector<Header> const& headers,
                                                                 std::string_view name) noexcept {
  for (Header const& header : headers) {
    if (same_ignoring_case(header.name, name)) return std::string_view(header.value);
  }
  return std::nullopt;
}

/// Carries one request to the other side and brings back the answer, whatever its status. An Error
/// means that there was no whole answer: unavailable, timed_out, invalid (what no repetition
/// mends, such as a certificate that is not trusted), stopped. It follows no redirect. The deadline
/// may be Instant::max(): what takes too long is then for the transport to say.
template <class T>
concept Transport = bool{std::movable<T>} &&
                    requires(T& t, Request const& request, Instant deadline) {
  { t.send(request, deadline) } -> std::same_as<Result<Response>>;
};

/// A Transport that carries several requests at once, each as send() would: the answers come in the
/// order of the requests, when the last of them has ended.
template <class T>
concept BatchTransport = bool{Transport<T>} &&
                         requires(T& t, std::vector<Request> const& requests, Instant deadline) {
  { t.send_all(requests, deadline) } -> std::same_as<std::vector<Result<Response>>>;
};

}  // namespace sla::inline v1::aws

namespace sla::inline v1::internal {

/// Takes the place of a transport that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedTransport {
  RefusedTransport(X const&) noexcept {}
  Result<aws::Response> send(aws::Request const&, Instant) { return aws::Response{}; }
};
template <class X>
using HeldTransport = std::conditional_t<aws::Transport<X>, X, RefusedTransport<X>>;

}  // namespace sla::inline v1::internal
