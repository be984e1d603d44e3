// SPDX-License-Identifier: MIT
#pragma once
// One request under way in libcurl: what libcurl calls meanwhile, and the loop that drives it,
// which ends it at once when a stop is due. What is sent, and what the end means, is aws/curl.hpp's
// business, and only that includes this.
#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>

#include "sla/aws/response_builder.hpp"
#include "sla/core/output.hpp"
#include "sla/core/pipe_signal.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

struct CurlRelease {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
using CurlHandle = std::unique_ptr<CURL, CurlRelease>;

/// Sets options and remembers the first that was refused.
struct CurlSetup {
  CURL* handle;
  CURLcode code = CURLE_OK;

  template <class Value>
  void set(CURLoption option, Value value) noexcept {
    static_assert(std::is_pointer_v<Value> || std::is_same_v<Value, long> ||
                  std::is_same_v<Value, curl_off_t>);  // libcurl reads them unchecked
    if (code == CURLE_OK) code = curl_easy_setopt(handle, option, value);
  }
};

/// One request under way. The functions are called from C, so nothing may be thrown through them.
struct CurlTransfer {
  Output const& body;
  ResponseBuilder answer;
  std::optional<Error> error{};  ///< why one of them ended the transfer
  std::uint64_t sent = 0;
  int status = 0;
  char words[CURL_ERROR_SIZE] = "";  ///< libcurl's own

  void attach(CurlSetup& setup) {
    setup.set(CURLOPT_ERRORBUFFER, &words[0]);
    setup.set(CURLOPT_READFUNCTION, &read);
    setup.set(CURLOPT_READDATA, this);
    setup.set(CURLOPT_SEEKFUNCTION, &seek);
    setup.set(CURLOPT_SEEKDATA, this);
    setup.set(CURLOPT_HEADERFUNCTION, &take<&ResponseBuilder::line>);
    setup.set(CURLOPT_HEADERDATA, this);
    setup.set(CURLOPT_WRITEFUNCTION, &take<&ResponseBuilder::body>);
    setup.set(CURLOPT_WRITEDATA, this);
    setup.set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  }

  static std::size_t read(char* to, std::size_t size, std::size_t count, void* user) noexcept {
    auto& self = *static_cast<CurlTransfer*>(user);
    auto const n = self.body.read(self.sent, {to, size * count});
    if (!n) self.error = n.error();
    if (!n) return CURL_READFUNC_ABORT;
    self.sent += *n;
    return *n;
  }
  static int seek(void* user, curl_off_t offset, int origin) noexcept {
    if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
    static_cast<CurlTransfer*>(user)->sent = static_cast<std::uint64_t>(offset);
    return CURL_SEEKFUNC_OK;
  }
  template <auto part>
  static std::size_t take(char* data, std::size_t size, std::size_t count, void* user) noexcept {
    auto& self = *static_cast<CurlTransfer*>(user);
    auto const taken = (self.answer.*part)({data, size * count});
    if (!taken) self.error = taken.error();
    return taken ? size * count : 0;
  }
  static curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) noexcept {
    int const made = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    // What the kernel takes megabytes ahead would leave a slow line long after libcurl sent it, and
    // look like a silent connection.
    int const ahead = 128 * 1024;
    (void)::setsockopt(made, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &ahead, sizeof ahead);
    return made;
  }
};

/// Drives one request after another and keeps their connections. Not thread-safe.
class CurlLoop {
 public:
  /// Sends what the handle is set up for. CURLE_ABORTED_BY_CALLBACK where the stop was due before
  /// it was done.
  CURLcode perform(CURL* handle, Stop const* stop) {
    PipeSignalGuard const guard;
    if (!multi_) multi_.reset(curl_multi_init());
    if (!multi_ || curl_multi_add_handle(multi_.get(), handle) != CURLM_OK)
      return CURLE_FAILED_INIT;
    CURLcode const code = drive(stop);
    (void)curl_multi_remove_handle(multi_.get(), handle);
    return code;
  }

 private:
  struct Release {
    void operator()(CURLM* multi) const noexcept {
      PipeSignalGuard const guard;  // a TLS connection ends with a write
      (void)curl_multi_cleanup(multi);
    }
  };

  CURLcode drive(Stop const* stop) {
    for (int running = 1;;) {
      if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
      if (running == 0) return outcome();
      auto const limit = stop != nullptr ? stop->deadline() : std::nullopt;
      Duration left = std::chrono::seconds{1};
      if (limit) left = std::min<Duration>(left, *limit - std::chrono::steady_clock::now());
      if (left <= Duration::zero()) return CURLE_ABORTED_BY_CALLBACK;
      if (!wait(stop, left)) return CURLE_FAILED_INIT;
    }
  }

  /// Until libcurl has something to do, or the stop has news.
  bool wait(Stop const* stop, Duration longest) {
    std::array<curl_waitfd, 2> news{};
    unsigned count = 0;
    if (stop != nullptr) {
      for (pollfd const& watched : stop->watch()) {
        if (watched.fd >= 0) news[count++] = {watched.fd, CURL_WAIT_POLLIN, 0};
      }
    }
    auto const time = std::chrono::ceil<std::chrono::milliseconds>(longest).count();
    return curl_multi_poll(multi_.get(), news.data(), count, static_cast<int>(time), nullptr) ==
           CURLM_OK;
  }

  CURLcode outcome() {
    int left = 0;
    CURLMsg const* const end = curl_multi_info_read(multi_.get(), &left);
    return end != nullptr && end->msg == CURLMSG_DONE ? end->data.result : CURLE_FAILED_INIT;
  }

  std::unique_ptr<CURLM, Release> multi_{};
};

}  // namespace sla::inline v1
