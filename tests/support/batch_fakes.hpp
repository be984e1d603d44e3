// SPDX-License-Identifier: MIT
#pragma once
// A publisher and a log store that take several reports at once, and keep the requests that they
// were sent.
#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sla/core/result.hpp"
#include "sla/core/run.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/log_store.hpp"

/// What a service got: the runs of each request, in order; and how it answers.
struct Service {
  std::vector<std::vector<std::string>> requests{};
  std::vector<sla::Report> taken{};
  std::map<std::string, std::vector<sla::Error>> errors{};  ///< by run: its answers to come
  bool down = false;

  sla::Result<void> answer(sla::Report const& report) {
    if (down) return sla::Error{sla::Errc::unavailable, "http 503", sla::http_status(503)};
    auto& own = errors[report.job.run_id];
    if (own.empty()) {
      taken.push_back(report);
      return {};
    }
    sla::Error const error = own.front();
    own.erase(own.begin());
    return error;
  }
  std::vector<sla::Result<void>> answer_all(std::vector<sla::Report> const& reports) {
    std::vector<sla::Result<void>> results;
    requests.emplace_back();
    for (sla::Report const& report : reports) {
      requests.back().push_back(report.job.run_id);
      results.push_back(answer(report));
    }
    return results;
  }
  [[nodiscard]] std::vector<std::string> runs() const {
    std::vector<std::string> runs;
    for (sla::Report const& report : taken) runs.push_back(report.job.run_id);
    return runs;
  }
  [[nodiscard]] std::vector<std::size_t> sizes() const {
    std::vector<std::size_t> sizes;
    for (std::vector<std::string> const& request : requests) sizes.push_back(request.size());
    return sizes;
  }
};

/// Returns true if the runs of each service, such as a1 and a2, are in order.
inline bool in_order_by_service(std::vector<std::string> const& runs) {
  std::map<char, int> last;
  return std::all_of(runs.begin(), runs.end(), [&](std::string const& run) {
    int const number = std::stoi(run.substr(1));
    return std::exchange(last[run[0]], number) < number;
  });
}

struct BatchFake {
  Service* service;

  sla::Result<void> publish(sla::Report const& report) {
    return service->answer_all({report}).front();
  }
  std::vector<sla::Result<void>> publish_all(std::vector<sla::Report> const& reports) {
    return service->answer_all(reports);
  }
};
static_assert(sla::BatchPublisher<BatchFake>);

struct BatchLogFake {
  Service* service;

  sla::Result<void> publish(sla::Report const& report) {
    return service->answer_all({report}).front();
  }
  sla::Result<std::string> store(sla::Report const& report) { return store_all({report}).front(); }
  std::vector<sla::Result<std::string>> store_all(std::vector<sla::Report> const& reports) {
    std::vector<sla::Result<std::string>> uris;
    for (auto const& done : service->answer_all(reports)) {
      uris.push_back(done ? sla::Result<std::string>(
                                std::string("fake://").append(reports[uris.size()].job.run_id))
                          : sla::Result<std::string>(done.error()));
    }
    return uris;
  }
};
static_assert(sla::BatchLogStore<BatchLogFake>);
