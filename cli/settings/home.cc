#include "cli/settings/home.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/xdg.h"

namespace offsync::cli {
namespace {

// What we may not look at is taken to be there: opening it says what is wrong.
bool exists(const std::string& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 || errno == EACCES;
}

std::string value(Environment env, const char* name) {
  const char* text = env(name);
  return text == nullptr ? "" : text;
}

// The absolute path of `folder` without links; empty if it is not there.
std::string real_path(const std::string& folder) {
  const std::unique_ptr<char, decltype(&std::free)> path(::realpath(folder.c_str(), nullptr),
                                                         &std::free);
  return path ? path.get() : "";
}

// `.offsync` with a replica in `folder` or above; empty if there is none.
std::string find_upwards(std::string folder) {
  while (!folder.empty()) {
    std::string candidate = folder == "/" ? "/.offsync" : folder + "/.offsync";
    if (exists(database_of(candidate))) return candidate;
    if (folder == "/") break;
    folder.resize(folder.rfind('/'));
    if (folder.empty()) folder = "/";
  }
  return {};
}

}  // namespace

std::string database_of(const std::string& home) {
  return home + "/replica.db";
}

std::string user_home(Environment env) {
  const std::string base = xdg_folder(env("XDG_DATA_HOME"), env("HOME"), "/.local/share");
  return base.empty() ? "" : base + "/offsync";
}

std::string user_settings_file(Environment env) {
  const std::string base = xdg_folder(env("XDG_CONFIG_HOME"), env("HOME"), "/.config");
  return base.empty() ? "" : base + "/offsync/config.toml";
}

Home find_home(const Flags& flags, Environment env) {
  if (flags.dir) {
    const std::string& dir = *flags.dir;
    if (exists(database_of(dir))) return {dir, ""};
    std::string found = find_upwards(real_path(dir));
    return {std::move(found), fmt::format("in {} or above it", dir)};
  }
  if (std::string home = value(env, "OFFSYNC_HOME"); !home.empty()) {
    const bool there = exists(database_of(home));
    return {there ? home : "", fmt::format("in {} ($OFFSYNC_HOME)", home)};
  }
  const std::string here = real_path(".");
  if (std::string found = find_upwards(here); !found.empty()) return {found, ""};
  const std::string this_folder =
      here.empty() ? fmt::format("in this folder ({}) or above it", std::strerror(errno))
                   : "in this folder or above it";
  std::string user = user_home(env);
  const bool there = !user.empty() && exists(database_of(user));
  return {there ? user : "",
          user.empty() ? this_folder : fmt::format("{}, or in {}", this_folder, user)};
}

std::string home_to_create(const Flags& flags, Environment env, bool user) {
  if (user) return user_home(env);
  if (flags.dir) return *flags.dir + "/.offsync";
  if (std::string home = value(env, "OFFSYNC_HOME"); !home.empty()) return home;
  return ".offsync";
}

}  // namespace offsync::cli
