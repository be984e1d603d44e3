// SPDX-License-Identifier: MIT
#include "sla/publisher/entry_bundles.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "../support/batch_fakes.hpp"
#include "../support/fake_clock.hpp"
#include "../support/spool_case.hpp"
#include "../support/temporary_folder.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/publisher/delivery.hpp"
#include "sla/spool/memory.hpp"

using namespace sla;
using namespace sla::internal;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;
Error const outage{Errc::unavailable, "http 503", http_status(503)};
Error const too_large{Errc::unacceptable, "http 413", http_status(413)};
Logger const silent{{.format = LogFormat::none}};

/// Where bundles go, and how the next ones are answered.
struct Bundles {
  std::map<std::string, std::string> objects{};
  Texts uris{};
  std::vector<Error> errors{};
};

struct BundleLogFake : BatchLogFake {
  Bundles* bundles;

  BundleLogFake(Service& logs, Bundles& all) : BatchLogFake{&logs}, bundles(&all) {}
  Result<std::string> store_bundle(Output const& bytes, WallTime at) {
    if (service->down) return outage;
    if (!bundles->errors.empty()) {
      Error const error = bundles->errors.front();
      bundles->errors.erase(bundles->errors.begin());
      return error;
    }
    std::string const text = *bytes.text();
    std::string uri = "fake://b/" + bundle_key(at, std::to_string(std::hash<std::string>()(text)));
    bundles->objects[uri] = text;
    bundles->uris.push_back(uri);
    return uri;
  }
};
static_assert(BundleLogStore<BundleLogFake>);

struct Fixture {
  explicit Fixture(Duration longest = 1min, std::uint64_t limit = 32U << 20U,
                   UploadLogs upload = UploadLogs::always)
      : Fixture(MemorySpool({.limit = limit}, silent), longest, upload) {}
  explicit Fixture(MemorySpool spool, Duration longest = 1min,
                   UploadLogs upload = UploadLogs::always)
      : delivery(BundleLogFake{logs, bundles}, BatchFake{&events}, std::move(spool), stops,
                 {.upload = upload, .log_bundle = longest}, FakeClock{time}, silent) {}

  /// The run `a1` is one of the service `a`, and its log `the log of a1\n`.
  static Report run_of(std::string const& run, Verdict verdict = Verdict::pass) {
    Report report = report_of(run, verdict, "the log of " + run + '\n');
    report.job.service = run.substr(0, run.find_first_of("0123456789"));
    return report;
  }
  void add(std::string const& run, Verdict verdict = Verdict::pass) {
    delivery.add(run_of(run, verdict));
  }
  void add_all(Texts const& runs) {
    for (std::string const& run : runs) add(run);
  }
  Instant settle() {
    Instant due = delivery.step();
    while (due <= time.now) due = delivery.step();
    return due;
  }
  void wait_for_all() {
    for (Instant due = settle(); due != Instant::max(); due = settle()) {
      time.advance(due - time.now);
    }
  }
  /// Returns what an event says where its log is, as a reader of the store finds it there.
  std::string log_at(std::string const& uri) {
    std::size_t const mark = uri.find("#bytes=");
    if (mark == std::string::npos) return "the log of " + uri.substr(7) + '\n';
    std::size_t const line = uri.find('-', mark);
    std::size_t const first = std::stoul(uri.substr(mark + 7));
    std::size_t const last = std::stoul(uri.substr(line + 1));
    return bundles.objects.at(uri.substr(0, mark)).substr(first, last - first + 1);
  }

  FakeTime time{};
  Service logs{}, events{};
  Bundles bundles{};
  DeliveryStops stops{};
  Delivery<BundleLogFake, BatchFake, MemorySpool, FakeClock> delivery;
};

}  // namespace

TEST_CASE("passes wait a minute for others, and their logs are ranges of one object") {
  Fixture f;
  f.add("a1");
  CHECK(f.settle() == f.time.now + 1min);
  f.time.advance(30s);
  f.add_all({"b1", "a2"});
  CHECK(f.settle() == f.time.now + 30s);
  CHECK(f.events.taken.empty());
  f.time.advance(30s);
  CHECK(f.settle() == Instant::max());
  REQUIRE(f.bundles.uris.size() == 1);
  std::string const uri = f.bundles.uris[0];
  CHECK(uri.starts_with("fake://b/bundles/2019/11/23/13/20-"));
  CHECK(f.bundles.objects[uri] == "the log of a1\nthe log of b1\nthe log of a2\n");
  CHECK(f.logs.requests.empty());
  CHECK(f.events.taken.size() == 3);
  CHECK(in_order_by_service(f.events.runs()));
  for (Report const& report : f.events.taken) {
    CHECK(f.log_at(report.log_uri) == "the log of " + report.job.run_id + '\n');
    CHECK(report.log_error.empty());
  }
  CHECK(f.events.taken[0].log_uri == uri + "#bytes=0-13");
  CHECK(f.delivery.in_memory().empty());

  f.add("a3");
  CHECK(f.settle() == f.time.now + 1min);
}

TEST_CASE("without it each log is an object of its own, at once") {
  Fixture f{0s};
  f.add_all({"a1", "b1"});
  CHECK(f.settle() == Instant::max());
  CHECK(f.bundles.uris.empty());
  CHECK(f.logs.taken.size() == 2);
}

TEST_CASE("what is not a plain pass goes at once, alone, and takes what its service has along") {
  Fixture f;
  f.add_all({"a1", "b1"});
  f.add("c1", Verdict::fail);
  CHECK(f.settle() == f.time.now + 1min);
  CHECK(f.events.runs() == Texts{"c1"});
  CHECK(f.events.taken[0].log_uri == "fake://c1");
  CHECK(f.bundles.uris.empty());

  f.add("a2", Verdict::timeout);
  CHECK(f.settle() == Instant::max());
  Texts const runs = f.events.runs();
  CHECK(in_order_by_service(runs));
  CHECK(runs.size() == 4);
  CHECK(f.bundles.uris.size() == 1);
  CHECK(f.logs.runs() == Texts{"c1", "a2"});
}

TEST_CASE("a pass that there is more to say of is not bundled, nor is one with a large log") {
  Report flaky = Fixture::run_of("a1");
  flaky.outcome.attempts = {Verdict::fail, Verdict::pass};
  Report degraded = Fixture::run_of("b1");
  degraded.outcome.degraded = true;
  Report large = Fixture::run_of("c1");
  large.outcome.output = Output(std::string(BundleLimits::bytes_of_one + 1, 'x'));
  for (Report const& report :
       {flaky, degraded, large, Fixture::run_of("d1", Verdict::warn),
        Fixture::run_of("e1", Verdict::unknown), Fixture::run_of("f1", Verdict::interrupted)}) {
    Fixture f;
    f.delivery.add(report);
    CHECK(f.settle() == Instant::max());
    CHECK(f.logs.taken.size() == 1);
    CHECK(f.bundles.uris.empty());
  }
}

TEST_CASE("an empty log has no range, and where all are empty there is no object") {
  Fixture f;
  Report quiet = Fixture::run_of("a1");
  quiet.outcome.output = Output();
  f.delivery.add(quiet);
  f.wait_for_all();
  REQUIRE(f.events.taken.size() == 1);
  CHECK(f.events.taken[0].log_uri.empty());
  CHECK(f.events.taken[0].log_error.empty());
  CHECK(f.bundles.uris.empty());

  quiet.job.run_id = "a2";
  f.delivery.add(quiet);
  f.add("b1");
  f.wait_for_all();
  REQUIRE(f.bundles.uris.size() == 1);
  REQUIRE(f.events.taken.size() == 3);
  for (Report const& report : f.events.taken) {
    if (report.job.run_id == "b1") CHECK(f.log_at(report.log_uri) == "the log of b1\n");
    if (report.job.run_id == "a2") CHECK(report.log_uri.empty());
  }
  CHECK(f.delivery.in_memory().empty());
}

TEST_CASE("a bundle that is full does not wait, and holds no more than a limit") {
  Fixture f;
  std::size_t const size = BundleLimits::bytes_of_one;
  for (int i = 1; i <= 9; ++i) {
    Report report = Fixture::run_of("a" + std::to_string(i));
    report.outcome.output = Output(std::string(size, static_cast<char>('0' + i)));
    f.delivery.add(report);
  }
  CHECK(f.settle() == f.time.now + 1min);
  REQUIRE(f.bundles.uris.size() == 2);
  for (std::string const& uri : f.bundles.uris) CHECK(f.bundles.objects[uri].size() == 4 * size);
  CHECK(f.events.taken.size() == 8);
  f.wait_for_all();
  CHECK(f.events.runs().back() == "a9");
}

TEST_CASE("so many logs are enough, however small they are") {
  Fixture f;
  for (std::size_t i = 1; i <= BundleLimits::logs; ++i) f.add(std::string("a") + std::to_string(i));
  CHECK(f.settle() == Instant::max());
  CHECK(f.bundles.uris.size() == 1);
  CHECK(f.events.taken.size() == BundleLimits::logs);
}

TEST_CASE("a spool that is half full waits no longer, so that it drops nothing") {
  std::uint64_t const each = memory_use({.report = Fixture::run_of("a1")});
  Fixture f{1min, 6 * each};
  f.add_all({"a1", "b1", "c1"});
  CHECK(f.settle() == f.time.now + 1min);
  f.add("d1");
  CHECK(f.settle() == Instant::max());
  CHECK(f.events.taken.size() == 4);
  CHECK(f.bundles.uris.size() == 1);
}

TEST_CASE("a bundle that cannot be stored holds back no event, and its logs follow alone") {
  Fixture f;
  f.bundles.errors = {outage};
  f.add_all({"a1", "b1"});
  f.time.advance(1min);
  f.settle();
  f.time.advance(1min);
  Instant const due = f.settle();
  CHECK(f.events.taken.size() == 2);
  for (Report const& report : f.events.taken) {
    CHECK(report.log_uri.empty());
    CHECK(report.log_error == "http 503");
  }
  if (due != Instant::max()) f.time.advance(due - f.time.now);
  f.wait_for_all();
  CHECK(f.logs.taken.size() == 2);
  CHECK(f.bundles.uris.empty());
  CHECK(f.events.taken.size() == 2);
}

TEST_CASE("where a bundle is refused for its content each log is tried alone, before its event") {
  Fixture f;
  f.bundles.errors = {too_large};
  f.add_all({"a1", "b1"});
  f.wait_for_all();
  CHECK(f.logs.taken.size() == 2);
  CHECK(f.events.taken.size() == 2);
  for (Report const& report : f.events.taken) {
    CHECK(report.log_uri == "fake://" + report.job.run_id);
  }
}

TEST_CASE("a log that cannot be read ends its bundle, holds back nothing and is tried alone") {
  TemporaryFolder const folder;
  Report cut = Fixture::run_of("b1");
  cut.outcome.output = Output(open_file(folder / "log", O_CREAT | O_RDWR).value(), {{5, 0, {}}},
                              std::nullopt);  // the file has no bytes
  Fixture f;
  f.add("a1");
  f.delivery.add(cut);
  f.add("c1");
  f.wait_for_all();
  CHECK(f.bundles.uris.size() == 2);
  CHECK(f.events.taken.size() == 3);
  CHECK(f.logs.runs() == Texts{"b1"});
}

TEST_CASE("what waits goes at once when there is little time, or without logs if there is none") {
  Fixture f;
  f.add_all({"a1", "b1"});
  CHECK(f.settle() == f.time.now + 1min);
  f.delivery.hurry();
  CHECK(f.settle() == Instant::max());
  CHECK(f.bundles.uris.size() == 1);
  CHECK(f.events.taken.size() == 2);

  Fixture late;
  late.add_all({"a1", "b1"});
  late.stops.logs.request();
  late.delivery.hurry();
  late.settle();
  CHECK(late.bundles.uris.empty());
  CHECK(late.events.taken.size() == 2);
  CHECK(late.events.taken[0].log_error == "the runner stops; the log follows later");
  CHECK(late.delivery.count().logs == 2);

  Fixture over;
  over.add_all({"a1", "b1"});
  over.stops.events.request();
  over.delivery.hurry();
  over.settle();
  CHECK(over.events.taken.empty());
  CHECK(over.delivery.count().gathered == 2);
  CHECK(over.delivery.in_memory().size() == 2);
}

TEST_CASE("what an earlier process left has waited") {
  MemorySpool spool;
  for (char const* const run : {"a1", "b1"}) spool.add(Fixture::run_of(run));
  Fixture f{std::move(spool)};
  CHECK(f.settle() == Instant::max());
  CHECK(f.bundles.uris.size() == 1);
  CHECK(f.events.taken.size() == 2);
}

TEST_CASE("a flaky run takes what waits of its service along as a failure does") {
  Report flaky = Fixture::run_of("a2");
  flaky.outcome.attempts = {Verdict::fail, Verdict::pass};
  Fixture f;
  f.add("a1");
  f.delivery.add(flaky);
  CHECK(f.settle() == Instant::max());
  CHECK(f.events.runs() == Texts{"a1", "a2"});
  CHECK(f.logs.runs() == Texts{"a2"});
  CHECK(f.bundles.uris.size() == 1);
}

TEST_CASE("where only logs of failures are stored nothing waits") {
  Fixture f{1min, 32U << 20U, UploadLogs::failures};
  f.add("a1");
  CHECK(f.settle() == Instant::max());
  CHECK(f.events.taken.size() == 1);
}

TEST_CASE("whatever happens, each event arrives once, in order, and tells where its very log is") {
  std::mt19937 random(1);
  auto const one_in = [&](unsigned n) { return random() % n == 0; };
  std::size_t ranges = 0;
  for (int story = 0; story < 60; ++story) {
    Fixture f{Duration(random() % 20 * 1s + 1s)};
    std::map<char, int> last;
    std::size_t all = 0;
    for (int round = 0; round < 60; ++round) {
      for (unsigned i = random() % 8; i != 0; --i) {
        char const service = static_cast<char>('a' + random() % 12);
        std::string const run = service + std::to_string(++last[service]);
        if (one_in(9)) f.events.errors[run].assign(1 + random() % 3, outage);
        if (one_in(9)) f.logs.errors[run].assign(1 + random() % 3, outage);
        f.add(run, one_in(9) ? Verdict::fail : Verdict::pass);
        ++all;
      }
      if (one_in(20)) f.bundles.errors = {one_in(2) ? outage : too_large};
      if (one_in(15)) f.events.down = !f.events.down;
      if (one_in(15)) f.logs.down = !f.logs.down;
      for (unsigned i = random() % 4; i != 0; --i) {
        Instant const due = f.delivery.step();
        if (due != Instant::max() && due > f.time.now && one_in(2)) {
          f.time.advance(due - f.time.now);
        }
      }
    }
    f.events.down = f.logs.down = false;
    f.wait_for_all();
    CAPTURE(story);
    Texts const runs = f.events.runs();
    CHECK(in_order_by_service(runs));
    CHECK(runs.size() == all);
    std::size_t bundled = 0;
    for (Report const& report : f.events.taken) {
      CHECK(report.log_uri.empty() != report.log_error.empty());
      if (report.log_uri.empty()) continue;
      CHECK(f.log_at(report.log_uri) == "the log of " + report.job.run_id + '\n');
      bundled += report.log_uri.find('#') != std::string::npos ? 1 : 0;
    }
    CHECK(bundled + f.logs.taken.size() == all);
    CHECK(f.delivery.in_memory().empty());
    ranges += bundled;
  }
  CHECK(ranges > 1000);
}
