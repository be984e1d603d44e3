// SPDX-License-Identifier: MIT
// One cycle again and again: a command, an event to SNS, a log to S3, either in plain system calls
// and libcurl (bare) or by the policies, delivering in line or in the background:
//   cycle bare|inline|background COUNT URL CA_FILE WORDS...
// Says what a run took, after twenty that are not counted, as JSON on stdout.
#include <curl/curl.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sla/aws/sign/digest.hpp"
#include "sla/executor/direct.hpp"
#include "sla/publisher/log_first.hpp"
#include "sla/publisher/spooled.hpp"
#include "sla/runner.hpp"
#include "sla/spool/memory.hpp"
#include "tests/support/aws_sinks.hpp"
#include "tests/support/meter.hpp"

namespace {

constexpr int warm_up = 20;

struct Options {
  int count;
  std::string url;
  std::string ca_file;
  std::vector<std::string> words;
};

void print(Meter const& meter, int count) {
  std::printf("{\"wall_us\": %.1f, \"cpu_us\": %.1f}\n", meter.wall() / count, meter.cpu() / count);
}

/// A Scheduler: so many runs without a pause.
struct Counted {
  std::optional<sla::Instant> next(sla::Instant now) {
    if (done == warm_up) meter->start();
    if (done++ == warm_up + count) return std::nullopt;
    return now;
  }

  Meter* meter;
  int count;
  int done = 0;
};

template <class Publisher>
bool run(Options const& options, Meter& meter, sla::Stop const& stop, Publisher publisher) {
  sla::Direct<sla::aws::Sha256> executor(sla::ProcessOptions{.pass_through = -1});
  sla::Runner runner{Counted{&meter, options.count}, std::move(executor), std::move(publisher),
                     sla::SteadyClock{}};
  sla::Tally const tally =
      runner.run({.service = "cycle", .groups = {"bench"}, .command = options.words}, stop);
  return tally.undelivered == 0 && tally.passed == static_cast<unsigned>(warm_up + options.count);
}

bool policies(Options const& options, Meter& meter, std::string_view how) {
  auto const stop = sla::Stop::on_signals();
  if (!stop) return false;
  sla::DeliveryStops const stops;
  AwsSinks const sinks{options.url, options.ca_file};
  if (how == "inline") {
    bool const good = run(options, meter, *stop, sla::LogFirst{sinks.logs(), sinks.events()});
    print(meter, options.count);
    return good;
  }
  sla::Spooled spooled{sinks.logs(), sinks.events(), sla::MemorySpool{}, stops};
  bool const good = run(options, meter, *stop, spooled);
  sla::SpoolCount const left =
      spooled.finish(std::chrono::steady_clock::now() + std::chrono::seconds{60});
  print(meter, options.count);
  return good && left.events == 0 && left.logs == 0;
}

/// Headers of the length that AWS asks for, which nobody computed.
constexpr std::initializer_list<char const*> event_headers = {
    "Content-Type: application/x-www-form-urlencoded; charset=utf-8",
    "X-Amz-Date: 20191123T133200Z",
    "Authorization: AWS4-HMAC-SHA256 "
    "Credential=AKIAIOSFODNN7EXAMPLE/20191123/eu-central-1/sns/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date, "
    "Signature=79aad91deb006f06e06583ff921d2c7b4873fd0f3fe6ed62d2845e318762ca3e",
    "User-Agent: bare",
    "Accept:",
};
constexpr std::initializer_list<char const*> log_headers = {
    "x-amz-meta-run-id: 01a20eff-a1f9-75d8-9c1f-bc8dea563fa7",
    "x-amz-meta-exit-code: 0",
    "Content-Type: text/plain; charset=utf-8",
    "If-None-Match: *",
    "x-amz-checksum-sha256: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "X-Amz-Date: 20191123T133200Z",
    "X-Amz-Content-Sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "Authorization: AWS4-HMAC-SHA256 "
    "Credential=AKIAIOSFODNN7EXAMPLE/20191123/eu-central-1/s3/aws4_request, "
    "SignedHeaders=content-type;host;if-none-match;x-amz-checksum-sha256;x-amz-content-sha256;"
    "x-amz-date;x-amz-meta-exit-code;x-amz-meta-run-id, "
    "Signature=b945c42273601735fa72dc7f8c9f8c800989ec69519ff67b965e7083ed9ad426",
    "User-Agent: bare",
    "Accept:",
};

/// What the policies do, without any of what they are careful about.
class Bare {
 public:
  explicit Bare(Options const& options) : options_(options) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    for (std::string const& word : options_.words) words_.push_back(const_cast<char*>(word.data()));
    words_.push_back(nullptr);
    event_ = request("/", "POST", event_headers);
    curl_easy_setopt(event_.get(), CURLOPT_COPYPOSTFIELDS, std::string(1100, 'x').c_str());
    log_ = request("/cycle-logs/cycle/1574515200_SUCCESS", "PUT", log_headers);
    curl_easy_setopt(log_.get(), CURLOPT_POSTFIELDS, "");
  }

  bool cycle() {
    return execute() && curl_easy_perform(log_.get()) == CURLE_OK &&
           curl_easy_perform(event_.get()) == CURLE_OK;
  }

 private:
  using Handle = std::unique_ptr<CURL, sla::aws::CurlRelease>;

  Handle request(std::string const& path, char const* method,
                 std::initializer_list<char const*> headers) {
    Handle handle(curl_easy_init());
    curl_easy_setopt(handle.get(), CURLOPT_URL, (options_.url + path).c_str());
    curl_easy_setopt(handle.get(), CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(handle.get(), CURLOPT_CAINFO, options_.ca_file.c_str());
    curl_easy_setopt(handle.get(), CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, &drop);
    curl_slist* list = nullptr;  // for as long as the process lives
    for (char const* const header : headers) list = curl_slist_append(list, header);
    curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, list);
    return handle;
  }
  static std::size_t drop(char*, std::size_t size, std::size_t count, void*) {
    return size * count;
  }

  bool execute() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    pid_t pid = -1;
    int status = 0;
    bool good = ::posix_spawn(&pid, words_[0], &actions, nullptr, words_.data(), ::environ) == 0;
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    std::string output;
    char block[64 * 1024];
    for (ssize_t n = 0; (n = ::read(ends[0], block, sizeof block)) > 0;) {
      output.append(block, static_cast<std::size_t>(n));
    }
    ::close(ends[0]);
    unsigned char digest[EVP_MAX_MD_SIZE];
    good = good && ::waitpid(pid, &status, 0) == pid && status == 0;
    return EVP_Digest(output.data(), output.size(), digest, nullptr, EVP_sha256(), nullptr) == 1 &&
           good;
  }

  Options const& options_;
  std::vector<char*> words_{};
  Handle event_{};
  Handle log_{};
};

bool bare(Options const& options, Meter& meter) {
  Bare work(options);
  for (int done = 0; done < warm_up + options.count; ++done) {
    if (done == warm_up) meter.start();
    if (!work.cycle()) return false;
  }
  print(meter, options.count);
  return true;
}

}  // namespace

int main(int count, char** words) {
  if (count < 6) return 64;
  Options const options{std::atoi(words[2]), words[3], words[4], {words + 5, words + count}};
  std::string_view const how = words[1];
  Meter meter;
  return (how == "bare" ? bare(options, meter) : policies(options, meter, how)) ? 0 : 1;
}
