// offsync state: prints entities; from the proxy if it answers, from the replica if not.
#include "state/state.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "base/glob.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/remote/proxy_state.h"
#include "cli/remote/remote.h"
#include "cli/text/age.h"
#include "cli/text/entity_printer.h"
#include "cli/text/event_text.h"
#include "cli/text/output.h"
#include "cli/text/pager.h"
#include "event/decoder.h"

namespace offsync::cli {
namespace {

constexpr CommandText kText = {
    "state", "Print entities", "[SUBJECT|GLOB] [OPTIONS]",
    "Asks the proxy first, and the replica where the proxy does not answer or there is none; "
    "stderr\n"
    "says which it was. What is still in the queue is on top in either case. Only living entities\n"
    "are printed, by subject; a SUBJECT that does not live is exit code 66, a GLOB without a "
    "match\n"
    "prints nothing.",
    "offsync state todo/1\n"
    "offsync state 'todo/*' --stamps\n"
    "offsync state --offline -o ndjson"};

// The entities of the queue alone, into which what the proxy answers is joined: what is rejected is
// rolled back, all else shows, as it does in the replica. A join may meet the same event twice, so
// it does not matter what of the queue the proxy has already.
Result<State> fold_queue(Replica& replica) {
  State state;
  Decoder decoder;
  Status failed;
  OFFSYNC_TRY(replica.for_each_pending([&](const PendingEvent& pending) {
    if (pending.state == PendingState::rejected) return true;
    const auto event = decoder.decode(pending.line);
    if (!event) failed = event.error();
    if (event) state.fold(**event);
    return failed.ok();
  }));
  OFFSYNC_TRY(std::move(failed));
  return state;
}

// Beside the replica, where there may be more room than in /tmp; not where nobody may write.
Result<std::string> spool_folder(const Settings& settings) {
  OFFSYNC_ASSIGN(const std::string file, replica_file(settings));
  const auto folder = std::filesystem::path(file).parent_path();
  return ::access(folder.c_str(), W_OK) == 0 ? folder.string() : std::string();
}

class StateCommand final : public Command {
 public:
  const char* name() const override { return kText.name; }

  void define(CLI::App& app, Flags& flags) override {
    Options command = add_command(app, kText, flags);
    command.word("SUBJECT", subject_, "An entity (todo/1), or a glob ('todo/*')");
    command.asking(offline_, require_proxy_);
    command.flag("--stamps", stamps_, "Who wrote each field, and when");
    command.flag("--fields", fields_, "Only which fields there are, and of what kind");
    command.remote(flags);
    command.tls(flags);
  }

  int run(Context& context, const Settings& settings) override {
    literal_ = glob_literal(subject_);
    if (const Status shape = check_asking(kText, offline_, require_proxy_); !shape) {
      return report(shape.error());
    }
    auto opened = open_known_replica(settings, context.clock, context.random);
    if (!opened) return report(opened.error());
    auto& [replica, info] = *opened;
    const std::string remote = remote_of(settings, info);
    const bool ask = !offline_ && (require_proxy_ || !remote.empty());
    const auto program = ask && !context.network ? net_program() : Result<std::string>("");
    if (ask && !context.network && (program || require_proxy_)) return run_in_net(context);
    const Pager pager(settings);
    Out out;
    EntityPrinter printer(settings, out, stamps_);
    if (one()) printer.show_whole();
    if (fields_) printer.only_fields();
    if (!ask) return finish(out, printer, from_replica(replica, printer));
    if (!program) {
      return finish(
          out, printer,
          fall_back(replica, info, settings, program.error(), context.clock.wall_ms(), printer));
    }
    return finish(out, printer, from_proxy(context, settings, remote, replica, info, printer));
  }

 private:
  bool one() const { return !subject_.empty() && literal_.has_value(); }
  bool wanted(std::string_view subject) const {
    return subject_.empty() || glob_match(subject_, subject);
  }

  static int finish(Out& out, EntityPrinter& printer, const Status& status) {
    if (status) printer.end();
    return cli::finish(out, status);
  }

  Status print_one(const std::optional<Entity>& entity, EntityPrinter& printer) const {
    if (entity && entity->lives() && !entity->empty()) {
      printer.print(*literal_, *entity);
      return {};
    }
    if (!entity || entity->empty()) {
      return make_error(Errc::no_input, "no_entity", fmt::format("there is no {}", *literal_),
                        "list what there is with: offsync state");
    }
    const Writer by = entity->deleted();
    return make_error(Errc::no_input, "entity_deleted",
                      fmt::format("{} was deleted by {} at {}", *literal_, by.source,
                                  time_text(by.stamp.ms(), ::isatty(2) == 1)));
  }

  // The bytes before the first special character narrow the range that must be read.
  std::string prefix() const { return subject_.substr(0, subject_.find_first_of("*?\\")); }

  Status from_replica(Replica& replica, EntityPrinter& printer) const {
    if (one()) {
      OFFSYNC_ASSIGN(const auto entity, replica.entity(*literal_));
      return print_one(entity, printer);
    }
    return replica.for_each_entity(prefix(), Replica::View::visible,
                                   [&](std::string_view subject, const Entity& entity) {
                                     return !wanted(subject) || printer.print(subject, entity);
                                   });
  }

  Status fall_back(Replica& replica, const ReplicaInfo& info, const Settings& settings,
                   const Error& why, std::int64_t now_ms, EntityPrinter& printer) const {
    say(settings, fmt::format("state from the replica, last synced {}: {}",
                              dated_text(info.last_sync_ms, now_ms, ::isatty(2) == 1), why.detail));
    return from_replica(replica, printer);
  }

  // What the proxy answers is collected before anything is printed, so that a cut connection
  // leaves no half answer.
  Status from_proxy(Context& context, const Settings& settings, const std::string& url,
                    Replica& replica, const ReplicaInfo& info, EntityPrinter& printer) const {
    OFFSYNC_ASSIGN(State queue, fold_queue(replica));
    OFFSYNC_ASSIGN(const std::string folder, spool_folder(settings));
    ProxyState answer(folder);
    const Status asked = ask(context, settings, url, info, queue, answer);
    if (!asked && (require_proxy_ || asked.error().kind != Errc::unreachable)) return asked.error();
    if (!asked)
      return fall_back(replica, info, settings, asked.error(), context.clock.wall_ms(), printer);
    say(settings, fmt::format("state from {}", printable_remote(url)));
    if (one()) {
      const Entity* entity = queue.find(*literal_);
      return print_one(entity == nullptr ? std::optional<Entity>() : copy(*entity), printer);
    }
    return answer.for_each(queue, [&](std::string_view subject, const Entity& entity) {
      return !wanted(subject) || printer.print(subject, entity);
    });
  }

  // One entity is put under what is in the queue; more go into `answer`.
  Status ask(Context& context, const Settings& settings, const std::string& url,
             const ReplicaInfo& info, State& queue, ProxyState& answer) const {
    OFFSYNC_ASSIGN(Remote remote,
                   Remote::open(context, settings, url, Remote::how(require_proxy_)));
    remote.must_be_of(info);  // the queue goes on top
    if (one()) {
      OFFSYNC_ASSIGN(const auto record, remote.entity(*literal_));
      if (record) queue.put(record->subject, record->entity);
      return {};
    }
    return answer.fetch(remote, [this](std::string_view subject) { return wanted(subject); });
  }

  static Entity copy(const Entity& entity) {
    Entity result;
    result.join(entity);
    return result;
  }

  std::string subject_;
  std::optional<std::string> literal_;  // what subject_ is where it is no glob
  bool offline_ = false;
  bool require_proxy_ = false;
  bool stamps_ = false;
  bool fields_ = false;
};

}  // namespace

std::unique_ptr<Command> make_state_command() {
  return std::make_unique<StateCommand>();
}

}  // namespace offsync::cli
