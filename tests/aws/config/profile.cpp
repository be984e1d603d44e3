// SPDX-License-Identifier: MIT
#include "sla/aws/config/profile.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "../../support/temporary_folder.hpp"
#include "sla/aws/config/endpoint_settings.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

Profiles parse(std::string_view config, std::string_view credentials = {}) {
  auto profiles = Profiles::parse({config, credentials});
  REQUIRE(profiles);
  return *profiles;
}

/// `key=value key=value`, or what is wrong.
std::string properties(Profiles const& profiles, std::string_view name) {
  auto const profile = profiles.find(name);
  if (!profile) return profile.error().message;
  std::string out;
  for (auto const& [key, value] : profile->properties) {
    out += (out.empty() ? "" : " ") + key + "=" + value;
  }
  return out;
}

/// A folder that stands for the root, with an empty .aws in it.
struct Root {
  Root() { REQUIRE(::mkdir((folder / ".aws").c_str(), 0700) == 0); }

  void write(std::string const& name, std::string const& text) const {
    write_file(folder / name, text);
  }
  [[nodiscard]] FileReader reader() const { return FileReader(folder.path()); }

  TemporaryFolder folder{};
};

}  // namespace

TEST_CASE("a profile has a prefix in the config file and none in the credentials file") {
  Profiles const profiles =
      parse("[profile a]\nx = 1\n[b]\nx = 2\n[profilec]\nx = 3", "[d]\nx = 4\n[profile e]\nx = 5");
  CHECK(profiles.names() == std::vector<std::string>{"a", "d"});
}

TEST_CASE("sections of other kinds are no profiles") {
  CHECK(parse("[sso-session a]\nx = 1\n[services b]\n[profile c]").names() ==
        std::vector<std::string>{"c"});
}

TEST_CASE("the properties of both files are merged and the credentials file wins") {
  Profiles const profiles =
      parse("[profile a]\nx = 1\ny = 2\n[profile a]\nz = 3", "[a]\ny = 4\nw = 5");
  CHECK(properties(profiles, "a") == "w=5 x=1 y=4 z=3");
}

TEST_CASE("the default profile with the prefix replaces the one without it in either order") {
  CHECK(properties(parse("[profile default]\nx = 1\n[default]\ny = 2"), "default") == "x=1");
  CHECK(properties(parse("[default]\ny = 2\n[profile default]\nx = 1"), "default") == "x=1");
  CHECK(properties(parse("[default]\ny = 2", "[default]\nz = 3"), "default") == "y=2 z=3");
}

TEST_CASE("the name of a profile minds its case") {
  CHECK(properties(parse("[profile Dev]\nx = 1"), "dev") == "there is no profile 'dev'");
}

TEST_CASE("a file that does not parse is an error with the file and the line") {
  CHECK(Profiles::parse({"[a", ""}).error().message ==
        "the config file: line 1: the ] that ends the name of the section is missing");
  CHECK(Profiles::parse({"", "[a]\nsecret"}).error().message ==
        "the credentials file: line 2: there is no = after the name");
}

TEST_CASE("a flag goes before AWS_PROFILE, and without both it is the default profile") {
  Environment environment;
  CHECK(choose_profile(environment).name == "default");
  CHECK(choose_profile(environment).by == ProfileChoice::By::nobody);
  environment.set("AWS_PROFILE", "dev");
  CHECK(choose_profile(environment).name == "dev");
  CHECK(choose_profile(environment, "flag").name == "flag");
  CHECK(choose_profile(environment, "flag").by == ProfileChoice::By::user);
}

TEST_CASE("AWS_DEFAULT_PROFILE names the profile too, before AWS_PROFILE") {
  Environment environment;
  environment.set("AWS_DEFAULT_PROFILE", "prod");
  CHECK(choose_profile(environment).name == "prod");
  CHECK(choose_profile(environment).variable == "AWS_DEFAULT_PROFILE");
  environment.set("AWS_PROFILE", "dev");
  CHECK(choose_profile(environment).name == "prod");
  environment.set("AWS_DEFAULT_PROFILE", " ");
  CHECK(choose_profile(environment).name == "dev");
  CHECK(choose_profile(environment).variable == "AWS_PROFILE");
}

TEST_CASE("a profile whose name has a blank is found as the AWS CLI writes it") {
  auto const profiles = Profiles::parse(
      {.config = "[profile 'my team']\nregion = eu-west-1\n[profile in valid]\nx = 1",
       .credentials = "[my team]\naws_access_key_id = AKIA\n[in valid]\ny = 1"});
  REQUIRE(profiles);
  CHECK(profiles->names() == std::vector<std::string>{"my team"});
  auto const team = profiles->find("my team");
  REQUIRE(team);
  CHECK(team->get("region") == "eu-west-1");
  CHECK(team->get("aws_access_key_id") == "AKIA");
  CHECK_FALSE(profiles->find("in valid")->get("x"));
}

TEST_CASE("a profile that somebody asked for must be there") {
  Profiles const profiles = parse("[profile a]");
  CHECK(profiles.find(ProfileChoice{}).value().properties.empty());
  auto const missing = profiles.find(ProfileChoice{"b", ProfileChoice::By::user});
  REQUIRE_FALSE(missing);
  CHECK(missing.error() == Error{Errc::invalid, "there is no profile 'b'"});
}

TEST_CASE("the settings of endpoints are read from a profile and its section of services") {
  Profiles const profiles = parse(
      "[profile a]\nservices = mine\nendpoint_url = http://all\nuse_dualstack_endpoint = true\n"
      "s3 =\n  addressing_style = path\n"
      "[services mine]\nsns =\n  endpoint_url = http://sns.local:1\n");
  auto const profile = profiles.find("a");
  REQUIRE(profile);
  auto const nothing = [](std::string_view) { return std::optional<std::string_view>{}; };
  auto const settings = read_endpoint_settings(nothing, *profile);
  REQUIRE(settings);
  CHECK(to_string(*settings->in("", Service::sns).custom) == "http://sns.local:1/");
  CHECK(to_string(*settings->in("", Service::ssm).custom) == "http://all/");
  CHECK(settings->addressing == Addressing::path);
  CHECK(settings->dual_stack == DualStack::on);
}

TEST_CASE("a section of services that a profile names must be there") {
  auto const profile = parse("[profile a]\nservices = mine").find("a");
  REQUIRE_FALSE(profile);
  CHECK(profile.error() ==
        Error{Errc::invalid, "profile 'a': there is no section [services mine]"});
}

TEST_CASE("a tilde is the home of the user, alone or before a slash") {
  Environment environment;
  CHECK(Profiles::expand_home("~/x", environment) == "~/x");
  environment.set("HOME", "/home/me");
  CHECK(Profiles::expand_home("~/x", environment) == "/home/me/x");
  CHECK(Profiles::expand_home("~", environment) == "/home/me");
  CHECK(Profiles::expand_home("~other/x", environment) == "~other/x");
  CHECK(Profiles::expand_home("/x/~/y", environment) == "/x/~/y");
}

TEST_CASE("the files are looked for at home, or where the environment says") {
  Root root;
  root.write(".aws/config", "[profile a]\nx = 1\n");
  root.write(".aws/credentials", "[a]\ny = 2\n");
  root.write("other", "[profile b]\nx = 3\n");
  Environment environment;
  environment.set("HOME", "/");
  CHECK(properties(Profiles::load(environment, root.reader()).value(), "a") == "x=1 y=2");
  environment.set("AWS_CONFIG_FILE", "~/other");
  environment.set("AWS_SHARED_CREDENTIALS_FILE", "/nowhere");
  CHECK(Profiles::load(environment, root.reader()).value().names() ==
        std::vector<std::string>{"b"});
}

TEST_CASE("files that are not there have no profiles") {
  Root root;
  Environment environment;
  CHECK(Profiles::load(environment, root.reader()).value().empty());
  environment.set("HOME", "/nobody");
  Profiles const profiles = Profiles::load(environment, root.reader()).value();
  CHECK(profiles.empty());
  CHECK(profiles.notes().empty());
}

TEST_CASE("a file that cannot be read is named where its profile is missed") {
  Root root;
  root.write(".aws/config", "[profile a]\nx = \xff\n");
  Environment environment;
  environment.set("HOME", "/");
  environment.set("AWS_SHARED_CREDENTIALS_FILE", "/.aws");
  Profiles const profiles = Profiles::load(environment, root.reader()).value();
  CHECK(properties(profiles, "a") ==
        "there is no profile 'a' (not read: //.aws/config: not UTF-8; /.aws: Is a directory)");
}

TEST_CASE("a file on disk that does not parse is named with its line") {
  Root root;
  root.write(".aws/config", "[profile a]\nrubbish\n");
  Environment environment;
  environment.set("HOME", "/");
  auto const profiles = Profiles::load(environment, root.reader());
  REQUIRE_FALSE(profiles);
  CHECK(profiles.error() ==
        Error{Errc::invalid, "//.aws/config: line 2: there is no = after the name"});
}
