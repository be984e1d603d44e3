// SPDX-License-Identifier: MIT
#pragma once
// Where an S3 bucket is and how its objects are addressed: at AWS the bucket as a sub-domain where
// its name can be one, else, and in stores of other makers, as the first part of the path. A name
// is checked before any request; access points, outposts and directory buckets are refused, because
// they are signed differently.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
#include <string>
#include <string_view>

#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/config/object_options.hpp"
#include "sla/aws/config/region.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/http/url.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// How a bucket is addressed.
enum class Addressing {
  automatic,       ///< as a sub-domain if that is possible, but for hosts that are not AWS's
  path,            ///< always in the path
  virtual_hosted,  ///< as a sub-domain, or not at all
};

/// Whether an object goes with a checksum of its own, besides the one that is signed.
enum class ObjectChecksum {
  sha256,  ///< always; a bucket with Object Lock wants one
  none,    ///< for stores that refuse the header
};

/// One bucket. The region of its endpoint is corrected when S3 says that it is elsewhere, so
/// requests go to one Bucket from one thread at a time.
struct Bucket {
  std::string name{};
  EndpointOptions endpoint{};
  Addressing addressing = Addressing::automatic;
  ObjectChecksum checksum = ObjectChecksum::sha256;
  ObjectOptions objects{};  ///< of what is put
  std::string owner{};      ///< the account that the bucket must be of; empty: any
};

/// Checks that a name can be that of a bucket. Upper case and underscores are allowed for the sake
/// of old buckets.
[[nodiscard]] inline Result<void> check_bucket_name(std::string_view name) {
  auto const wrong = [](std::string_view why) {
    return Error{Errc::invalid, "not the name of a bucket: " + std::string(why)};
  };
  if (name.starts_with("arn:")) return wrong("ARNs of access points and buckets are not supported");
  if (name.starts_with("s3://")) return wrong("give the name alone, without s3://");
  if (name.find('/') != std::string_view::npos) return wrong("it holds a slash");
  if (has_control(name)) return wrong("it holds a control character");
  if (name.size() < 3 || name.size() > 63) return wrong("it must have 3 to 63 characters");
  for (char const c : name) {
    if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '.' && c != '_') {
      return wrong("it may hold letters, digits, dots and hyphens only");
    }
  }
  if (name.ends_with("--x-s3")) return wrong("directory buckets (--x-s3) are not supported");
  if (!(is_alpha(name.front()) || is_digit(name.front())) ||
      !(is_alpha(name.back()) || is_digit(name.back()))) {
    return wrong("it must begin and end with a letter or a digit");
  }
  if (name.find("..") != std::string_view::npos) return wrong("it holds two dots in a row");
  if (is_ipv4_address(name)) return wrong("it looks like an IP address");
  return {};
}

/// Tells whether the store of a bucket is another one than AWS's.
[[nodiscard]] inline bool is_foreign(EndpointOptions const& endpoint) noexcept {
  return endpoint.custom && !is_aws_host(endpoint.custom->host);
}

namespace detail {

/// Returns true if a bucket can be a sub-domain. A dot makes two labels of it, which no certificate
/// of S3 covers, so it is possible only without TLS.
inline bool fits_host(std::string_view bucket, Url const& url) {
  if (bucket.size() < 3 || bucket.size() > 63 || is_ipv4_address(bucket)) return false;
  for (std::string_view const label : split(bucket, '.')) {
    if (!is_dns_label(label) || lower(label) != label) return false;
  }
  return bucket.find('.') == std::string_view::npos || url.scheme == Scheme::http;
}

}  // namespace detail

/// Returns the URL under which the objects of a bucket are: its path ends where the slash before
/// the key comes. A host that is an address has no sub-domains; `localhost` is a name.
[[nodiscard]] inline Result<Url> bucket_url(Bucket const& bucket) {
  auto url = endpoint_url(Service::s3, bucket.endpoint);
  if (!url) return url;
  while (url->path.ends_with('/')) url->path.pop_back();
  bool const fits = detail::fits_host(bucket.name, *url) && !is_ip_address(url->host) &&
                    bucket.name.size() + 1 + url->host.size() <= 253;
  bool const in_path = bucket.addressing == Addressing::path ||
                       (bucket.addressing == Addressing::automatic && is_foreign(bucket.endpoint));
  if (fits && !in_path) {
    url->host.insert(0, bucket.name + '.');
    return url;
  }
  if (bucket.addressing == Addressing::virtual_hosted) {
    return Error{Errc::invalid, "the bucket '" + bucket.name + "' cannot be a part of the host " +
                                    url->host + "; address it by path"};
  }
  url->path += '/';
  percent_encode_to(url->path, bucket.name, Slash::encode);
  return url;
}

}  // namespace sla::inline v1::aws
