// offsync-net: offsync with a network. `offsync` executes it for the commands that need the proxy.
#include <memory>
#include <utility>

#include "cli/command.h"
#include "cli/net/curl_transport.h"

namespace {

using namespace offsync;

Result<std::unique_ptr<Transport>> connect(const std::string& origin,
                                           const cli::Settings& settings) {
  cli::CurlOptions options;
  options.connect_timeout_ms = settings.connect_timeout_ms;
  options.ca_file = settings.ca_file;
  options.cert_file = settings.cert_file;
  options.key_file = settings.key_file;
  options.user_agent = "offsync";
  OFFSYNC_ASSIGN(std::unique_ptr<Transport> transport,
                 cli::CurlTransport::create(origin, std::move(options)));
  return transport;
}

}  // namespace

int main(int argc, char** argv) {
  SystemClock clock;
  SystemRandom random;
  cli::Context context{clock, random, connect, argc, argv};
  return cli::run_program(context);
}
