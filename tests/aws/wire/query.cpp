// SPDX-License-Identifier: MIT
#include "sla/aws/wire/query.hpp"

#include <doctest/doctest.h>

using namespace sla;
using namespace sla::aws;

TEST_CASE("a form begins with the action and its version") {
  CHECK(QueryForm({"GetCallerIdentity", "2011-06-15"}).text() ==
        "Action=GetCallerIdentity&Version=2011-06-15");
}

TEST_CASE("names and values are encoded so that a reader finds them again") {
  QueryForm form({"A", "1"});
  form.add({"a b", "x&y=z+%/"}).add({"e", ""}).add({"\xC3\xBC", "\n"});
  CHECK(form.text() == "Action=A&Version=1&a+b=x%26y%3Dz%2B%25%2F&e=&%C3%BC=%0A");
}

TEST_CASE("the request posts the form and says what it is") {
  Url url{};
  url.host = "sts.eu-west-1.amazonaws.com";
  Request const request = QueryForm({"A", "1"}).request(url);
  CHECK(request.method == Method::post);
  CHECK(request.url == url);
  CHECK(find_header(request.headers, "content-type") ==
        "application/x-www-form-urlencoded; charset=utf-8");
  CHECK(request.body.text().value() == "Action=A&Version=1");
}
