// SPDX-License-Identifier: MIT
// expect 1: Client's first parameter must be a sla::Transport: movable, with sla::Result<sla::Response> send(sla::Request const&, sla::Instant deadline)
// expect 2: Client's second parameter must be a sla::CredentialSource: movable, with sla::Result<sla::Credentials> credentials(sla::WallTime now)
// expect 3: Client's third parameter must be a sla::Clock: movable, with now(), wall(), wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)
// expect 4: Each of FirstOf's parameters must be a sla::CredentialSource: movable, with sla::Result<sla::Credentials> credentials(sla::WallTime now)
// expect 5: Refreshing's parameter must be a sla::CredentialSource: movable, with sla::Result<sla::Credentials> credentials(sla::WallTime now)
// expect 6: AssumeRoleCredentials's first parameter must be a sla::CredentialSource: movable, with sla::Result<sla::Credentials> credentials(sla::WallTime now)
// expect 7: RoleCaller's first parameter must be a sla::Transport: movable, with sla::Result<sla::Response> send(sla::Request const&, sla::Instant deadline)
// expect 8: ContainerCredentials's first parameter must be a sla::Transport: movable, with sla::Result<sla::Response> send(sla::Request const&, sla::Instant deadline)
// expect 9: Imds's first parameter must be a sla::Transport: movable, with sla::Result<sla::Response> send(sla::Request const&, sla::Instant deadline)
// expect 10: SharedTransport's parameter must be a sla::Transport: movable, with sla::Result<sla::Response> send(sla::Request const&, sla::Instant deadline)
// expect 11: RoleCaller's second parameter must be a sla::Clock: movable, with now(), wall(), wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)
// expect 12: Refreshing's parameter must be a sla::CredentialSource: movable, with sla::Result<sla::Credentials> credentials(sla::WallTime now)
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
#include "sla/aws/sign/credentials.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/service/imds.hpp"

struct Transport {
  sla::Result<sla::Response> send(sla::Request const&, sla::Instant) { return sla::Response{}; }
};

struct Source {
  sla::Result<sla::Credentials> credentials(sla::WallTime) { return sla::Credentials{}; }
};

template <class T, class S, class C>
void use_client(T transport, S source, C clock) {
  sla::Client client{std::move(transport), std::move(source), {}, std::move(clock)};
  (void)client.call({}, {}, [](sla::Response const&) { return sla::ServiceError{}; });
}

template <class S>
void use(S source) {
  use_client(Transport{}, std::move(source), MinimalClock{});
}

template <class T, class C>
void use_role(T transport, C clock) {
  sla::RoleCaller caller{std::move(transport), std::move(clock), {}};
  use(sla::AssumeRoleCredentials{Source{}, std::move(caller), std::nullopt});
}

int main() {
  MinimalClock const clock;
  use_client(Unless<1, Transport>{}, Source{}, clock);
  use_client(Transport{}, Unless<2, Source>{}, clock);
  use_client(Transport{}, Source{}, Unless<3, MinimalClock>{});
  use(sla::FirstOf{Source{}, Unless<4, Source>{}});
  use(sla::Refreshing{Unless<5, Source>{}});
  use(sla::AssumeRoleCredentials{
      Unless<6, Source>{}, sla::RoleCaller{Transport{}, clock, sla::StsOptions{}}, std::nullopt});
  use_role(Unless<7, Transport>{}, clock);
  use(sla::ContainerCredentials{sla::Result<sla::ContainerAgent>({}), Unless<8, Transport>{}, clock,
                                sla::FileReader{}});
  use(sla::ImdsCredentials{sla::Imds{sla::Result<sla::Url>({}), Unless<9, Transport>{}, clock}});
  use_client(sla::SharedTransport{Unless<10, Transport>{}}, Source{}, clock);
  use_role(Transport{}, Unless<11, MinimalClock>{});
  use(sla::FirstOf{Source{}, sla::Refreshing{UnlessPinned<12, Source>{}}});
}
