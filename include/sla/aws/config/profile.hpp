// SPDX-License-Identifier: MIT
#pragma once
// The profiles of ~/.aws/config and ~/.aws/credentials as one set, and the settings of one of them.
// Where both files have a property, that of the credentials file counts. A file that is not there
// has no profiles; one that does not parse is an error. What a profile means for credentials is
// read in aws/credential/profile_plan.hpp.
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
#include <cerrno>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/config/file_reader.hpp"
#include "sla/aws/config/ini.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// What one profile says. `profile(key)` gives the value of `region`, `s3.addressing_style` and so
/// on, or of `sns.endpoint_url` in its section of services: what aws/config/endpoint_settings.hpp
/// asks.
struct Profile {
  std::string name{};
  IniProperties properties{};
  IniProperties services{};  ///< of the section that its `services` names

  /// Returns the value, where the property is there and not empty.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view key) const {
    return find(properties, key);
  }
  [[nodiscard]] std::optional<std::string_view> operator()(std::string_view key) const {
    bool const of_service = key.ends_with(".endpoint_url");
    return find(of_service ? services : properties, key);
  }

 private:
  static std::optional<std::string_view> find(IniProperties const& properties,
                                              std::string_view key) {
    auto const found = properties.find(key);
    if (found == properties.end() || found->second.empty()) return std::nullopt;
    return std::string_view(found->second);
  }
};

/// The name of the profile to use, and whether somebody asked for it.
struct ProfileChoice {
  enum class By { user, nobody };

  std::string name = "default";
  By by = By::nobody;
  std::string_view variable{};  ///< that named it; empty for a flag or nobody
};

/// Returns the profile that a flag names, or else AWS_DEFAULT_PROFILE, AWS_PROFILE, or else
/// `default`: the order of the AWS CLI and boto3; the other SDKs know only the second variable.
[[nodiscard]] inline ProfileChoice choose_profile(Environment const& environment,
                                                  std::string_view flag = {}) {
  if (!trim(flag).empty()) return {std::string(trim(flag)), ProfileChoice::By::user};
  for (std::string_view const variable : {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"}) {
    std::string_view const name = trim(environment.get(variable).value_or(""));
    if (!name.empty()) return {std::string(name), ProfileChoice::By::user, variable};
  }
  return {};
}

/// The texts of the two files.
struct ProfileTexts {
  std::string_view config{};
  std::string_view credentials{};
};

/// All profiles of the two files.
class Profiles {
 public:
  /// Reads and merges the texts. The error names the line, and which of the two it is in.
  [[nodiscard]] static Result<Profiles> parse(ProfileTexts texts) {
    Profiles all;
    if (auto done = all.read_config(texts.config); !done) {
      return done.error().within("the config file");
    }
    if (auto done = all.read_credentials(texts.credentials); !done) {
      return done.error().within("the credentials file");
    }
    return all;
  }

  /// Reads AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, or else ~/.aws/config and
  /// ~/.aws/credentials. The error names the file and the line.
  [[nodiscard]] static Result<Profiles> load(Environment const& environment,
                                             FileReader const& files) {
    Profiles all;
    for (bool const config : {true, false}) {
      std::string const path =
          config ? path_of(environment, "AWS_CONFIG_FILE", "~/.aws/config")
                 : path_of(environment, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
      auto const text = all.read_text(path, files);
      if (!text) return text.error();
      auto const done = config ? all.read_config(*text) : all.read_credentials(*text);
      if (!done) return done.error().within(path);
    }
    return all;
  }

  /// Returns a path of the user's: `~` alone or before a slash is HOME; that of nobody else is
  /// known.
  [[nodiscard]] static std::string expand_home(std::string_view path,
                                               Environment const& environment) {
    auto const home = environment.get("HOME");
    bool const relative = path == "~" || path.starts_with("~/");
    if (!relative || !home) return std::string(path);
    return std::string(*home).append(path.substr(1));
  }

  [[nodiscard]] bool empty() const noexcept { return profiles_.empty(); }
  /// Returns the names of all profiles, sorted; without those of the credentials file that only the
  /// AWS CLI and boto3 take for names, such as one with a blank.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (auto const& [name, properties] : profiles_) all.push_back(name);
    return all;
  }
  /// Why a file was passed over although it is there, for the message of an error; may be empty.
  [[nodiscard]] std::vector<std::string> const& notes() const noexcept { return notes_; }

  /// Returns the profile of that name. Errc::not_configured if there is none, Errc::invalid
  /// if it names a section of services that does not exist.
  [[nodiscard]] Result<Profile> find(std::string_view name) const {
    auto const found = profiles_.find(name);
    auto const free = free_names_.find(name);
    if (found == profiles_.end() && free == free_names_.end()) return missing(name);
    Profile profile{std::string(name), {}, {}};
    if (found != profiles_.end()) profile.properties = found->second;
    if (free != free_names_.end()) merge(profile.properties, IniProperties(free->second));
    auto const services = profile.get("services");
    if (!services) return profile;
    auto const section = services_.find(*services);
    if (section == services_.end()) {
      return Error{Errc::invalid, "profile '" + profile.name + "': there is no section [services " +
                                      std::string(*services) + "]"};
    }
    profile.services = section->second;
    return profile;
  }

  /// Returns the chosen profile: an empty one if nobody asked for it and there is none,
  /// Errc::invalid if somebody did.
  [[nodiscard]] Result<Profile> find(ProfileChoice const& choice) const {
    auto profile = find(choice.name);
    if (profile || profile.error().code != Errc::not_configured) return profile;
    if (choice.by == ProfileChoice::By::nobody) return Profile{choice.name, {}, {}};
    Error error = std::move(profile).error();
    error.code = Errc::invalid;
    return error;
  }

 private:
  using Sections = std::map<std::string, IniProperties, std::less<>>;

  static std::string path_of(Environment const& environment, std::string_view variable,
                             std::string_view usual) {
    return expand_home(environment.get(variable).value_or(usual), environment);
  }

  /// Returns the text of a file; empty if it is not there or cannot be read, which a note then
  /// says.
  Result<std::string> read_text(std::string const& path, FileReader const& files) {
    auto text = files.read(path);
    if (text && is_utf8(*text)) return text;
    if (text) return pass_over(path + ": not UTF-8");
    if (text.error().code != Errc::system) return text;
    bool const there =
        text.error().system_number() != ENOENT && text.error().system_number() != ENOTDIR;
    return there ? pass_over(text.error().message) : std::string{};
  }
  std::string pass_over(std::string note) {
    notes_.push_back(std::move(note));
    return {};
  }

  static void merge(IniProperties& into, IniProperties&& from) {
    for (auto& [key, value] : from) into.insert_or_assign(key, std::move(value));
  }

  Result<void> read_config(std::string_view text) {
    auto sections = parse_ini(text);
    if (!sections) return sections.error();
    bool prefixed_default = false;
    for (IniSection const& section : *sections) {
      if (section.kind == "profile" && section.name == "default") prefixed_default = true;
    }
    for (IniSection& section : *sections) {
      if (section.kind == "services") merge(services_[section.name], std::move(section.properties));
      bool const plain_default = section.kind.empty() && section.name == "default";
      if (section.kind == "profile" || (plain_default && !prefixed_default)) {
        merge(profiles_[section.name], std::move(section.properties));
      }
    }
    return {};
  }
  Result<void> read_credentials(std::string_view text) {
    auto sections = parse_ini(text, IniTitles::names);
    if (!sections) return sections.error();
    for (IniSection& section : *sections) {
      Sections& known = detail::is_ini_name(section.name) ? profiles_ : free_names_;
      merge(known[section.name], std::move(section.properties));
    }
    return {};
  }

  [[nodiscard]] Error missing(std::string_view name) const {
    Error error{Errc::not_configured, "there is no profile '" + std::string(name) + "'"};
    if (notes_.empty()) return error;
    error.message += " (not read:";
    for (std::string const& note : notes_) error.message.append(" ").append(note).append(";");
    error.message.pop_back();
    error.message += ')';
    return error;
  }

  Sections profiles_;
  Sections free_names_;  ///< of the credentials file, with other characters than the SDKs allow
  Sections services_;
  std::vector<std::string> notes_;
};

}  // namespace sla::inline v1::aws
