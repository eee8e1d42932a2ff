// A subcommand of offsync: one file each. Both programs have the whole tree of commands, so that
// help and completion are the same; only offsync-net has a network.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ports.h"
#include "base/result.h"
#include "cli/settings/settings.h"
#include "wire/transport.h"

namespace CLI {
class App;
}

namespace offsync::cli {

// What a command gets to work with. Lives as long as the process.
struct Context {
  Clock& clock;
  Random& random;
  // Makes the transport to a remote's origin ("http://127.0.0.1:8080"); empty in `offsync`, where a
  // command that needs it executes offsync-net instead (see run_in_net()).
  std::function<Result<std::unique_ptr<Transport>>(const std::string& origin, const Settings&)>
      network;
  int argc = 0;
  char** argv = nullptr;
};

class Command {
 public:
  virtual ~Command() = default;
  // Adds the subcommand, with its options, help and example, to `app`: see cli/options.h. What the
  // options are bound to are members of the command, and `flags` for the common ones.
  virtual void define(CLI::App& app, Flags& flags) = 0;
  // Runs it after parsing; returns the process's exit code (design §9). `settings` are resolved.
  // Errors are told by report() (cli/text/output.h), which gives the exit code.
  virtual int run(Context& context, const Settings& settings) = 0;
  virtual const char* name() const = 0;
};

// All commands, in the order of the help. Each file has its factory: std::unique_ptr<Command>
// make_emit_command(); and so on.
std::vector<std::unique_ptr<Command>> all_commands();

// Opens the replica of `settings.home`; says where that goes on under another source. Errors: those
// of replica_file() and Replica::open.
Result<Replica> open_replica(const Settings& settings, Clock& clock, Random& random);
// The same with what it says of itself.
struct KnownReplica {
  Replica replica;
  ReplicaInfo info;
};
Result<KnownReplica> open_known_replica(const Settings& settings, Clock& clock, Random& random);

// The program offsync-net, or (none found) an error that says where it was looked for.
Result<std::string> net_program();
// Replaces this process by offsync-net with the same arguments; returns only on failure, with the
// exit code (78) and its message told.
int run_in_net(const Context& context);

// main() of both programs.
int run_program(Context& context);

}  // namespace offsync::cli
