// SPDX-License-Identifier: MIT
// Many probes in one process, or the same requests by a bare loop of libcurl's multi interface:
//   probe fleet|bare CHECKS TIME_SECONDS URL
// Each check asks once a second, over a connection of its own. Says as JSON how many answers came,
// what each cost in CPU time and how late the requests began. The first second is not counted.
#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "sla/executor/http_probe.hpp"
#include "sla/fleet.hpp"
#include "sla/scheduler/fixed_rate.hpp"
#include "tests/support/meter.hpp"

namespace {

constexpr std::chrono::seconds period{1};

/// What was measured.
struct Found {
  std::mutex mutex{};
  sla::Instant count_from{};
  std::optional<Meter> meter{};
  std::vector<double> late{};  ///< in milliseconds
  std::size_t answers = 0;
  std::size_t failures = 0;

  void begins(sla::Instant due) {
    sla::Instant const now = std::chrono::steady_clock::now();
    std::lock_guard const lock(mutex);
    if (now < count_from) return;
    if (!meter) meter.emplace().start();
    late.push_back(std::chrono::duration<double, std::milli>(now - due).count());
  }
  void ended(bool good) {
    std::lock_guard const lock(mutex);
    if (!meter) return;
    ++answers;
    if (!good) ++failures;
  }
  int print() {
    if (answers == 0 || late.empty()) return 1;
    double const cpu = meter->cpu();
    double const seconds = meter->wall() / 1e6;
    std::sort(late.begin(), late.end());
    auto const at = [&](double part) {
      return late[static_cast<std::size_t>(part * static_cast<double>(late.size() - 1))];
    };
    auto const count = static_cast<double>(answers);
    std::printf(
        "{\"answers\": %zu, \"failures\": %zu, \"per_second\": %.1f, \"cpu_us\": %.1f, "
        "\"late_median_ms\": %.3f, \"late_p99_ms\": %.3f}\n",
        answers, failures, count / seconds, cpu / count, at(0.5), at(0.99));
    return 0;
  }
};

/// A FixedRate that remembers what it said.
class Noted {
 public:
  explicit Noted(sla::Instant* due) : rate_(period), due_(due) {}
  std::optional<sla::Instant> next(sla::Instant now) {
    auto const next = rate_.next(now);
    if (next) *due_ = *next;
    return next;
  }

 private:
  sla::FixedRate rate_;
  sla::Instant* due_;
};

/// Notes how late a probe begins.
class Timed {
 public:
  Timed(Found* found, sla::Instant const* due, std::string url)
      : probe_(sla::HttpProbeOptions{.url = std::move(url)}), found_(found), due_(due) {}
  sla::Result<sla::Outcome> execute(sla::Job const& job, sla::Stop const& stop) {
    found_->begins(*due_);
    auto outcome = probe_.execute(job, stop);
    if (stop.level() == sla::StopLevel::none) {
      found_->ended(outcome && outcome->verdict == sla::Verdict::pass);
    }
    return outcome;
  }

 private:
  sla::HttpProbe<> probe_;
  Found* found_;
  sla::Instant const* due_;
};

struct Nowhere {
  sla::Result<void> publish(sla::Report const&) { return {}; }
};

void run_fleet(Found& found, std::size_t checks, std::chrono::seconds time, char const* url) {
  sla::Instant const begin = std::chrono::steady_clock::now();
  auto const stop = sla::Stop::on_signals();
  if (!stop) return;
  std::vector<sla::Instant> due(checks);
  sla::Logger const silent{{.format = sla::LogFormat::none}};
  sla::Fleet<Noted, Timed, Nowhere> fleet({.spread = period}, silent);
  for (std::size_t i = 0; i < checks; ++i) {
    fleet.add({.service = "check-" + std::to_string(i)}, Noted{&due[i]},
              Timed{&found, &due[i], url}, {});
  }
  found.count_from = begin + period;
  std::thread timer([&] {
    std::this_thread::sleep_until(begin + time);
    stop->request();
  });
  fleet.run(*stop);
  timer.join();
}

std::size_t swallow(char*, std::size_t size, std::size_t count, void*) { return size * count; }

/// One thread, one multi handle, and easy handles that are used again and again.
void run_bare(Found& found, std::size_t checks, std::chrono::seconds time, char const* url) {
  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> const multi(curl_multi_init(),
                                                                    &curl_multi_cleanup);
  std::vector<CURL*> idle;
  std::vector<CURL*> all;
  auto const take = [&]() -> CURL* {
    if (!idle.empty()) {
      CURL* const handle = idle.back();
      idle.pop_back();
      return handle;
    }
    CURL* const handle = all.emplace_back(curl_easy_init());
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &swallow);
    return handle;
  };
  sla::Instant const begin = std::chrono::steady_clock::now();
  sla::Instant next = begin;
  found.count_from = begin + period;
  sla::Duration const step = sla::Duration{period} / static_cast<std::int64_t>(checks);
  for (sla::Instant now = begin; now < begin + time; now = std::chrono::steady_clock::now()) {
    for (; next <= now; next += step) {
      found.begins(next);
      curl_multi_add_handle(multi.get(), take());
    }
    int running = 0;
    curl_multi_perform(multi.get(), &running);
    int left = 0;
    while (CURLMsg* const message = curl_multi_info_read(multi.get(), &left)) {
      CURL* const handle = message->easy_handle;
      found.ended(message->data.result == CURLE_OK);
      curl_multi_remove_handle(multi.get(), handle);
      idle.push_back(handle);
    }
    auto const until =
        std::chrono::ceil<std::chrono::milliseconds>(next - std::chrono::steady_clock::now());
    curl_multi_poll(multi.get(), nullptr, 0, std::max(0, static_cast<int>(until.count())), nullptr);
  }
  for (CURL* const handle : all) {
    curl_multi_remove_handle(multi.get(), handle);
    curl_easy_cleanup(handle);
  }
}

}  // namespace

int main(int count, char** words) {
  if (count != 5) return 64;
  auto const checks = std::strtoul(words[2], nullptr, 10);
  std::chrono::seconds const time{std::atoi(words[3])};
  curl_global_init(CURL_GLOBAL_DEFAULT);
  Found found;
  auto const run = words[1] == std::string_view("bare") ? &run_bare : &run_fleet;
  run(found, checks, time, words[4]);
  return found.print();
}
