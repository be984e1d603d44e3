// SPDX-License-Identifier: MIT
// Runs the published cases of Signature Version 4, those of aws-c-auth and of smithy-rs, and
// compares canonical request, string to sign and signature. The data is looked for in
// $SLA_CONFORMANCE_DIR, then beside the source tree; without it this exits 77, which is a skip.
#include <doctest/doctest.h>
#include <simdjson.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/sign/sigv4.hpp"
#include "sla/core/parse_time.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

namespace fs = std::filesystem;

/// The answer that the case expects, each stage that it has a file for.
struct Expected {
  std::optional<std::string> canonical_request{};
  std::optional<std::string> string_to_sign{};
  std::optional<std::string> signature{};
};
struct Case {
  fs::path folder;
  Credentials credentials;
  SigningScope scope;
  WallTime time;
  Expected expected;
};

/// A case of smithy-rs, which has its parameters in the code of its test.
struct SmithyCase {
  std::string_view access_key_id;
  std::string_view secret;
  std::string_view region;
  std::string_view service;
  std::string_view canonical_time;
  std::string_view signing_time;
};
std::map<std::string, SmithyCase> const smithy_cases{
    {"double-encode-path",
     {"ANOTREAL", "notrealrnrELgWzOk3IfjzDKtFBhDby", "us-east-1", "service", "2021-05-11T15:40:45Z",
      "2015-08-30T12:36:00Z"}},
    {"double-url-encode",
     {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-2", "lambda",
      "2021-05-11T15:40:45Z", "2021-05-11T15:40:45Z"}},
};

fs::path suite() {
  if (char const* const chosen = std::getenv("SLA_CONFORMANCE_DIR")) return chosen;
  char const* const root = std::getenv("SLA_SOURCE_ROOT");
  return fs::path(root != nullptr ? root : ".") / "../shared/conformance";
}

std::optional<std::string> contents(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(in), {}};
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Method method_of(std::string_view text) {
  for (Method const method : {Method::get, Method::head, Method::post, Method::put}) {
    if (text == to_string(method)) return method;
  }
  FAIL("a method that is not known: " << text);
  return Method::get;
}

void take_target(Request& request, std::string_view line) {
  std::size_t const start = line.find(' ') + 1;
  std::string_view target = line.substr(start, line.rfind(" HTTP/") - start);
  std::size_t const mark = std::min(target.find('?'), target.size());
  request.method = method_of(line.substr(0, start - 1));
  request.url.path = target.substr(0, mark);
  if (mark < target.size()) request.url.query = target.substr(mark + 1);
}

/// Reads request.txt as a server would; the Host header becomes the host of the URL.
Request parse_request(std::string_view text) {
  Request request;
  std::size_t const head = std::min(text.find("\n\n"), text.size());
  auto const lines = split(text.substr(0, head), '\n');
  take_target(request, lines.front());
  for (std::string_view const line : std::vector(lines.begin() + 1, lines.end())) {
    if (is_blank(line.front())) {
      request.headers.back().value.append(" ").append(line);  // a folded line
      continue;
    }
    std::size_t const colon = line.find(':');
    Header header{std::string(line.substr(0, colon)), std::string(line.substr(colon + 1))};
    if (same_ignoring_case(header.name, "host")) {
      request.url.host = header.value;
    } else {
      request.headers.push_back(std::move(header));
    }
  }
  if (head < text.size()) request.body = Output(std::string(text.substr(head + 2)));
  return request;
}

Case read_case(fs::path const& folder) {
  simdjson::dom::parser parser;
  simdjson::dom::element const context = parser.load((folder / "context.json").string());
  auto const text = [&](std::string_view pointer) {
    std::string_view value;
    return context.at_pointer(pointer).get(value) ? std::string() : std::string(value);
  };
  auto const flag = [&](std::string_view pointer) {
    bool value = false;
    return !context.at_pointer(pointer).get(value) && value;
  };
  Case one{
      .folder = folder,
      .credentials = {.access_key_id = text("/credentials/access_key_id"),
                      .secret_access_key = Secret(text("/credentials/secret_access_key"))},
      .scope = {.region = text("/region"),
                .service = text("/service"),
                .path_style = flag("/normalize") ? PathStyle::normalized : PathStyle::single,
                .payload_header = flag("/sign_body") ? PayloadHeader::sign : PayloadHeader::none,
                .signed_headers = SignedHeaders::all},
      .time = parse_iso_time(text("/timestamp")).value(),
      .expected = {.canonical_request = contents(folder / "header-canonical-request.txt"),
                   .string_to_sign = contents(folder / "header-string-to-sign.txt"),
                   .signature = contents(folder / "header-signature.txt")}};
  // A token that is added after signing is the caller's business.
  if (!flag("/omit_session_token")) {
    one.credentials.session_token = Secret(text("/credentials/token"));
  }
  return one;
}

void run(Case const& one) {
  auto const text = contents(one.folder / "request.txt");
  REQUIRE(text);
  Request request = parse_request(*text);
  Signer signer;
  auto const done = signer.sign(request, one.credentials, one.scope, one.time);
  if (!done) FAIL_CHECK(done.error().message);
  if (one.expected.canonical_request) {
    CHECK(signer.canonical_request() == *one.expected.canonical_request);
  }
  if (one.expected.string_to_sign) CHECK(signer.string_to_sign() == *one.expected.string_to_sign);
  if (one.expected.signature) {
    std::string const header(find_header(request.headers, "authorization").value_or(""));
    CHECK(header.substr(header.find("Signature=") + 10) == *one.expected.signature);
  }
}

std::vector<fs::path> folders(fs::path const& parent) {
  std::vector<fs::path> found;
  for (auto const& entry : fs::directory_iterator(parent)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

void skip_without_data() {
  if (fs::is_directory(suite() / "sigv4")) return;
  std::puts("skipped: no conformance data (set SLA_CONFORMANCE_DIR)");
  std::exit(77);
}

}  // namespace

TEST_CASE("every published case is signed as expected, stage by stage") {
  skip_without_data();
  int cases = 0;
  for (fs::path const& folder : folders(suite() / "sigv4/aws-c-auth/v4")) {
    CAPTURE(folder.filename().string());
    Case const one = read_case(folder);
    CHECK(one.expected.canonical_request);
    CHECK(one.expected.string_to_sign);
    CHECK(one.expected.signature);
    run(one);
    ++cases;
  }
  for (fs::path const& folder : folders(suite() / "sigv4/smithy-rs/v4")) {
    CAPTURE(folder.filename().string());
    auto const found = smithy_cases.find(folder.filename().string());
    REQUIRE(found != smithy_cases.end());
    SmithyCase const& given = found->second;
    auto const signed_request = contents(folder / "header-signed-request.txt");
    REQUIRE(signed_request);
    std::size_t const signature = signed_request->find("Signature=") + 10;
    Case one{.folder = folder,
             .credentials = {.access_key_id = std::string(given.access_key_id),
                             .secret_access_key = Secret(given.secret)},
             .scope = {.region = std::string(given.region),
                       .service = std::string(given.service),
                       .signed_headers = SignedHeaders::all},
             .time = parse_iso_time(given.canonical_time).value(),
             .expected = {.canonical_request = contents(folder / "header-canonical-request.txt"),
                          .string_to_sign = contents(folder / "header-string-to-sign.txt")}};
    CHECK(one.expected.canonical_request);
    run(one);
    one.time = parse_iso_time(given.signing_time).value();
    one.expected = {.signature = signed_request->substr(signature, 64)};
    run(one);
    ++cases;
  }
  MESSAGE(cases, " cases");
  CHECK(cases >= 40);
}
