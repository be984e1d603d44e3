// SPDX-License-Identifier: MIT
#pragma once
// A request under way in libcurl: what libcurl calls meanwhile, and the loop that drives one or
// several, which ends each when one of its stages takes too long, and all at once when a stop is
// due. What is sent, and what the end means, is up to the header that includes this.
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
#include <vector>

#include "sla/aws/http/adaptive_limits.hpp"
#include "sla/aws/http/response_builder.hpp"
#include "sla/core/output.hpp"
#include "sla/core/pipe_signal.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

struct CurlRelease {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
using CurlHandle = std::unique_ptr<CURL, CurlRelease>;

struct CurlMultiRelease {
  void operator()(CURLM* multi) const noexcept {
    internal::PipeSignalGuard const guard;  // a TLS connection ends with a write
    (void)curl_multi_cleanup(multi);
  }
};
using CurlMulti = std::unique_ptr<CURLM, CurlMultiRelease>;

/// Waits until libcurl has something to do, the stop has news, or the time is over. Returns false
/// if libcurl cannot.
[[nodiscard]] inline bool await_curl(CURLM* multi, Stop const* stop, Duration longest) {
  std::array<curl_waitfd, 2> news{};
  unsigned count = 0;
  if (stop != nullptr) {
    for (pollfd const& watched : stop->watch()) {
      if (watched.fd >= 0) news[count++] = {watched.fd, CURL_WAIT_POLLIN, 0};
    }
  }
  auto const time = std::chrono::ceil<std::chrono::milliseconds>(longest).count();
  return curl_multi_poll(multi, news.data(), count, static_cast<int>(time), nullptr) == CURLM_OK;
}

/// Returns how the only request ended, which is over.
[[nodiscard]] inline CURLcode end_of_request(CURLM* multi) {
  int left = 0;
  CURLMsg const* const end = curl_multi_info_read(multi, &left);
  return end != nullptr && end->msg == CURLMSG_DONE ? end->data.result : CURLE_FAILED_INIT;
}

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
  CURL* handle;
  Output const& body;
  ResponseBuilder answer;
  AdaptiveLimits limits;  ///< as they were when it began
  Instant begun = std::chrono::steady_clock::now();
  StageWatch watch{begun};
  std::optional<Error> error{};  ///< why one of them ended the transfer
  bool late = false;             ///< the stage that it is in took too long
  std::uint64_t sent = 0;
  curl_off_t uploaded = 0;
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
    setup.set(CURLOPT_RESOLVER_START_FUNCTION, &start_resolving);
    setup.set(CURLOPT_RESOLVER_START_DATA, this);
    setup.set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    setup.set(CURLOPT_OPENSOCKETDATA, this);
    setup.set(CURLOPT_PREREQFUNCTION, &start_sending);
    setup.set(CURLOPT_PREREQDATA, this);
    limit_connection(setup);
  }

  [[nodiscard]] Duration limit() const noexcept { return limits.limit(watch.stage(), body.size()); }
  /// Returns when the stage has taken too long.
  [[nodiscard]] Instant due() const noexcept { return watch.since() + limit(); }

  /// Looks how far libcurl got.
  void look(Instant now) noexcept {
    if (watch.stage() != Stage::send) return;
    curl_off_t bytes = 0;
    (void)curl_easy_getinfo(handle, CURLINFO_SIZE_UPLOAD_T, &bytes);
    if (bytes != uploaded) watch.moved(now);
    uploaded = bytes;
    if (static_cast<std::uint64_t>(bytes) >= body.size()) enter(Stage::wait);
  }

  static std::size_t read(char* to, std::size_t size, std::size_t count, void* user) noexcept {
    auto& self = *static_cast<CurlTransfer*>(user);
    auto const n = self.body.read(self.sent, to, size * count);
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
  template <auto Part>
  static std::size_t take(char* data, std::size_t size, std::size_t count, void* user) noexcept {
    auto& self = *static_cast<CurlTransfer*>(user);
    self.enter(Stage::receive);
    auto const taken = (self.answer.*Part)({data, size * count});
    if (!taken) self.error = taken.error();
    return taken ? size * count : 0;
  }
  static int start_resolving(void*, void*, void* user) noexcept {
    static_cast<CurlTransfer*>(user)->enter(Stage::resolve);
    return 0;
  }
  static int start_sending(void* user, char*, char*, int, int) noexcept {
    static_cast<CurlTransfer*>(user)->enter(Stage::send);
    return CURL_PREREQFUNC_OK;
  }
  static curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) noexcept {
    auto& self = *static_cast<CurlTransfer*>(user);
    self.enter(Stage::connect);
    int const made = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    // What the kernel takes megabytes ahead would leave a slow line long after libcurl sent it, and
    // look like a silent connection.
    int const ahead = 128 * 1024;
    (void)::setsockopt(made, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &ahead, sizeof ahead);
    // A peer that is gone acknowledges nothing; one that is slow does, long before it answers.
    Duration const gone = std::max(self.limits.limit(Stage::connect, 0), self.unacknowledged());
    auto const time = static_cast<unsigned>(gone / std::chrono::milliseconds{1});
    (void)::setsockopt(made, IPPROTO_TCP, TCP_USER_TIMEOUT, &time, sizeof time);
    return made;
  }

  /// libcurl has one limit for the name and the connection, which it divides among the addresses.
  /// It is put off while the name is looked up, so that the connection gets all of its own.
  void allow_resolving(Instant now) const noexcept {
    if (watch.stage() != Stage::resolve) return;
    CurlSetup setup{handle};
    limit_connection(setup, now - begun);
  }
  void limit_connection(CurlSetup& setup, Duration more = Duration::zero()) const noexcept {
    Duration const time = limits.limit(Stage::connect, 0) + more;
    setup.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(time / std::chrono::milliseconds{1}));
  }

  /// Returns how long the other side may acknowledge nothing.
  [[nodiscard]] Duration unacknowledged() const noexcept { return limits.limit(Stage::send, 0); }
  [[nodiscard]] bool silent(Instant now) const noexcept {
    return now - watch.since() >= unacknowledged();
  }

 private:
  void enter(Stage stage) noexcept { watch.enter(stage, std::chrono::steady_clock::now()); }
};

/// How many requests are under way at once at most, and how many connections are kept.
inline constexpr std::size_t most_connections = 128;

/// Drives requests, one or several at once, and keeps their connections. Not thread-safe.
class CurlLoop {
 public:
  /// How a request ended. CURLE_OPERATION_TIMEDOUT if one of its stages was too late, or the
  /// deadline came; CURLE_ABORTED_BY_CALLBACK if the stop was due.
  struct End {
    CurlTransfer* transfer;
    CURLcode code;
  };

  /// Sends what the handle of the transfer is set up for, beside what is under way already.
  [[nodiscard]] CURLcode begin(CurlTransfer& transfer) {
    if (!multi_) multi_.reset(curl_multi_init());
    // Without a number libcurl keeps few once there are few requests.
    (void)curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, long{most_connections});
    if (curl_multi_add_handle(multi_.get(), transfer.handle) != CURLM_OK) return CURLE_FAILED_INIT;
    under_way_.push_back(&transfer);
    return CURLE_OK;
  }

  /// Waits for the end of one of those under way, of which there is at least one.
  [[nodiscard]] End next(Stop const* stop, Instant deadline) {
    internal::PipeSignalGuard const guard;
    End const end = drive(stop, deadline);
    (void)curl_multi_remove_handle(multi_.get(), end.transfer->handle);
    under_way_.erase(std::find(under_way_.begin(), under_way_.end(), end.transfer));
    return end;
  }

 private:
  End drive(Stop const* stop, Instant deadline) {
    End const broken{under_way_.front(), CURLE_FAILED_INIT};
    for (;;) {
      if (auto const end = ended()) return *end;
      Instant due = Instant::max();
      if (stop != nullptr) due = stop->deadline().value_or(due);
      if (auto const end = overdue(due, deadline)) return *end;
      int running = 0;
      if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) return broken;
      Instant const now = std::chrono::steady_clock::now();
      Instant soonest = std::min(due, deadline);
      for (CurlTransfer* const transfer : under_way_) {
        transfer->look(now);
        soonest = std::min(soonest, transfer->due());
      }
      if (static_cast<std::size_t>(running) < under_way_.size()) return ended().value_or(broken);
      Duration const left = std::clamp<Duration>(soonest - now, Duration::zero(), longest_pause);
      if (!await_curl(multi_.get(), stop, left)) return broken;
    }
  }

  /// Returns one that libcurl is done with.
  std::optional<End> ended() noexcept {
    int left = 0;
    CURLMsg const* const said = curl_multi_info_read(multi_.get(), &left);
    if (said == nullptr || said->msg != CURLMSG_DONE) return std::nullopt;
    for (CurlTransfer* const transfer : under_way_) {
      if (transfer->handle != said->easy_handle) continue;
      CURLcode const code = said->data.result;
      transfer->late = code == CURLE_OPERATION_TIMEDOUT;
      if (code == CURLE_OK) transfer->watch.moved(std::chrono::steady_clock::now());
      return End{transfer, code};
    }
    return std::nullopt;
  }

  /// Returns one that ends before libcurl says so.
  std::optional<End> overdue(Instant stop, Instant deadline) noexcept {
    Instant const now = std::chrono::steady_clock::now();
    if (stop <= now) return End{under_way_.front(), CURLE_ABORTED_BY_CALLBACK};
    if (deadline <= now) return End{under_way_.front(), CURLE_OPERATION_TIMEDOUT};
    for (CurlTransfer* const transfer : under_way_) {
      transfer->late = transfer->due() <= now;
      if (transfer->late) return End{transfer, CURLE_OPERATION_TIMEDOUT};
      transfer->allow_resolving(now);
    }
    return std::nullopt;
  }

  static constexpr Duration longest_pause = std::chrono::milliseconds{500};

  CurlMulti multi_{};
  std::vector<CurlTransfer*> under_way_{};
};

}  // namespace sla::inline v1::aws
