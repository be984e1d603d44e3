// SPDX-License-Identifier: MIT
#pragma once
// The texts that a Signature Version 4 is made of: canonical request, credential scope, string to
// sign. Pure functions that append to a text of the caller; they know no key, clock or network.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/http/transport.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// How a service reads the path of a URL.
enum class PathStyle {
  single,      ///< S3: as it is sent, encoded once, dots and slashes kept
  normalized,  ///< all others: dot segments and empty segments removed, then encoded once more
};

/// A header that lives elsewhere.
struct HeaderView {
  std::string_view name;
  std::string_view value;
};

/// Where and when a signature is valid.
struct CredentialScope {
  std::string_view time{};  ///< `20150830T123600Z`, the value of X-Amz-Date
  std::string_view region{};
  std::string_view service{};

  [[nodiscard]] std::string_view date() const noexcept { return time.substr(0, 8); }
};

/// What a canonical request is made from.
struct CanonicalParts {
  Method method = Method::get;
  std::string_view path{};   ///< as it is sent
  std::string_view query{};  ///< as it is sent, without the question mark
  PathStyle path_style = PathStyle::normalized;
  std::span<HeaderView const> headers{};  ///< in the order of insert_header
  std::string_view payload_hash{};
};

namespace detail {

inline std::optional<unsigned char> hex_digit(char c) {
  if (is_digit(c)) return static_cast<unsigned char>(c - '0');
  c = lower(c);
  if (c >= 'a' && c <= 'f') return static_cast<unsigned char>(c - 'a' + 10);
  return std::nullopt;
}

/// The byte that an escape such as `%2F` at the start of the text stands for.
inline std::optional<char> escaped_byte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  auto const high = hex_digit(text[1]);
  auto const low = hex_digit(text[2]);
  if (!high || !low) return std::nullopt;
  return static_cast<char>(*high << 4U | *low);
}

/// Encodes what is not encoded yet, and spells escapes as percent_encode does. An escaped slash
/// is no separator and stays escaped.
inline void encode_once_to(std::string& out, std::string_view text, Slash slash) {
  while (!text.empty()) {
    if (auto const byte = escaped_byte(text)) {
      percent_encode_to(out, {&*byte, 1}, Slash::encode);
      text.remove_prefix(3);
    } else {
      percent_encode_to(out, text.substr(0, 1), slash);
      text.remove_prefix(1);
    }
  }
}

/// RFC 3986 section 5.2.4, and without empty segments; a final slash stays.
inline void normalized_path_to(std::string& out, std::string_view path) {
  std::size_t const start = out.size();
  bool directory = false;
  for (bool last = false; !last;) {
    std::size_t const end = std::min(path.find('/'), path.size());
    std::string_view const segment = path.substr(0, end);
    last = end == path.size();
    path.remove_prefix(last ? end : end + 1);
    directory = segment.empty() || segment == "." || segment == "..";
    if (!directory) {
      out += '/';
      percent_encode_to(out, segment, Slash::encode);
    } else if (segment == ".." && out.size() > start) {
      out.resize(out.rfind('/'));
    }
  }
  if (directory) out += '/';
}

/// Without blanks at both ends, each inner run of spaces as one, inside quotes too.
inline void header_value_to(std::string& out, std::string_view value) {
  value = trim(value);
  for (std::size_t end = 0; !value.empty(); value.remove_prefix(end)) {
    std::size_t const word = std::min(value.find(' '), value.size());
    out += value.substr(0, word);
    end = std::min(value.find_first_not_of(' ', word), value.size());
    if (end > word) out += ' ';
  }
}

inline void lower_to(std::string& out, std::string_view text) {
  std::size_t at = out.size();
  out.resize(at + text.size());
  for (char const c : text) out[at++] = lower(c);
}

/// Hands each name to `visit` once, with the headers that have it.
template <class Visit>
void each_header_name(std::span<HeaderView const> headers, Visit visit) {
  while (!headers.empty()) {
    std::size_t count = 1;
    while (count < headers.size() &&
           same_ignoring_case(headers[count].name, headers.front().name)) {
      ++count;
    }
    visit(headers.first(count));
    headers = headers.subspan(count);
  }
}

}  // namespace detail

/// Puts a header where the signature wants it: by name, those of one name in order of arrival.
inline void insert_header(std::vector<HeaderView>& headers, HeaderView header) {
  auto const before = [](HeaderView const& left, HeaderView const& right) {
    return std::lexicographical_compare(left.name.begin(), left.name.end(), right.name.begin(),
                                        right.name.end(),
                                        [](char a, char b) { return lower(a) < lower(b); });
  };
  headers.insert(std::upper_bound(headers.begin(), headers.end(), header, before), header);
}

/// The path as the service will write it when it checks the signature.
inline void canonical_path_to(std::string& out, std::string_view path, PathStyle style) {
  if (style == PathStyle::normalized) return detail::normalized_path_to(out, path);
  if (path.empty()) out += '/';
  detail::encode_once_to(out, path, Slash::keep);
}

/// `name=value` pairs, encoded once, sorted by encoded name, then by encoded value.
inline void canonical_query_to(std::string& out, std::string_view query) {
  if (query.empty()) return;
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::string_view const part : split(query, '&')) {
    if (part.empty()) continue;
    std::size_t const equals = std::min(part.find('='), part.size());
    auto& [name, value] = pairs.emplace_back();
    detail::encode_once_to(name, part.substr(0, equals), Slash::encode);
    if (equals < part.size()) {
      detail::encode_once_to(value, part.substr(equals + 1), Slash::encode);
    }
  }
  std::sort(pairs.begin(), pairs.end());
  std::string_view separator;
  for (auto const& [name, value] : pairs) {
    out.append(separator).append(name).append("=").append(value);
    separator = "&";
  }
}

/// A line `name:value` for each name; headers of one name are joined by commas.
inline void canonical_headers_to(std::string& out, std::span<HeaderView const> headers) {
  detail::each_header_name(headers, [&](std::span<HeaderView const> same) {
    detail::lower_to(out, same.front().name);
    char separator = ':';
    for (HeaderView const& header : same) {
      out += separator;
      detail::header_value_to(out, header.value);
      separator = ',';
    }
    out += '\n';
  });
}

/// The names of the headers, joined by semicolons.
inline void signed_names_to(std::string& out, std::span<HeaderView const> headers) {
  std::string_view separator;
  detail::each_header_name(headers, [&](std::span<HeaderView const> same) {
    out += separator;
    detail::lower_to(out, same.front().name);
    separator = ";";
  });
}

/// The six parts, one after the other, without a line end at the end.
inline void canonical_request_to(std::string& out, CanonicalParts const& parts) {
  out.append(to_string(parts.method)).append("\n");
  canonical_path_to(out, parts.path, parts.path_style);
  out += '\n';
  canonical_query_to(out, parts.query);
  out += '\n';
  canonical_headers_to(out, parts.headers);
  out += '\n';
  signed_names_to(out, parts.headers);
  out.append("\n").append(parts.payload_hash);
}

/// `20150830/us-east-1/sns/aws4_request`.
inline void credential_scope_to(std::string& out, CredentialScope const& scope) {
  out.append(scope.date()).append("/").append(scope.region).append("/").append(scope.service);
  out += "/aws4_request";
}

/// The four lines that are signed; the hash is that of the canonical request, in hexadecimal.
inline void string_to_sign_to(std::string& out, CredentialScope const& scope,
                              std::string_view canonical_hash) {
  out.append("AWS4-HMAC-SHA256\n").append(scope.time).append("\n");
  credential_scope_to(out, scope);
  out.append("\n").append(canonical_hash);
}

}  // namespace sla::inline v1::aws
