// SPDX-License-Identifier: MIT
#pragma once
// S3 ListObjectsV2 and GetObject: the keys of a bucket, a page at a time, and objects in parts that
// bound the memory of a reader.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/config/bucket.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/service/s3.hpp"
#include "sla/aws/wire/xml.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// An object as a list names it.
struct ListedObject {
  std::string key{};
  std::uint64_t size = 0;
};

/// One page of a list.
struct ObjectPage {
  std::vector<ListedObject> objects{};
  std::string next{};  ///< what asks for the next page; empty: this is the last
};

/// Which page of which list.
struct ListObjectsInput {
  std::string prefix{};
  std::string page{};  ///< ObjectPage::next of the page before; empty: the first
};

/// Which part of which object.
struct GetObjectInput {
  std::string key{};
  std::uint64_t from = 0;
  std::uint64_t size = 0;  ///< bytes, at least 1
};

/// Returns the request for a page of keys, at most 1,000.
[[nodiscard]] inline Result<Request> list_objects_request(Bucket const& bucket,
                                                          ListObjectsInput const& input) {
  if (auto good = check_bucket_name(bucket.name); !good) return good.error();
  auto url = bucket_url(bucket);
  if (!url) return url.error();
  url->path += '/';
  if (!input.page.empty()) {
    url->query = "continuation-token=" + percent_encode(input.page, Slash::encode) + '&';
  }
  url->query += "list-type=2";
  if (!input.prefix.empty()) url->query += "&prefix=" + percent_encode(input.prefix, Slash::encode);
  return Request{Method::get, *std::move(url), {}, {}};
}

/// Returns the request for a part of an object.
[[nodiscard]] inline Result<Request> get_object_request(Bucket const& bucket,
                                                        GetObjectInput const& input) {
  auto url = object_url(bucket, input.key);
  if (!url) return url.error();
  std::string range = "bytes=" + std::to_string(input.from) + '-';
  range += std::to_string(input.from + input.size - 1);
  return Request{Method::get, *std::move(url), {{"Range", std::move(range)}}, {}};
}

namespace detail {

/// Collects the objects of a page; one pass, as the documents are large.
inline std::vector<ListedObject> listed_objects(std::string_view document) {
  using Kind = XmlPiece::Kind;
  XmlScanner scanner(document);
  std::array<std::string_view, 3> path{};  // what deeper elements are called does not matter
  std::size_t depth = 0;
  std::vector<ListedObject> objects;
  std::string text;
  for (XmlPiece piece = scanner.next(); piece.kind != Kind::end; piece = scanner.next()) {
    if (piece.kind == Kind::text) append_xml_text(text, piece.content);
    if (piece.kind == Kind::open) {
      if (depth < path.size()) path[depth] = piece.content;
      text.clear();
      ++depth;
    }
    if (piece.kind != Kind::close) continue;
    bool const of_object =
        depth == path.size() && path[0] == "ListBucketResult" && path[1] == "Contents";
    if (of_object && path[2] == "Key") objects.push_back({.key = text});
    if (of_object && path[2] == "Size" && !objects.empty()) {
      objects.back().size = parse_integer<std::uint64_t>(trim(text)).value_or(0);
    }
    depth -= depth == 0 ? 0 : 1;
  }
  return objects;
}

}  // namespace detail

/// Reads a page; Errc::unavailable if it is no answer of S3.
[[nodiscard]] inline Result<ObjectPage> parse_object_page(Response const& response) {
  if (!is_xml_root(response.body, "ListBucketResult")) {
    return Error{Errc::unavailable, "the answer is no list of S3", http_status(response.status)};
  }
  ObjectPage page{.objects = detail::listed_objects(response.body)};
  auto const more = xml_text(response.body, {"ListBucketResult", "IsTruncated"});
  if (more != "true") return page;
  page.next = xml_text(response.body, {"ListBucketResult", "NextContinuationToken"}).value_or("");
  if (page.next.empty())
    return Error{Errc::unavailable, "the list is cut off", http_status(response.status)};
  return page;
}

/// Lists a page of keys with a Client. Errc::not_found if there is no such bucket; otherwise the
/// errors of Client::call().
template <class ServiceClient>
[[nodiscard]] Result<ObjectPage> list_objects(ServiceClient& client, Bucket& bucket,
                                              ListObjectsInput const& input, Instant deadline) {
  constexpr std::string_view context = "s3 list objects";
  auto response = detail::call_s3(
      client, bucket, [&] { return list_objects_request(bucket, input); }, deadline);
  if (!response) return std::move(response).error().within(context);
  auto page = parse_object_page(*response);
  if (!page) return std::move(page).error().within(context);
  return page;
}

/// Reads a part of an object with a Client; less if the object ends before. Errc::not_found if
/// there is no such object, Errc::denied if the caller may not know; otherwise the errors of
/// Client::call().
template <class ServiceClient>
[[nodiscard]] Result<std::string> get_object(ServiceClient& client, Bucket& bucket,
                                             GetObjectInput const& input, Instant deadline) {
  auto response = detail::call_s3(
      client, bucket, [&] { return get_object_request(bucket, input); }, deadline);
  if (!response) return std::move(response).error().within("s3 get object");
  // A store that does not know ranges gives all of it.
  if (response->status != 206 && input.from != 0) {
    return Error{Errc::unavailable, "s3 get object: the store gives no parts",
                 http_status(response->status)};
  }
  return std::move(response->body);
}

}  // namespace sla::inline v1::aws
