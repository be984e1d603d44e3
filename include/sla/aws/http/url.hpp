// SPDX-License-Identifier: MIT
#pragma once
// A URL, and how the one of an endpoint is read from a text, strictly: what is accepted reaches the
// signature and the connection unchanged. There is no user name, query or fragment, and no host
// that one library takes for a name and the next for an address.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

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

/// Returns the port a URL means.
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

/// Returns the whole URL as a text.
[[nodiscard]] inline std::string to_string(Url const& url) {
  std::string out = url.scheme == Scheme::https ? "https://" : "http://";
  host_header_to(out, url);
  out += url.path;
  if (!url.query.empty()) out.append("?").append(url.query);
  return out;
}

/// Returns true if a text begins as a URL over TLS does, in any case.
[[nodiscard]] inline bool is_https(std::string_view url) {
  return same_ignoring_case(url.substr(0, 6), "https:");
}

/// Returns true if a text may be one part of a host name: 1 to 63 letters, digits and inner
/// hyphens.
[[nodiscard]] constexpr bool is_dns_label(std::string_view text) noexcept {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  for (char const c : text) {
    if (!is_alpha(c) && !is_digit(c) && c != '-') return false;
  }
  return true;
}

/// Returns true if a text is an IPv4 address of four decimal numbers.
[[nodiscard]] inline bool is_ipv4_address(std::string_view text) {
  in_addr address{};
  return text.find('\0') == std::string_view::npos &&
         ::inet_pton(AF_INET, std::string(text).c_str(), &address) == 1;
}

/// Returns true if the host of a URL is an address: IPv4, or IPv6 in brackets. `localhost` is a
/// name.
[[nodiscard]] inline bool is_ip_address(std::string_view host) {
  return host.starts_with('[') || is_ipv4_address(host);
}

namespace detail {

inline Error bad_url(std::string_view why) {
  return Error{Errc::invalid, "not the URL of an endpoint: " + std::string(why)};
}

inline Result<std::string> read_ipv6(std::string_view text) {
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> shortest{};
  if (text.find('\0') != std::string_view::npos ||
      ::inet_pton(AF_INET6, std::string(text).c_str(), &address) != 1) {
    return bad_url("what stands in brackets must be an IPv6 address, without a zone");
  }
  // The one canonical spelling (RFC 5952): a connection may shorten the host, a signature cannot.
  ::inet_ntop(AF_INET6, &address, shortest.data(), shortest.size());
  return '[' + std::string(shortest.data()) + ']';
}

/// Returns true if the last part of a host looks like a number, so that some would read an address.
inline bool ends_in_number(std::string_view host) {
  std::string_view const last = host.substr(host.rfind('.') + 1);
  bool digits = true;
  for (char const c : last) digits = digits && is_digit(c);
  return digits || last.starts_with("0x");
}

inline Result<std::string> read_host(std::string_view text) {
  if (text.empty()) return bad_url("the host is missing");
  if (text.front() == '[') {
    if (text.back() != ']') return bad_url("the bracket around the IPv6 address is not closed");
    return read_ipv6(text.substr(1, text.size() - 2));
  }
  std::string host = lower(text);
  // A dot at the end says that no search list is asked: it stays, but is no part of a name.
  std::string_view const name = std::string_view(host).substr(0, host.size() - host.ends_with('.'));
  if (name.size() > 253) return bad_url("the host is longer than 253 characters");
  for (std::string_view const label : split(name, '.')) {
    // An underscore is no part of a host name, but names of containers have it.
    std::string plain(label);
    for (char& c : plain) c = c == '_' ? 'a' : c;
    if (!is_dns_label(plain)) {
      return bad_url("the host must be a name of letters, digits, hyphens and dots, or an address");
    }
  }
  if (ends_in_number(name) && !is_ipv4_address(host)) {
    return bad_url("the host looks like an IPv4 address but is none");
  }
  return host;
}

inline Result<std::uint16_t> read_port(std::string_view text) {
  auto const port = parse_integer<std::uint16_t>(text);
  if (!port || *port == 0) return bad_url("the port must be a number from 1 to 65535");
  return *port;
}

inline Result<void> check_url_path(std::string_view path) {
  constexpr std::string_view others = "-._~!$&'()*+,;=:@/";
  for (std::size_t i = 0; i < path.size(); ++i) {
    char const c = path[i];
    if (is_alpha(c) || is_digit(c) || others.find(c) != std::string_view::npos) continue;
    auto const byte = c == '%' ? path.substr(i + 1, 2) : std::string_view{};
    bool const encoded = byte.size() == 2 &&
                         byte.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
    if (!encoded) return bad_url("the path must be percent-encoded");
  }
  return {};
}

}  // namespace detail

/// Reads `https://host`, with an optional port and base path. The error says what is wrong and
/// never repeats the text, which may hold a password.
[[nodiscard]] inline Result<Url> parse_url(std::string_view text) {
  if (has_control(text) || text.find(' ') != std::string_view::npos) {
    return detail::bad_url("it holds a blank or a control character");
  }
  std::size_t const colon = text.find("://");
  std::string_view const scheme = text.substr(0, colon == std::string_view::npos ? 0 : colon);
  bool const plain = same_ignoring_case(scheme, "http");
  if (!plain && !same_ignoring_case(scheme, "https")) {
    return detail::bad_url("it must begin with http:// or https://");
  }
  text.remove_prefix(colon + 3);
  if (text.find('?') != std::string_view::npos || text.find('#') != std::string_view::npos) {
    return detail::bad_url("it must have no query and no fragment");
  }
  std::size_t const slash = text.find('/');
  std::string_view authority = text.substr(0, slash);
  Url url{plain ? Scheme::http : Scheme::https};
  if (slash != std::string_view::npos) url.path = text.substr(slash);
  if (authority.find('@') != std::string_view::npos) {
    return detail::bad_url("it must have no user name and no password");
  }
  std::size_t const bracket = authority.find(']');
  std::size_t const port = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (port != std::string_view::npos) {
    auto const number = detail::read_port(authority.substr(port + 1));
    if (!number) return number.error();
    if (*number != port_of(url)) url.port = *number;
    authority = authority.substr(0, port);
  }
  auto host = detail::read_host(authority);
  if (!host) return host.error();
  if (auto path = detail::check_url_path(url.path); !path) return path.error();
  url.host = *std::move(host);
  return url;
}

}  // namespace sla::inline v1::aws
