#include "bench/proxy_child.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include "bench/failure.h"

namespace offsync::bench {

ProxyChild::ProxyChild(const Setup& setup, const TempDir& dir)
    : ready_(dir / "ready"),
      child_({{setup.proxy, "--listen", "127.0.0.1:0", "--store", "sqlite:" + (dir / "proxy.db"),
               "--ready-file", ready_},
              dir.path()}) {
  for (int i = 0; i < 1000 && port().empty(); ++i) {
    child_.check_running();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  if (port().empty()) throw Failure("the proxy was not ready after 10 s");
}

std::string ProxyChild::port() const {
  if (!std::filesystem::exists(ready_)) return "";
  const std::string text = read_file(ready_);
  const std::size_t colon = text.rfind(':');
  if (text.empty() || text.back() != '\n' || colon == std::string::npos) return "";
  return text.substr(colon + 1, text.find_first_not_of("0123456789", colon + 1) - colon - 1);
}

}  // namespace offsync::bench
