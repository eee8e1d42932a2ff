#include "proxy/ops/distinct_files.h"

#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sqlite/db.h"

namespace offsync::proxy {
namespace {

namespace fs = std::filesystem;

struct Named {
  std::string setting, path;
  bool of_store = false;
  bool of_tls = false;  // only read
};

bool are_one(const std::string& left, const std::string& right) {
  const auto a = sqlite::file_id(left);
  const auto b = sqlite::file_id(right);
  std::error_code error;
  // A device (/dev/null) may be named twice: there is nothing in it to lose.
  if (a || b) return a == b && !fs::is_character_file(left, error);
  const fs::path x = sqlite::behind_links(left);
  const fs::path y = sqlite::behind_links(right);
  if (x.filename() != y.filename()) return false;
  const auto folder = sqlite::file_id(x.parent_path().string());
  return folder ? folder == sqlite::file_id(y.parent_path().string())
                : x.lexically_normal() == y.lexically_normal();
}

std::vector<Named> files_of(const Config& config) {
  std::vector<Named> files{{"the store", config.store_file, true}};
  const std::string real = sqlite::behind_links(config.store_file);
  for (const char* end : {"-wal", "-shm", "-journal", ".lock"}) {
    files.push_back({fmt::format("the store's {}", end), real + end, true});
  }
  for (const auto& [setting, path] :
       {std::pair{"config", &config.config_file}, std::pair{"pidfile", &config.pidfile},
        std::pair{"ready_file", &config.ready_file}, std::pair{"log_file", &config.log_file}}) {
    if (!path->empty()) files.push_back({setting, *path});
  }
  for (const auto& [setting, path] :
       {std::pair{"tls_cert", &config.tls.cert}, std::pair{"tls_key", &config.tls.key},
        std::pair{"tls_client_ca", &config.tls.client_ca}}) {
    if (!path->empty()) files.push_back({.setting = setting, .path = *path, .of_tls = true});
  }
  return files;
}

}  // namespace

Status must_be_distinct(const Config& config) {
  const std::vector<Named> files = files_of(config);
  for (std::size_t later = 1; later < files.size(); ++later) {
    for (std::size_t i = 0; i < later; ++i) {
      const auto& [what, path, of_store, of_tls] = files[i];
      // A certificate and its key may be in one file.
      if ((of_store && files[later].of_store) || (of_tls && files[later].of_tls)) continue;
      if (!are_one(path, files[later].path)) continue;
      return make_error(Errc::config, "same_file",
                        fmt::format("{} = \"{}\" is the same file as {} ({})", files[later].setting,
                                    files[later].path, what, path),
                        "give each a file of its own; nothing was written");
    }
  }
  return {};
}

}  // namespace offsync::proxy
