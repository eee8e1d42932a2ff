#include "cli/command.h"

namespace offsync::cli {

std::unique_ptr<Command> make_init_command();
std::unique_ptr<Command> make_emit_command();
std::unique_ptr<Command> make_sync_command();
std::unique_ptr<Command> make_watch_command();
std::unique_ptr<Command> make_replay_command();
std::unique_ptr<Command> make_log_command();
std::unique_ptr<Command> make_state_command();
std::unique_ptr<Command> make_queue_command();
std::unique_ptr<Command> make_recover_command();
std::unique_ptr<Command> make_conflicts_command();
std::unique_ptr<Command> make_resolve_command();
std::unique_ptr<Command> make_status_command();
std::unique_ptr<Command> make_remote_command();
std::unique_ptr<Command> make_doctor_command();
std::unique_ptr<Command> make_repair_command();

std::vector<std::unique_ptr<Command>> all_commands() {
  std::vector<std::unique_ptr<Command>> commands;
  for (auto* make :
       {make_init_command, make_emit_command, make_sync_command, make_watch_command,
        make_replay_command, make_log_command, make_state_command, make_queue_command,
        make_recover_command, make_conflicts_command, make_resolve_command, make_status_command,
        make_remote_command, make_doctor_command, make_repair_command}) {
    commands.push_back(make());
  }
  return commands;
}

}  // namespace offsync::cli
