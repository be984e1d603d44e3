// SPDX-License-Identifier: MIT
#pragma once
// Reads the XML in which SNS, STS and S3 answer: the text of one element, or what stands in each of
// several, found by the local names on the way there. One pass without recursion over any bytes at
// all; document types and the entities they define are not understood, so there is nothing to
// expand. No validator: what is not XML has no such element.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/http/transport.hpp"
#include "sla/aws/wire/service_error.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// The names of elements on the way from the root to one, the root's included.
using XmlPath = std::initializer_list<std::string_view>;

namespace detail {

/// Returns the character of a numeric reference such as `#65` or `#x41` in UTF-8; empty if it is
/// none.
inline std::string xml_character(std::string_view reference) {
  bool const hexadecimal = reference.starts_with("#x");
  reference.remove_prefix(hexadecimal ? 2 : 1);
  std::uint32_t code = 0;
  if (reference.empty() || reference.size() > 8) return {};
  for (char const c : reference) {
    char const digit = lower(c);
    bool const letter = hexadecimal && digit >= 'a' && digit <= 'f';
    if (!is_digit(digit) && !letter) return {};
    int const value = letter ? digit - 'a' + 10 : digit - '0';
    code = code * (hexadecimal ? 16U : 10U) + static_cast<std::uint32_t>(value);
    if (code > 0x10FFFF) return {};
  }
  if (code == 0 || (code >= 0xD800 && code <= 0xDFFF)) return {};
  auto const byte = [](std::uint32_t value) { return static_cast<char>(value); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xC0U | code >> 6U), byte(0x80U | (code & 63U))};
  if (code < 0x10000) {
    return {byte(0xE0U | code >> 12U), byte(0x80U | (code >> 6U & 63U)),
            byte(0x80U | (code & 63U))};
  }
  return {byte(0xF0U | code >> 18U), byte(0x80U | (code >> 12U & 63U)),
          byte(0x80U | (code >> 6U & 63U)), byte(0x80U | (code & 63U))};
}

/// Adds a text to `out` with its entities replaced; what is no entity stays as it is.
inline void append_xml_text(std::string& out, std::string_view text) {
  constexpr std::pair<std::string_view, char> entities[] = {
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  while (!text.empty()) {
    std::size_t const ampersand = text.find('&');
    out += text.substr(0, ampersand);
    if (ampersand == std::string_view::npos) return;
    text.remove_prefix(ampersand);
    std::size_t const end = text.substr(0, 12).find(';');
    std::string_view const name =
        end == std::string_view::npos ? std::string_view{} : text.substr(1, end - 1);
    std::string character = name.starts_with('#') ? xml_character(name) : std::string{};
    for (auto const& [entity, meaning] : entities) {
      if (name == entity) character = meaning;
    }
    out += character.empty() ? "&" : character;
    text.remove_prefix(character.empty() ? 1 : end + 1);
  }
}

/// What stands next in a document.
struct XmlPiece {
  enum class Kind { text, verbatim, open, empty, close, end } kind = Kind::end;
  std::string_view content{};  ///< the text, or the local name of the element
};

/// Takes a document apart from the front to the back, bounded by its size.
class XmlScanner {
 public:
  explicit XmlScanner(std::string_view document) : rest_(document) {}

  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

  XmlPiece next() {
    while (!rest_.empty()) {
      if (rest_.front() != '<') {
        return {XmlPiece::Kind::text, take(rest_.find('<'))};
      }
      if (rest_.starts_with("<!--")) {
        skip_past("-->", 4);
      } else if (rest_.starts_with("<?")) {
        skip_past("?>", 2);
      } else if (rest_.starts_with("<![CDATA[")) {
        std::size_t const end = rest_.find("]]>");
        if (end == std::string_view::npos) break;
        std::string_view const whole = take(end + 3);
        return {XmlPiece::Kind::verbatim, whole.substr(9, whole.size() - 12)};
      } else if (rest_.starts_with("<!")) {
        break;  // a document type: no answer of AWS has one
      } else {
        return tag();
      }
    }
    rest_ = {};
    return {};
  }

 private:
  std::string_view take(std::size_t count) {
    std::string_view const taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  void skip_past(std::string_view end, std::size_t from) {
    std::size_t const at = rest_.find(end, from);
    rest_ = at == std::string_view::npos ? std::string_view{} : rest_.substr(at + end.size());
  }

  /// A tag up to its `>`; one inside a quoted attribute does not end it.
  XmlPiece tag() {
    char quote = '\0';
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      char const c = rest_[i];
      if (quote != '\0') {
        if (c == quote) quote = '\0';
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        std::string_view const whole = take(i + 1);
        return tag(whole.substr(1, whole.size() - 2));
      }
    }
    rest_ = {};
    return {};
  }
  static XmlPiece tag(std::string_view inside) {
    XmlPiece::Kind kind = XmlPiece::Kind::open;
    if (inside.starts_with('/')) {
      kind = XmlPiece::Kind::close;
      inside.remove_prefix(1);
    } else if (inside.ends_with('/')) {
      kind = XmlPiece::Kind::empty;
      inside.remove_suffix(1);
    }
    std::string_view name = inside.substr(0, inside.find_first_of(" \t\r\n"));
    if (std::size_t const colon = name.find(':'); colon != std::string_view::npos) {
      name.remove_prefix(colon + 1);
    }
    return {kind, name};
  }

  std::string_view rest_;
};

/// How far into a document a scanner is, and how much of a path leads there.
struct XmlWay {
  XmlPath path;
  std::size_t depth = 0;
  std::size_t matched = 0;

  /// Whether this is the element at the path, not one inside it.
  [[nodiscard]] bool there() const noexcept { return matched == path.size() && depth == matched; }
  [[nodiscard]] bool leads(std::string_view name) const noexcept {
    return matched == depth && matched < path.size() && name == path.begin()[matched];
  }
  /// Whether the element of that name is the one at the path.
  [[nodiscard]] bool ends(std::string_view name) const noexcept {
    return leads(name) && matched + 1 == path.size();
  }
  void open(std::string_view name) noexcept {
    if (leads(name)) ++matched;
    ++depth;
  }
  /// Returns false if nothing is open.
  [[nodiscard]] bool close() noexcept {
    if (depth == 0) return false;
    if (matched == depth) --matched;
    --depth;
    return true;
  }
};

}  // namespace detail

/// Returns the text of the first element at the path, decoded; nothing if there is none, or
/// where the document ends before the element does. Text of elements inside it is left out.
[[nodiscard]] inline std::optional<std::string> xml_text(std::string_view document, XmlPath path) {
  using Kind = detail::XmlPiece::Kind;
  detail::XmlScanner scanner(document);
  detail::XmlWay way{path};
  std::string text;
  for (;;) {
    detail::XmlPiece const piece = scanner.next();
    switch (piece.kind) {
      case Kind::end:
        return std::nullopt;
      case Kind::text:
        if (way.there()) detail::append_xml_text(text, piece.content);
        break;
      case Kind::verbatim:
        if (way.there()) text += piece.content;
        break;
      case Kind::empty:
        if (way.ends(piece.content)) return text;
        break;
      case Kind::open:
        way.open(piece.content);
        break;
      case Kind::close:
        if (way.there()) return text;
        if (!way.close()) return std::nullopt;
        break;
    }
  }
}

/// Returns what stands in each element at the path, in order and as it stands there: a document
/// of its own for xml_text(), but without a root. Ends where the document is cut off.
[[nodiscard]] inline std::vector<std::string_view> xml_elements(std::string_view document,
                                                                XmlPath path) {
  using Kind = detail::XmlPiece::Kind;
  detail::XmlScanner scanner(document);
  detail::XmlWay way{path};
  std::vector<std::string_view> found;
  std::string_view inside;
  for (;;) {
    std::string_view const rest = scanner.rest();
    detail::XmlPiece const piece = scanner.next();
    if (piece.kind == Kind::end) return found;
    if (piece.kind == Kind::open) {
      if (way.ends(piece.content)) inside = scanner.rest();
      way.open(piece.content);
    } else if (piece.kind == Kind::close) {
      if (way.there()) found.push_back(inside.substr(0, inside.size() - rest.size()));
      if (!way.close()) return found;
    }
  }
}

/// Returns true if the outermost element of a document has that local name.
[[nodiscard]] inline bool is_xml_root(std::string_view document, std::string_view name) {
  using Kind = detail::XmlPiece::Kind;
  detail::XmlScanner scanner(document);
  for (;;) {
    detail::XmlPiece const piece = scanner.next();
    if (piece.kind == Kind::open || piece.kind == Kind::empty) return piece.content == name;
    if (piece.kind != Kind::text || !trim(piece.content).empty()) return false;
  }
}

/// Returns what the service says in an answer of the query protocol (`ErrorResponse`) or of S3
/// (`Error`). Where the body is something else, an empty one or a proxy's page, the code stays
/// empty and the message says so; the status has to do.
[[nodiscard]] inline ServiceError read_xml_error(Response const& response) {
  auto const text = [&](XmlPath path) {
    auto found = xml_text(response.body, path);
    return found ? std::string(trim(*found)) : std::string{};
  };
  ServiceError error{};
  if (is_xml_root(response.body, "ErrorResponse")) {
    error = {text({"ErrorResponse", "Error", "Code"}), text({"ErrorResponse", "Error", "Message"}),
             text({"ErrorResponse", "RequestId"})};
  } else if (is_xml_root(response.body, "Error")) {
    error = {text({"Error", "Code"}), text({"Error", "Message"}), text({"Error", "RequestId"})};
  } else if (!trim(response.body).empty()) {
    error.message = "the answer is not one of AWS";
  }
  for (std::string_view const name : {"x-amzn-requestid", "x-amz-request-id"}) {
    auto const id = find_header(response.headers, name);
    if (error.request_id.empty() && id) error.request_id = trim(*id);
  }
  return error;
}

}  // namespace sla::inline v1::aws
