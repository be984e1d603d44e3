// SPDX-License-Identifier: MIT
#include "sla/publisher/s3_log.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/memory_file.hpp"
#include "../support/sample_report.hpp"
#include "../support/scripted_client.hpp"
#include "../support/spool_case.hpp"
#include "sla/aws/http/url.hpp"
#include "sla/aws/sign/digest.hpp"
#include "sla/core/text.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

Response const put{200, {{"etag", "\"x\""}}, ""};
Response const vacant{404, {}, ""};
Response const unsupported{501, {}, "<Error><Code>NotImplemented</Code></Error>"};
Response const taken{412, {}, "<Error><Code>PreconditionFailed</Code></Error>"};

/// What HEAD says of a run's log.
Response of_run(std::string id) { return {200, {{"x-amz-meta-run-id", std::move(id)}}, ""}; }
Response of_sample_run() { return of_run(sample_report().job.run_id); }

/// A store whose bucket is a script.
struct Scripted {
  MemoryFile said{};
  ScriptedClient fake;
  S3Log<decltype(ScriptedClient::client)> store;

  explicit Scripted(std::initializer_list<Response> answers, std::string_view endpoint = {})
      : fake(answers),
        store(std::move(fake.client),
              {.bucket = {.name = "logs",
                          .endpoint = {.region = "eu-west-1",
                                       .custom = endpoint.empty() ? std::optional<Url>()
                                                                  : parse_url(endpoint).value()}},
               .log = Logger{{.descriptor = said.descriptor()}}}) {
    fake.time.now = std::chrono::steady_clock::now();
  }

  /// What was asked of which object, in order.
  [[nodiscard]] std::string asked() const {
    std::string all;
    for (Request const& request : fake.script.requests) {
      std::string const& path = request.url.path;
      bool const keep = find_header(request.headers, "if-none-match").has_value();
      all.append(to_string(request.method)).append(keep ? "-new" : "");
      all.append(path.substr(path.rfind('/'))).append("; ");
    }
    return all;
  }
};

std::string const first = "s3://logs/example-service/1574515200_SUCCESS";

}  // namespace

TEST_CASE("a log is an object under its key, with what its run was") {
  Scripted s3{put};
  CHECK(s3.store.store(sample_report()).value() == first);
  Request const& request = s3.fake.script.requests.at(0);
  CHECK(request.url.path == "/example-service/1574515200_SUCCESS");
  CHECK(request.body.in_memory() == "one\ntwo\n");
  CHECK(find_header(request.headers, "content-type") == "text/plain; charset=utf-8");
  CHECK(find_header(request.headers, "if-none-match") == "*");
  CHECK(find_header(request.headers, "x-amz-meta-run-id") == sample_report().job.run_id);
  CHECK(find_header(request.headers, "x-amz-meta-exit-code") == "0");
}

TEST_CASE("a log that is there already, because an answer was lost, is not put again") {
  Scripted s3{taken, of_sample_run()};
  CHECK(s3.store.store(sample_report()).value() == first);
  CHECK(s3.store.store(sample_report()).value() == first);  // and then that is known
  CHECK(s3.asked() == "PUT-new/1574515200_SUCCESS; HEAD/1574515200_SUCCESS; ");
}

TEST_CASE("where another run has the key, or where nobody may ask, the next one is taken") {
  for (Response const& answer : {of_run("another"), of_run(""), Response{200, {}, ""},
                                 Response{403, {}, ""}, Response{404, {}, ""}}) {
    CAPTURE(answer.status);
    Scripted s3{taken, answer, put};
    CHECK(s3.store.store(sample_report()).value() == first + "_2");
    CHECK(s3.asked() ==
          "PUT-new/1574515200_SUCCESS; HEAD/1574515200_SUCCESS; PUT-new/1574515200_SUCCESS_2; ");
  }
}

TEST_CASE("whose key it is, is asked again where the answer may be another one later") {
  struct Row {
    int status;
    Errc code;
    int times;  ///< that the client itself asks
  };
  // An expired token and a wrong region are no more than a status to a HEAD.
  Row const rows[] = {{503, Errc::unavailable, 3},
                      {500, Errc::unavailable, 3},
                      {429, Errc::throttled, 1},
                      {400, Errc::rejected, 1},
                      {301, Errc::rejected, 1}};
  for (Row const& row : rows) {
    CAPTURE(row.status);
    Scripted s3{taken};
    auto& answers = s3.fake.script.answers;
    answers.insert(answers.end(), static_cast<std::size_t>(row.times),
                   Response{row.status, {}, ""});
    auto const stored = s3.store.store(sample_report());
    REQUIRE_FALSE(stored);
    CHECK(stored.error().code == row.code);
    CHECK(stored.error().message.starts_with("s3 head object s3://logs/example-service/"));
    CHECK(s3.asked().find("_2") == std::string::npos);
    answers.insert(answers.end(), {taken, of_sample_run()});
    CHECK(s3.store.store(sample_report()).value() == first);
    CHECK(s3.asked().find("_2") == std::string::npos);
  }
}

TEST_CASE("an error on the way to whose key it is leaves it open too") {
  for (Errc const code : {Errc::timed_out, Errc::stopped, Errc::unavailable, Errc::invalid,
                          Errc::system, Errc::malformed, Errc::expired}) {
    Scripted s3{taken};
    auto& answers = s3.fake.script.answers;
    answers.insert(answers.end(), retryable(code) ? 3 : 1, Error{code, "no"});
    CHECK(s3.store.store(sample_report()).error().code == code);
    answers.insert(answers.end(), {taken, of_sample_run()});
    CHECK(s3.store.store(sample_report()).value() == first);
  }
}

TEST_CASE("what is known of a second's keys is not asked again") {
  Report other = sample_report();
  other.job.run_id = "other";
  Scripted s3{put, put, put};
  CHECK(s3.store.store(sample_report()).value() == first);
  CHECK(s3.store.store(other).value() == first + "_2");
  CHECK(s3.store.store(sample_report()).value() == first);
  other.ended_at += std::chrono::seconds{1};
  CHECK(s3.store.store(other).value() == "s3://logs/example-service/1574515201_SUCCESS");
}

TEST_CASE("a log is put again for half a minute, and the longer the larger it is") {
  Response const failed{503, {}, ""};
  for (int const mebibytes : {0, 1, 2}) {
    std::chrono::seconds const limit{30 + 16 * mebibytes};
    for (int const late : {-2, 6}) {
      Scripted s3{failed, put};
      s3.fake.script.on_send = [&] { s3.fake.time.advance(limit + std::chrono::seconds{late}); };
      Report report = sample_report();
      report.outcome.output = Output(std::string(static_cast<std::size_t>(mebibytes) << 20U, 'x'));
      CHECK(s3.store.store(report).has_value() == (late < 0));
    }
  }
}

TEST_CASE("a log that cannot be put is an error") {
  Scripted s3{{403, {}, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"}};
  CHECK(
      s3.store.publish(sample_report()).error() ==
      Error{
          Errc::denied,
          "s3 put object s3://logs/example-service/1574515200_SUCCESS: http 403: AccessDenied: no",
          http_status(403)});
}

TEST_CASE("every log has the hash of its bytes, an empty one too, and one of a run that died") {
  struct Row {
    std::string log;
    std::string_view sum;
  };
  for (Row const& row : {Row{"", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
                         Row{"one\ntwo\n", "w/nIwoOisfLxiW8noBy+PN3Aydk/dS5GOQNaD1s29ug="}}) {
    Scripted s3{put};
    Report report = sample_report();
    report.outcome.output = Output(row.log);
    CHECK_FALSE(report.outcome.output.sha256());
    CHECK(s3.store.store(report));
    Request const& request = s3.fake.script.requests.at(0);
    CHECK(find_header(request.headers, "x-amz-checksum-sha256") == row.sum);
    CHECK(find_header(request.headers, "x-amz-content-sha256").value_or("").size() == 64);
  }
}

TEST_CASE("a log whose bytes are no more what they were is hashed anew once it is refused") {
  for (char const* const code : {"BadDigest", "XAmzContentSHA256Mismatch"}) {
    Scripted s3{{400, {}, "<Error><Code>" + std::string(code) + "</Code></Error>"}, put};
    Report report = sample_report();
    report.outcome.output = Output(std::string("changed")).with_sha256(Sha256Bytes{});
    CHECK(s3.store.store(report));
    auto const& requests = s3.fake.script.requests;
    REQUIRE(requests.size() == 2);
    CHECK(find_header(requests[0].headers, "x-amz-checksum-sha256") ==
          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    CHECK(find_header(requests[1].headers, "x-amz-checksum-sha256") ==
          base64(*sha256(std::string_view("changed"))));
  }
}

TEST_CASE("a log that is refused is not put again where its hash is right") {
  Scripted s3{{400, {}, "<Error><Code>InvalidRequest</Code></Error>"}};
  CHECK(s3.store.store(sample_report()).error().code == Errc::rejected);
  CHECK(s3.fake.script.requests.size() == 1);
}

namespace {

/// A store of another make, and one more log of the same second.
struct Foreign : Scripted {
  explicit Foreign(std::initializer_list<Response> answers)
      : Scripted(answers, "http://minio:9000") {}

  Result<std::string> store_another() {
    Report other = sample_report();
    other.job.run_id = "other";
    other.ended_at += std::chrono::seconds{1};
    return store.store(other);
  }
};

std::string const look = "HEAD/1574515200_SUCCESS; ";
std::string const put_new = "PUT-new/1574515200_SUCCESS; ";
std::string const put_over = "PUT/1574515200_SUCCESS; ";

}  // namespace

TEST_CASE("a store of another make that keeps what is there is trusted from the second log on") {
  Foreign s3{vacant, put, taken, put};
  CHECK(s3.store.store(sample_report()).value() == first);
  CHECK(s3.store_another());
  CHECK(s3.asked() == look + put_new + put_new + "PUT-new/1574515201_SUCCESS; ");
  CHECK(s3.said.text().empty());
}

TEST_CASE("a store that ignores the condition is found out once, and then looked at each time") {
  Foreign s3{vacant, put, put, of_sample_run(), vacant, put, of_run("other")};
  CHECK(s3.store.store(sample_report()).value() == first);
  CHECK(s3.store_another());
  CHECK(s3.asked() == look + put_new + put_new + look +
                          "HEAD/1574515201_SUCCESS; PUT/1574515201_SUCCESS; "
                          "HEAD/1574515201_SUCCESS; ");
  std::string const said = s3.said.text();
  CHECK(said.find("the store ignores If-None-Match") != std::string::npos);
  CHECK(said.find("bucket=logs\n") == said.size() - 12);
}

TEST_CASE("a store that refuses the condition gets its logs without it") {
  for (int const status : {501, 400, 405}) {
    Foreign s3{vacant, {status, {}, unsupported.body}, put, of_sample_run()};
    CHECK(s3.store.store(sample_report()).value() == first);
    CHECK(s3.asked() == look + put_new + put_over + look);
    CHECK(s3.said.text().find("the store refuses If-None-Match") != std::string::npos);
  }
}

TEST_CASE("what refuses a log without the condition too is no store that refuses the condition") {
  Foreign s3{vacant, unsupported, unsupported, vacant, put, taken};
  CHECK(s3.store.store(sample_report()).error().http_status() == 501);
  CHECK(s3.said.text().empty());
  CHECK(s3.store.store(sample_report()).value() == first);
  CHECK(s3.asked() == look + put_new + put_over + look + put_new + put_new);
}

TEST_CASE("before it is known what a store does, a key that is taken is not put") {
  Foreign s3{of_run("another"), vacant, put, taken};
  CHECK(s3.store.store(sample_report()).value() == first + "_2");
  CHECK(s3.asked().starts_with("HEAD/1574515200_SUCCESS; HEAD/1574515200_SUCCESS_2; PUT-new/"));
  Foreign ours{of_sample_run()};
  CHECK(ours.store.store(sample_report()).value() == first);
}

TEST_CASE("a log that another one replaced in the same moment gets the next key") {
  Foreign s3{vacant, put, put, of_run("another"), vacant, put, of_sample_run()};
  CHECK(s3.store.store(sample_report()).value() == first + "_2");
}

TEST_CASE("where nobody may look, a store that keeps what is there is found out all the same") {
  Foreign s3{{403, {}, ""}, put, taken, put};
  CHECK(s3.store.store(sample_report()).value() == first);
  CHECK(s3.store_another());
  Foreign careless{{403, {}, ""}, put, put, of_sample_run(), {403, {}, ""}};
  CHECK(careless.store.store(sample_report()).value() == first);
  CHECK(careless.store_another().error().code == Errc::denied);
  CHECK(careless.fake.script.requests.back().method == Method::head);
}

TEST_CASE("while the answer to the question is an error, it is asked again with the next log") {
  Foreign s3{vacant, put, {403, {}, ""}, vacant, put, taken};
  CHECK(s3.store.store(sample_report()).value() == first);
  CHECK(s3.store_another());
  CHECK(s3.said.text().empty());
  CHECK(s3.fake.script.requests.size() == 6);
}

namespace {

Response const busy{503, {}, "<Error><Code>SlowDown</Code></Error>"};

/// Reports of these services, all of one second.
std::vector<Report> reports_of(std::initializer_list<char const*> services) {
  std::vector<Report> reports;
  for (char const* const service : services) {
    reports.push_back(report_of("run" + std::to_string(reports.size())));
    reports.back().job.service = service;
  }
  return reports;
}

}  // namespace

static_assert(BatchLogStore<S3Log<decltype(ScriptedClient::client)>>);

TEST_CASE("several logs are put at once, each as an object that replaces no other") {
  Scripted s3{put, busy, put};
  auto const uris = s3.store.store_all(reports_of({"a", "b", "c"}));
  CHECK(uris[0].value() == "s3://logs/a/1574515200_SUCCESS");
  CHECK(uris[1].error().code == Errc::throttled);
  CHECK(uris[2].value() == "s3://logs/c/1574515200_SUCCESS");
  CHECK(s3.fake.script.batches == std::vector<std::size_t>{3});
  for (Request const& request : s3.fake.script.requests) {
    CHECK(find_header(request.headers, "if-none-match") == "*");
  }
}

TEST_CASE("of several logs one whose key is taken gets the next one") {
  Scripted s3{put, taken, taken, of_run("another"), put};
  auto const uris = s3.store.store_all(reports_of({"a", "b"}));
  CHECK(uris[0].value() == "s3://logs/a/1574515200_SUCCESS");
  CHECK(uris[1].value() == "s3://logs/b/1574515200_SUCCESS_2");
}

TEST_CASE("several logs of one service and second get keys of their own, without a question") {
  Scripted s3{put, put, put, put};
  auto reports = reports_of({"a", "b", "a"});
  auto const uris = s3.store.store_all(reports);
  CHECK(uris[0].value() == "s3://logs/a/1574515200_SUCCESS");
  CHECK(uris[2].value() == "s3://logs/a/1574515200_SUCCESS_2");
  reports[0].job.run_id = "later";
  CHECK(s3.store.store_all({reports[0]})[0].value() == "s3://logs/a/1574515200_SUCCESS_3");
  CHECK(s3.store.store_all({reports[0]})[0].value() == "s3://logs/a/1574515200_SUCCESS_3");
  CHECK(s3.fake.script.requests.size() == 4);
}

TEST_CASE("several logs are put one by one while it is not known what a store does") {
  Scripted s3{{vacant, put, taken, put, put}, "https://s3.example.net"};
  auto const uris = s3.store.store_all(reports_of({"a", "b"}));
  CHECK(uris[0].value() == "s3://logs/a/1574515200_SUCCESS");
  CHECK(uris[1].value() == "s3://logs/b/1574515200_SUCCESS");
}

TEST_CASE("a bundle of logs is an object whose key has its minute and the hash of its bytes") {
  Scripted s3{put, taken};
  WallTime const at = sample_report().ended_at;
  auto const uri = s3.store.store_bundle(Output("one\ntwo\n"), at);
  REQUIRE(uri);
  CHECK(uri->starts_with("s3://logs/bundles/2019/11/23/13/20-"));
  CHECK(uri->ends_with(".log"));
  Request const& request = s3.fake.script.requests.at(0);
  CHECK("s3://logs" + request.url.path == *uri);
  CHECK(request.body.in_memory() == "one\ntwo\n");
  CHECK(find_header(request.headers, "content-type") == "text/plain; charset=utf-8");
  CHECK(find_header(request.headers, "if-none-match") == "*");

  // An earlier answer was lost: what is there is the same.
  CHECK(s3.store.store_bundle(Output("one\ntwo\n"), at).value() == *uri);
  CHECK(s3.fake.script.requests.size() == 2);
}

TEST_CASE("where a store may not keep what is there a bundle replaces itself; what fails is told") {
  Response const down{403, {}, "<Error><Code>AccessDenied</Code></Error>"};
  Scripted s3({put, down}, "http://127.0.0.1:9000");
  WallTime const at = sample_report().ended_at;
  auto const uri = s3.store.store_bundle(Output("a"), at);
  REQUIRE(uri);
  CHECK_FALSE(find_header(s3.fake.script.requests.at(0).headers, "if-none-match"));
  auto const other = s3.store.store_bundle(Output("b"), at);
  REQUIRE_FALSE(other);
  CHECK(other.error().code == Errc::denied);
  CHECK(s3.fake.script.requests.at(0).url.path != s3.fake.script.requests.at(1).url.path);
}
