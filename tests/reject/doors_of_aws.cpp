// SPDX-License-Identifier: MIT
// expect 1: Client's first parameter must be a sla::aws::Transport: movable, with sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant deadline)
// expect 2: Client's second parameter must be a sla::aws::CredentialSource: movable, with sla::Result<sla::aws::Credentials> credentials(sla::WallTime now)
// expect 3: Client's third parameter must be a sla::Clock: movable, with now(), wall(), wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)
// expect 4: Each of FirstOf's parameters must be a sla::aws::CredentialSource: movable, with sla::Result<sla::aws::Credentials> credentials(sla::WallTime now)
// expect 5: Refreshing's parameter must be a sla::aws::CredentialSource: movable, with sla::Result<sla::aws::Credentials> credentials(sla::WallTime now)
// expect 6: AssumeRoleCredentials's first parameter must be a sla::aws::CredentialSource: movable, with sla::Result<sla::aws::Credentials> credentials(sla::WallTime now)
// expect 7: RoleCaller's first parameter must be a sla::aws::Transport: movable, with sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant deadline)
// expect 8: ContainerCredentials's first parameter must be a sla::aws::Transport: movable, with sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant deadline)
// expect 9: Imds's first parameter must be a sla::aws::Transport: movable, with sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant deadline)
// expect 10: SharedTransport's parameter must be a sla::aws::Transport: movable, with sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant deadline)
// expect 11: RoleCaller's second parameter must be a sla::Clock: movable, with now(), wall(), wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)
// expect 12: Refreshing's parameter must be a sla::aws::CredentialSource: movable, with sla::Result<sla::aws::Credentials> credentials(sla::WallTime now)
#include <optional>
#include <string_view>
#include <utility>

#include "minimal.hpp"
#include "sla/aws/call/attempts.hpp"
#include "sla/aws/call/client.hpp"
#include "sla/aws/credential/assume_role.hpp"
#include "sla/aws/credential/container.hpp"
#include "sla/aws/credential/first_of.hpp"
#include "sla/aws/credential/imds.hpp"
#include "sla/aws/credential/refreshing.hpp"
#include "sla/aws/credential/role_caller.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/service/imds.hpp"
#include "sla/aws/sign/credentials.hpp"

struct Transport {
  sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant) {
    return sla::aws::Response{};
  }
};

struct Source {
  sla::Result<sla::aws::Credentials> credentials(sla::WallTime) { return sla::aws::Credentials{}; }
};

template <class T, class S, class C>
void use_client(T transport, S source, C clock) {
  sla::aws::Client client{std::move(transport), std::move(source), {}, std::move(clock)};
  (void)client.call({}, {}, [](sla::aws::Response const&) { return sla::aws::ServiceError{}; });
}

template <class S>
void use(S source) {
  use_client(Transport{}, std::move(source), MinimalClock{});
}

template <class T, class C>
void use_role(T transport, C clock) {
  sla::aws::RoleCaller caller{std::move(transport), std::move(clock), {}};
  use(sla::aws::AssumeRoleCredentials{Source{}, std::move(caller), std::nullopt});
}

int main() {
  MinimalClock const clock;
  use_client(Unless<1, Transport>{}, Source{}, clock);
  use_client(Transport{}, Unless<2, Source>{}, clock);
  use_client(Transport{}, Source{}, Unless<3, MinimalClock>{});
  use(sla::aws::FirstOf{Source{}, Unless<4, Source>{}});
  use(sla::aws::Refreshing{Unless<5, Source>{}});
  use(sla::aws::AssumeRoleCredentials{
      Unless<6, Source>{}, sla::aws::RoleCaller{Transport{}, clock, sla::aws::StsOptions{}},
      std::nullopt});
  use_role(Unless<7, Transport>{}, clock);
  use(sla::aws::ContainerCredentials{sla::Result<sla::aws::ContainerAgent>({}),
                                     Unless<8, Transport>{}, clock, sla::aws::FileReader{}});
  use(sla::aws::ImdsCredentials{
      sla::aws::Imds{sla::Result<sla::aws::Url>({}), Unless<9, Transport>{}, clock}});
  use_client(sla::aws::SharedTransport{Unless<10, Transport>{}}, Source{}, clock);
  use_role(Transport{}, Unless<11, MinimalClock>{});
  use(sla::aws::FirstOf{Source{}, sla::aws::Refreshing{UnlessPinned<12, Source>{}}});
}
