// SPDX-License-Identifier: MIT
#include "sla/aws/config/object_options.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace sla;
using namespace sla::aws;

namespace {

std::string answer(Result<void> const& good) {
  if (good) return "good";
  CHECK(good.error().code == Errc::invalid);
  return good.error().message;
}

std::string tags_of(std::vector<std::string> tags) {
  std::vector<Header> headers;
  add_object_options(headers, {.tags = std::move(tags)});
  return headers.empty() ? "none" : headers.at(0).name + ": " + headers.at(0).value;
}

}  // namespace

TEST_CASE("each option is a header of its own, and what is empty is none") {
  std::vector<Header> headers;
  add_object_options(headers, {});
  CHECK(headers.empty());
  add_object_options(headers, {.encryption = "aws:kms",
                               .kms_key_id = "alias/logs",
                               .acl = "bucket-owner-full-control",
                               .storage_class = "STANDARD_IA",
                               .tags = {"team=web"}});
  CHECK(find_header(headers, "x-amz-server-side-encryption") == "aws:kms");
  CHECK(find_header(headers, "x-amz-server-side-encryption-aws-kms-key-id") == "alias/logs");
  CHECK(find_header(headers, "x-amz-acl") == "bucket-owner-full-control");
  CHECK(find_header(headers, "x-amz-storage-class") == "STANDARD_IA");
  CHECK(find_header(headers, "x-amz-tagging") == "team=web");
  CHECK(headers.size() == 5);
}

TEST_CASE("tags are encoded as a query is") {
  CHECK(tags_of({}) == "none");
  CHECK(tags_of({"a=1", "b="}) == "x-amz-tagging: a=1&b=");
  CHECK(tags_of({"cost center=a/b+c=d@e"}) == "x-amz-tagging: cost%20center=a%2Fb%2Bc%3Dd%40e");
  CHECK(tags_of({"gr\xC3\xB6\xC3\x9F"
                 "e=\xE2\x82\xAC"}) == "x-amz-tagging: gr%C3%B6%C3%9Fe=%E2%82%AC");
}

TEST_CASE("an encryption and an ACL are one of those that S3 knows, in its spelling") {
  for (char const* const name : {"AES256", "aws:kms", "aws:kms:dsse"}) {
    CHECK(answer(check_object_encryption(name)) == "good");
  }
  for (char const* const name : {"aes256", "kms", "aws:kms ", "AES256\n"}) {
    CHECK(answer(check_object_encryption(name)) == "is none of AES256, aws:kms, aws:kms:dsse");
  }
  CHECK(answer(check_object_acl("bucket-owner-full-control")) == "good");
  CHECK(answer(check_object_acl("bucket-owner")).starts_with("is none of private, public-read, "));
}

TEST_CASE("a storage class is a name, since other stores have others") {
  for (char const* const name : {"STANDARD_IA", "NEARLINE", "cold-1"}) {
    CHECK(answer(check_storage_class(name)) == "good");
  }
  for (char const* const name : {"STANDARD IA", "A,B", "x\r\ny: z"}) {
    CHECK(answer(check_storage_class(name)) == "is no storage class, such as STANDARD_IA");
  }
}

TEST_CASE("a key of KMS is an id, an ARN or an alias") {
  for (char const* const key :
       {"1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-1234abcd12ab34cd56ef1234567890ab",
        "alias/logs", "alias/aws/s3",
        "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws-cn:kms:cn-north-1:123456789012:alias/logs"}) {
    CAPTURE(key);
    CHECK(answer(check_kms_key_id(key)) == "good");
  }
  for (char const* const key : {"my key", "logs/alias", "arn:aws:s3:::logs", "a\nb", "kms:x"}) {
    CAPTURE(key);
    CHECK(answer(check_kms_key_id(key)) == "is no key of KMS: give its id, its ARN or alias/NAME");
  }
}

TEST_CASE("tags are what S3 takes: ten, each key once, and no longer than it allows") {
  for (std::string const& text : {std::string("a=1"), std::string(" a = 1 , b=2,"),
                                  std::string("a="), std::string("cost center=x/y:z"),
                                  "k=" + std::string(256, 'v'), std::string(128, 'k') + "=v",
                                  std::string("gr\xC3\xB6\xC3\x9F"
                                              "e=1"),
                                  std::string("a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,i=9,j=10")}) {
    CAPTURE(text);
    CHECK(answer(check_object_tags(text)) == "good");
  }
  std::string const no = "has a tag that cannot be one: ";
  CHECK(answer(check_object_tags("a")) == no + "each is KEY=VALUE, with commas between them");
  CHECK(answer(check_object_tags("=1")) == no + "a key is empty");
  CHECK(answer(check_object_tags("AWS:a=1")) == no + "keys that begin with aws: are AWS's own");
  CHECK(answer(check_object_tags(std::string(129, 'k') + "=v")) ==
        no + "a key has more than 128 characters");
  CHECK(answer(check_object_tags("k=" + std::string(257, 'v'))) ==
        no + "a value has more than 256 characters");
  CHECK(answer(check_object_tags("a=1&b=2")).starts_with(no + "keys and values are made of"));
  CHECK(answer(check_object_tags("a=\xFF")).starts_with(no + "keys and values are made of"));
  CHECK(answer(check_object_tags("a=1\n")) == "good");  // a blank at the end
  CHECK(answer(check_object_tags("a=1\nb")).starts_with(no + "keys and values are made of"));
  CHECK(answer(check_object_tags("a=1,b=2,a=3")) == "has a tag twice");
  CHECK(answer(check_object_tags("a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,i=9,j=10,k=11")) ==
        "has more than 10 tags");
}

TEST_CASE("an account has twelve digits") {
  CHECK(answer(check_account("123456789012")) == "good");
  for (char const* const text : {"12345678901", "1234567890123", "12345678901x", "123 45678901"}) {
    CHECK(answer(check_account(text)) == "is no account of AWS, which has 12 digits");
  }
}
