// Where offsync-net is, and how this process becomes it.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "cli/command.h"
#include "cli/text/output.h"

namespace offsync::cli {
namespace {

std::string folder_of_this_program() {
  std::array<char, PATH_MAX> path{};
  const ssize_t n = ::readlink("/proc/self/exe", path.data(), path.size());
  if (n <= 0) return {};
  const std::string file(path.data(), static_cast<std::size_t>(n));
  return file.substr(0, file.rfind('/'));
}

}  // namespace

Result<std::string> net_program() {
  std::vector<std::string> folders;
  if (const char* set = process_environment("OFFSYNC_LIBEXEC"); set != nullptr && *set != 0) {
    folders.emplace_back(set);
  }
  if (std::string own = folder_of_this_program(); !own.empty()) {
    folders.push_back(own);
    folders.push_back(own + "/../" OFFSYNC_LIBEXEC_BELOW_PREFIX);
  }
  folders.emplace_back(OFFSYNC_LIBEXEC_DIR);
  std::string looked;
  for (const std::string& folder : folders) {
    std::string file = folder + "/offsync-net";
    if (::access(file.c_str(), X_OK) == 0) return file;
    looked += (looked.empty() ? "" : ", ") + file;
  }
  return make_error(Errc::config, "no_network_program",
                    fmt::format("the program offsync-net, which speaks to the proxy, is not there "
                                "(looked for {})",
                                looked),
                    "install offsync in full or set OFFSYNC_LIBEXEC");
}

int run_in_net(const Context& context) {
  auto file = net_program();
  if (!file) return report(file.error());
  ::execv(file->c_str(), context.argv);
  return report(make_error(Errc::config, "no_network_program",
                           fmt::format("cannot run {}: {}", *file, std::strerror(errno))));
}

}  // namespace offsync::cli
