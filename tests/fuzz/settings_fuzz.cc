// Settings files of both programs: whatever stands in them, they are read or refused with the
// file's name and line.
#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>

#include "cli/settings/settings_file.h"
#include "event/value.h"
#include "fuzz/check.h"
#include "proxy/ops/settings.h"
#include "support/temp_dir.h"

namespace offsync::fuzz {
namespace {

class SettingsFile {
 public:
  SettingsFile() : name_(dir_.file("settings.toml")) {}
  const std::string& name() const { return name_; }
  void put(std::string_view text) const {
    const int fd = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const bool written =
        fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (fd >= 0) ::close(fd);
    if (!written) throw std::runtime_error("cannot write " + name_);
  }

 private:
  test::TempDir dir_;
  std::string name_;
};

void check_refusal(const Error& error, std::string_view code, const std::string& file) {
  require(error.kind == Errc::config && error.code == code, "a refusal is a config error",
          error.code);
  require(error.detail.find(file) != error.detail.npos, "a refusal names the file", error.detail);
}

void check_command_line(const std::string& file) {
  const auto settings = cli::read_settings_file(file);
  if (!settings) {
    check_refusal(settings.error(), "bad_settings", file);
    return;
  }
  require(settings->has_value() && (*settings)->file == file, "a file that is there is read");
  const auto timeout = (*settings)->connect_timeout;
  require(!timeout || *timeout > 0, "a timeout is above 0");
}

void check_proxy(const std::string& file) {
  proxy::SettingValues values;
  const Status read = proxy::read_settings_file(file, values);
  if (!read) {
    check_refusal(read.error(), "bad_config", file);
    return;
  }
  for (const auto& [key, value] : values) {
    require(value.origin.find(file) != value.origin.npos, "a value says where it is from", key);
  }
  const auto config = proxy::apply_settings(values);
  if (!config) {
    check_refusal(config.error(), "bad_setting", file);
    return;
  }
  require(config->server.threads >= 1 && config->server.threads <= 1024, "threads are bounded");
  require(config->server.hub.heartbeat_ms > 0, "a heartbeat is above 0");
}

void run(std::string_view input) {
  static const SettingsFile file;
  file.put(input);
  check_command_line(file.name());
  check_proxy(file.name());
}

FUZZ_TARGET(settings, run);

}  // namespace
}  // namespace offsync::fuzz
