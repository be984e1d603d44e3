// SPDX-License-Identifier: MIT
#pragma once
// An HTTP request and its response as values, and the contract of what carries one to the other
// side. Nothing here knows AWS, signatures or libcurl.
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

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

enum class Scheme { http, https };

/// Where a request goes. The Host header, the signature and the connection are all made from this
/// one value, so they cannot differ.
struct Url {
  Scheme scheme = Scheme::https;
  std::string host{};      ///< lower case; an IPv6 address stands in brackets
  std::uint16_t port = 0;  ///< 0 is the scheme's own port
  std::string path = "/";  ///< percent-encoded, exactly as it goes over the wire
  std::string query{};     ///< percent-encoded, without the question mark

  bool operator==(Url const&) const = default;
};

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

/// The first header of that name, in any case; nothing where there is none.
[[nodiscard]] inline std::optional<std::string_view> find_header(std::vector<Header> const& headers,
                                                                 std::string_view name) noexcept {
  for (Header const& header : headers) {
    if (same_ignoring_case(header.name, name)) return std::string_view(header.value);
  }
  return std::nullopt;
}

/// The port a URL means.
[[nodiscard]] constexpr std::uint16_t port_of(Url const& url) noexcept {
  if (url.port != 0) return url.port;
  return url.scheme == Scheme::https ? 443 : 80;
}

/// Appends the value of the Host header: the port stands there only when it is not the scheme's
/// own.
inline void host_header_to(std::string& out, Url const& url) {
  std::uint16_t const own = url.scheme == Scheme::https ? 443 : 80;
  out += url.host;
  if (port_of(url) != own) out.append(":").append(std::to_string(url.port));
}

/// The whole URL as a text.
[[nodiscard]] inline std::string to_string(Url const& url) {
  std::string out = url.scheme == Scheme::https ? "https://" : "http://";
  host_header_to(out, url);
  out += url.path;
  if (!url.query.empty()) out.append("?").append(url.query);
  return out;
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
