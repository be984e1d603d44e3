// SPDX-License-Identifier: MIT
#pragma once
// Signs HTTP requests for AWS with Signature Version 4: takes a request, credentials, a scope and
// the time, and gives the request its X-Amz-* and Authorization headers. Sign again for every
// attempt; what an earlier signature left is replaced. The clock is the caller's, and whether it
// is right too. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
#include <string.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sla/aws/http/transport.hpp"
#include "sla/aws/sign/canonical.hpp"
#include "sla/aws/sign/credentials.hpp"
#include "sla/aws/sign/digest.hpp"
#include "sla/core/result.hpp"
#include "sla/core/secret.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// Whether the hash of the body is also a header.
enum class PayloadHeader {
  none,  ///< no X-Amz-Content-Sha256
  sign,  ///< S3: sent and signed
};

/// Which headers of a request the signature covers.
enum class SignedHeaders {
  standard,  ///< what no proxy changes: host, content-type, content-md5, if-match, if-none-match,
             ///< x-amz-*
  all,       ///< every header of the request
};

/// For whom a request is signed, and how that service wants it.
struct SigningScope {
  std::string region{};
  std::string service{};  ///< `sns`, `s3`, `sts`, `ssm`, `monitoring`, ...
  PathStyle path_style = PathStyle::normalized;
  PayloadHeader payload_header = PayloadHeader::none;
  SignedHeaders signed_headers = SignedHeaders::standard;
};

/// Holds the last signing key: it is the same for a day, a region, a service and a secret. Whoever
/// alternates between services has one for each. Wipes what it forgets. Not thread-safe.
class SigningKeyCache {
 public:
  /// Returns the signing key, valid until the next call.
  [[nodiscard]] Result<std::span<unsigned char const>> key(Sha256& hash, Secret const& secret,
                                                           CredentialScope const& scope) {
    if (scope.date() != date_ || scope.region != region_ || scope.service != service_ ||
        key_.empty() || !(secret == secret_)) {
      if (auto derived = derive(hash, secret, scope); !derived) return derived.error();
    }
    return bytes_of(key_.reveal());
  }

 private:
  Result<void> derive(Sha256& hash, Secret const& secret, CredentialScope const& scope) {
    key_ = Secret();
    std::string start;
    start.reserve(4 + secret.reveal().size());
    start.append("AWS4").append(secret.reveal());
    auto key = hmac_sha256(hash, bytes_of(start), scope.date());
    ::explicit_bzero(start.data(), start.size());
    for (std::string_view const part :
         std::initializer_list<std::string_view>{scope.region, scope.service, "aws4_request"}) {
      if (key) key = hmac_sha256(hash, *key, part);
    }
    if (!key) return key.error();
    key_ = Secret(text_of(*key));
    ::explicit_bzero(key->data(), key->size());
    secret_ = secret;
    date_ = scope.date();
    region_ = scope.region;
    service_ = scope.service;
    return {};
  }

  Secret secret_;
  std::string date_;
  std::string region_;
  std::string service_;
  Secret key_;
};

/// Signs requests, and keeps its key and its buffers for the next one: with the same key, signing a
/// request again allocates nothing. Not thread-safe.
class Signer {
 public:
  /// Puts X-Amz-Date, X-Amz-Security-Token, X-Amz-Content-Sha256 (as the scope wants) and
  /// Authorization into the request. Signs the URL's host, so a Host header of the caller's is
  /// refused. Errc::invalid, and the request stays as it was, where a text that becomes part of a
  /// header holds a control character or a part that is needed is empty.
  Result<void> sign(Request& request, Credentials const& credentials, SigningScope const& scope,
                    WallTime now) {
    if (auto good = check(request, credentials, scope); !good) return within(good.error());
    auto const payload = payload_hash(request.body);
    if (!payload) return within(payload.error());
    payload_.clear();
    hex_to(payload_, *payload);
    time_.clear();
    amz_date_to(time_, now);
    host_.clear();
    host_header_to(host_, request.url);
    set_headers(request.headers, credentials, scope);
    if (auto done = prepare(request, scope); !done) return within(done.error());
    if (auto done = authorize(credentials, scope); !done) return within(done.error());
    set_header(request.headers, {"Authorization", authorization_});
    return {};
  }

  /// Returns what the last signature was made from. It holds the session token: not for a log.
  [[nodiscard]] std::string const& canonical_request() const noexcept { return canonical_; }
  /// Returns what the last signature is the signature of.
  [[nodiscard]] std::string const& string_to_sign() const noexcept { return string_to_sign_; }

 private:
  static Error within(Error error) { return std::move(error).within("signing"); }

  static Result<void> check(Request const& request, Credentials const& credentials,
                            SigningScope const& scope) {
    std::string_view const secret = credentials.secret_access_key.reveal();
    if (secret.empty()) return Error{Errc::invalid, "no secret access key"};
    for (HeaderView const part : {HeaderView{"access key id", credentials.access_key_id},
                                  {"region", scope.region},
                                  {"service", scope.service},
                                  {"host", request.url.host}}) {
      if (part.value.empty()) return Error{Errc::invalid, "no " + std::string(part.name)};
      if (has_control(part.value)) return control_character(part.name);
    }
    if (has_control(credentials.session_token.reveal())) return control_character("session token");
    for (Header const& header : request.headers) {
      if (is_replaced(header.name)) continue;
      if (auto good = check(header); !good) return good.error();
    }
    return {};
  }
  static Result<void> check(Header const& header) {
    auto const allowed = [](char c) { return c > ' ' && c < '\x7f' && c != ':'; };
    if (header.name.empty() || !std::all_of(header.name.begin(), header.name.end(), allowed)) {
      return Error{Errc::invalid, shown(header) + ": not a name for a header"};
    }
    if (has_control(header.value)) return control_character(shown(header));
    if (same_ignoring_case(header.name, "host")) {
      return Error{Errc::invalid, shown(header) + ": it is made from the URL"};
    }
    return {};
  }
  /// Escaped, because the name may be what is wrong; without the value, which may be a secret.
  static std::string shown(Header const& header) {
    return "header " + percent_encode(header.name, Slash::encode);
  }
  static Error control_character(std::string_view where) {
    return Error{Errc::invalid, std::string(where) + ": a control character in its value"};
  }

  Result<Sha256Bytes> payload_hash(Output const& body) {
    if (auto const known = body.sha256()) return *known;
    return sha256(hash_, body);
  }

  static bool is_replaced(std::string_view name) {
    for (std::string_view const ours :
         {"authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"}) {
      if (same_ignoring_case(name, ours)) return true;
    }
    return false;
  }
  void set_headers(std::vector<Header>& headers, Credentials const& credentials,
                   SigningScope const& scope) {
    set_header(headers, {"X-Amz-Date", time_});
    set_header(headers, {"X-Amz-Security-Token", credentials.session_token.reveal()});
    bool const with_payload = scope.payload_header == PayloadHeader::sign;
    set_header(headers, {"X-Amz-Content-Sha256", with_payload ? payload_ : std::string_view()});
  }
  /// The only header of that name has that value; no value, no header. One that is there already
  /// is written over, so that signing a request again allocates nothing.
  static void set_header(std::vector<Header>& headers, HeaderView wanted) {
    auto const named = [&](Header const& header) {
      return same_ignoring_case(header.name, wanted.name);
    };
    auto const first = std::find_if(headers.begin(), headers.end(), named);
    if (wanted.value.empty()) {
      headers.erase(std::remove_if(first, headers.end(), named), headers.end());
    } else if (first == headers.end()) {
      headers.push_back({std::string(wanted.name), std::string(wanted.value)});
    } else {
      first->value = wanted.value;
      headers.erase(std::remove_if(first + 1, headers.end(), named), headers.end());
    }
  }

  static bool is_signed(std::string_view name, SignedHeaders which) {
    if (which == SignedHeaders::all) return !same_ignoring_case(name, "authorization");
    for (std::string_view const signed_name :
         {"content-type", "content-md5", "if-match", "if-none-match"}) {
      if (same_ignoring_case(name, signed_name)) return true;
    }
    return same_ignoring_case(name.substr(0, 6), "x-amz-");
  }

  /// Writes down what is to be signed.
  Result<void> prepare(Request const& request, SigningScope const& scope) {
    headers_.clear();
    insert_header(headers_, {"host", host_});
    for (Header const& header : request.headers) {
      if (is_signed(header.name, scope.signed_headers)) {
        insert_header(headers_, {header.name, header.value});
      }
    }
    canonical_.clear();
    canonical_request_to(canonical_, {.method = request.method,
                                      .path = request.url.path,
                                      .query = request.url.query,
                                      .path_style = scope.path_style,
                                      .headers = headers_,
                                      .payload_hash = payload_});
    auto const hash = sha256(hash_, canonical_);
    if (!hash) return hash.error();
    string_to_sign_.clear();
    canonical_hash_.clear();
    hex_to(canonical_hash_, *hash);
    string_to_sign_to(string_to_sign_, credential_scope(scope), canonical_hash_);
    return {};
  }

  /// Signs it, and writes the value of the Authorization header.
  Result<void> authorize(Credentials const& credentials, SigningScope const& scope) {
    auto const key = keys_.key(hash_, credentials.secret_access_key, credential_scope(scope));
    if (!key) return key.error();
    auto const signature = hmac_sha256(hash_, *key, string_to_sign_);
    if (!signature) return signature.error();
    authorization_ = "AWS4-HMAC-SHA256 Credential=";
    authorization_.append(credentials.access_key_id).append("/");
    credential_scope_to(authorization_, credential_scope(scope));
    authorization_ += ", SignedHeaders=";
    signed_names_to(authorization_, headers_);
    authorization_ += ", Signature=";
    hex_to(authorization_, *signature);
    return {};
  }

  [[nodiscard]] CredentialScope credential_scope(SigningScope const& scope) const noexcept {
    return {.time = time_, .region = scope.region, .service = scope.service};
  }

  Sha256 hash_;
  SigningKeyCache keys_;
  std::vector<HeaderView> headers_;
  std::string host_;
  std::string time_;
  std::string payload_;
  std::string canonical_;
  std::string canonical_hash_;
  std::string string_to_sign_;
  std::string authorization_;
};

}  // namespace sla::inline v1::aws
