// SPDX-License-Identifier: MIT
#pragma once
// S3 PutObject and HeadObject: one object in one request, replacing another or only where there is
// none. When S3 answers that the bucket is in another region, the request is repeated there once
// and the Bucket remembers it; the host is always made from the region, never taken from the
// answer. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/call/client.hpp"
#include "sla/aws/call/refusal.hpp"
#include "sla/aws/config/bucket.hpp"
#include "sla/aws/config/region.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/sign/digest.hpp"
#include "sla/aws/wire/service_error.hpp"
#include "sla/aws/wire/xml.hpp"
#include "sla/core/output.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// What happens to an object that has the key already.
enum class Existing {
  replace,
  keep,  ///< it stays, and the answer is Errc::exists
};

/// One object.
struct PutObjectInput {
  std::string key{};  ///< 1 to 1,024 bytes
  Output body{};
  std::string content_type = "application/octet-stream";
  std::vector<Header> metadata{};  ///< names without x-amz-meta-; ASCII, 2 KB together
  Existing existing = Existing::replace;
  std::string if_match{};  ///< an ETag: only over the object that has it; empty: any
};

/// What is known of an object without reading it.
struct ObjectHead {
  std::uint64_t size = 0;
  std::vector<Header> metadata{};  ///< names in lower case, without x-amz-meta-
};

/// Returns what the size of a body, in bytes, adds to the time in which its upload is tried again:
/// a second for each 64 KiB.
[[nodiscard]] constexpr Duration upload_time(std::uint64_t size) noexcept {
  return std::chrono::seconds{size / (64U * 1024U)};
}

namespace detail {

inline constexpr std::string_view metadata_prefix = "x-amz-meta-";

inline Result<std::vector<Header>> metadata_headers(std::vector<Header> const& metadata) {
  std::vector<Header> headers;
  std::size_t size = 0;
  for (Header const& entry : metadata) {
    bool good = !entry.name.empty();
    for (char const c : entry.name) {
      good = good && (is_alpha(c) || is_digit(c) || c == '-' || c == '_');
    }
    if (!good)
      return Error{Errc::unacceptable, "'" + entry.name + "' cannot be a name of metadata"};
    for (char const c : entry.value) good = good && c >= ' ' && c <= '~';
    if (!good)
      return Error{Errc::unacceptable, "the metadata " + entry.name + " is not plain ASCII"};
    size += entry.name.size() + entry.value.size();
    headers.push_back({std::string(metadata_prefix) + lower(entry.name), entry.value});
  }
  if (size > 2048) return Error{Errc::unacceptable, "the metadata has more than 2,048 bytes"};
  return headers;
}

/// S3 denies what is not in a bucket of that account.
inline void add_owner(std::vector<Header>& headers, Bucket const& bucket) {
  if (!bucket.owner.empty()) headers.push_back({"x-amz-expected-bucket-owner", bucket.owner});
}

}  // namespace detail

/// Returns the URL of an object. The key is encoded once, slashes stay: `a b/c` is `/a%20b/c`.
[[nodiscard]] inline Result<Url> object_url(Bucket const& bucket, std::string_view key) {
  if (auto good = check_bucket_name(bucket.name); !good) return good.error();
  if (key.empty()) return Error{Errc::unacceptable, "the key of the object is empty"};
  if (key.size() > 1024) return Error{Errc::unacceptable, "the key has more than 1,024 bytes"};
  if (!is_utf8(key)) return Error{Errc::unacceptable, "the key is not UTF-8"};
  auto url = bucket_url(bucket);
  if (!url) return url;
  url->path += '/';
  percent_encode_to(url->path, key, Slash::keep);
  return url;
}

/// Returns the request that puts an object; Errc::unacceptable if S3 would refuse it.
[[nodiscard]] inline Result<Request> put_object_request(Bucket const& bucket,
                                                        PutObjectInput const& input) {
  auto url = object_url(bucket, input.key);
  if (!url) return url.error();
  auto metadata = detail::metadata_headers(input.metadata);
  if (!metadata) return metadata.error();
  if (input.content_type.empty() || has_control(input.content_type)) {
    return Error{Errc::unacceptable, "the content type is empty or holds a control character"};
  }
  Request request{Method::put, *std::move(url), *std::move(metadata), input.body};
  request.headers.push_back({"Content-Type", input.content_type});
  if (input.existing == Existing::keep) request.headers.push_back({"If-None-Match", "*"});
  if (!input.if_match.empty()) request.headers.push_back({"If-Match", input.if_match});
  add_object_options(request.headers, bucket.objects);
  detail::add_owner(request.headers, bucket);
  if (!request.body.sha256()) {
    Sha256 hash;
    auto const sum = sha256(hash, request.body);
    if (!sum) return sum.error();
    request.body = request.body.with_sha256(*sum);  // which is signed too
  }
  if (bucket.checksum == ObjectChecksum::sha256) {
    request.headers.push_back({"x-amz-checksum-sha256", base64(*request.body.sha256())});
  }
  return request;
}

/// Returns the request that asks what is known of an object.
[[nodiscard]] inline Result<Request> head_object_request(Bucket const& bucket,
                                                         std::string_view key) {
  auto url = object_url(bucket, key);
  if (!url) return url.error();
  Request request{Method::head, *std::move(url), {}, {}};
  detail::add_owner(request.headers, bucket);
  return request;
}

/// Checks that the object was put. A success may hold an error, which is then as good as a status
/// of 500; one without an ETag is a proxy's: Errc::unavailable.
[[nodiscard]] inline Result<void> parse_put_answer(Response const& response) {
  if (is_xml_root(response.body, "Error")) {
    ServiceError const error = read_xml_error(response);
    return Error{read_refusal(500, error.code).code, error.code + ": " + error.message,
                 http_status(response.status)};
  }
  if (find_header(response.headers, "etag")) return {};
  return Error{Errc::unavailable, "the answer has no ETag and is not one of S3",
               http_status(response.status)};
}

/// Returns what an answer says of an object.
[[nodiscard]] inline ObjectHead parse_object_head(Response const& response) {
  ObjectHead head{};
  auto const size = find_header(response.headers, "content-length").value_or("0");
  head.size = parse_integer<std::uint64_t>(size).value_or(0);
  for (Header const& header : response.headers) {
    std::string name = lower(header.name);
    if (!name.starts_with(detail::metadata_prefix)) continue;
    head.metadata.push_back({name.substr(detail::metadata_prefix.size()), header.value});
  }
  return head;
}

/// Returns where the bucket is, if an answer refuses a request for coming to the wrong region.
[[nodiscard]] inline std::optional<std::string> read_bucket_region(Response const& response) {
  if (response.status != 301 && response.status != 307 && response.status != 400) {
    return std::nullopt;
  }
  auto const code = xml_text(response.body, {"Error", "Code"}).value_or("");
  bool const head = response.body.empty();  // the answer to HEAD has no code
  if (response.status == 400 && !head && code != "AuthorizationHeaderMalformed" &&
      code != "IllegalLocationConstraintException") {
    return std::nullopt;
  }
  std::string region(find_header(response.headers, "x-amz-bucket-region").value_or(""));
  if (region.empty()) region = xml_text(response.body, {"Error", "Region"}).value_or("");
  if (!valid_region(region)) return std::nullopt;
  return region;
}

namespace detail {

inline Call s3_call(Bucket const& bucket, Instant deadline) {
  SigningScope const scope{.region = bucket.endpoint.region,
                           .service = std::string(signing_name(Service::s3)),
                           .path_style = PathStyle::single,
                           .payload_header = PayloadHeader::sign};
  return {.scope = scope, .deadline = deadline};
}

/// Calls S3 with what `make_request()` makes, and once more where the bucket turns out to be.
template <class ServiceClient, class MakeRequest>
Result<Response> call_s3(ServiceClient& client, Bucket& bucket, MakeRequest make_request,
                         Instant deadline) {
  std::optional<std::string> elsewhere;
  auto const read_error = [&](Response const& response) {
    elsewhere = read_bucket_region(response);
    return read_xml_error(response);
  };
  for (bool moved = false;; moved = true) {
    elsewhere.reset();
    auto request = make_request();
    if (!request) return request.error();
    auto response = client.call(*std::move(request), s3_call(bucket, deadline), read_error);
    if (response) return response;
    bool const here = !elsewhere || *elsewhere == bucket.endpoint.region;
    // A host of the user's own stays; what it says of the region to sign for is heard.
    bool const stays = bucket.endpoint.custom && response.error().http_status() != 400;
    if (moved || here || stays) return response;
    bucket.endpoint.region = *elsewhere;
  }
}

/// Returns what an error of a call is about: `s3 put object s3://bucket/key`.
inline std::string object_context(std::string_view operation, Bucket const& bucket,
                                  std::string_view key) {
  std::string text(operation);
  return text.append(" s3://").append(bucket.name).append("/").append(key);
}

/// Takes in the answers to the objects that could be sent.
inline void read_put_answers(std::vector<Result<Response>> const& answers, Bucket const& bucket,
                             std::vector<PutObjectInput> const& objects,
                             std::vector<Result<void>>& done) {
  auto answer = answers.begin();
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (done[i]) {
      done[i] = *answer ? parse_put_answer(**answer) : Result<void>(answer->error());
      ++answer;
    }
    if (done[i]) continue;
    done[i] =
        std::move(done[i]).error().within(object_context("s3 put object", bucket, objects[i].key));
  }
}

}  // namespace detail

/// Puts an object with a Client. Errc::exists if one with the key is there and is to be kept;
/// that may be this very object, if the answer to an earlier attempt was lost. Errc::invalid if the
/// bucket's name is wrong, Errc::unacceptable if S3 would not take the key or the metadata;
/// otherwise the errors of Client::call().
template <class ServiceClient>
[[nodiscard]] Result<void> put_object(ServiceClient& client, Bucket& bucket,
                                      PutObjectInput const& input, Instant deadline) {
  auto response = detail::call_s3(
      client, bucket, [&] { return put_object_request(bucket, input); }, deadline);
  auto done = response ? parse_put_answer(*response) : Result<void>(response.error());
  if (done) return {};
  return std::move(done).error().within(detail::object_context("s3 put object", bucket, input.key));
}

/// Puts several objects at once with a Client, one attempt at each, and returns what became of them
/// in their order: the errors of put_object(). Nothing is repeated, in no other region either.
template <class ServiceClient>
[[nodiscard]] std::vector<Result<void>> put_objects(ServiceClient& client, Bucket const& bucket,
                                                    std::vector<PutObjectInput> const& objects,
                                                    Instant deadline) {
  std::vector<Result<void>> done;
  std::vector<Request> requests;
  for (PutObjectInput const& object : objects) {
    auto request = put_object_request(bucket, object);
    done.push_back(request ? Result<void>() : request.error());
    if (request) requests.push_back(*std::move(request));
  }
  auto const answers =
      client.call_all(std::move(requests), detail::s3_call(bucket, deadline), read_xml_error);
  detail::read_put_answers(answers, bucket, objects, done);
  return done;
}

/// Asks with a Client what is known of an object; Errc::not_found, or Errc::denied if the caller
/// may not list the bucket, if there is none.
template <class ServiceClient>
[[nodiscard]] Result<ObjectHead> head_object(ServiceClient& client, Bucket& bucket,
                                             std::string_view key, Instant deadline) {
  auto response = detail::call_s3(
      client, bucket, [&] { return head_object_request(bucket, key); }, deadline);
  if (!response) {
    return std::move(response).error().within(
        detail::object_context("s3 head object", bucket, key));
  }
  return parse_object_head(*response);
}

}  // namespace sla::inline v1::aws
