// offsync resolve: decides a conflict by an event that cites it.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/emit_batch.h"
#include "cli/options.h"
#include "cli/output.h"
#include "event/value.h"

namespace offsync::cli {
namespace {

constexpr CommandText kText = {
    "resolve", "Decide a conflict", "ID --ours|--theirs|--value JSON [OPTIONS]",
    "Queues an event that sets the field and cites the conflict, which is thereby closed; the "
    "next\n"
    "sync sends it. Ours is what this replica wrote. ID may be shortened to its beginning.",
    "offsync resolve 8f21 --ours\n"
    "offsync resolve 8f21 --value '\"Buy oat milk\"'"};

class Resolve final : public Command {
 public:
  const char* name() const override { return kText.name; }

  void define(CLI::App& app, Flags& flags) override {
    CLI::App* command = add_command(app, kText, flags);
    command->add_option("ID", id_, "The conflict's id")->group("");
    command->add_flag("--ours", ours_, "Take the value that this replica wrote");
    command->add_flag("--theirs", theirs_, "Take the other value");
    command
        ->add_option_function<std::string>(
            "--value", [this](const std::string& text) { value_ = text; }, "Take this value")
        ->type_name("JSON");
  }

  int run(Context& context, const Settings& settings) override {
    if (const Status shape = check_shape(); !shape) return report(shape.error());
    auto replica = open_replica(settings, context.clock, context.random);
    if (!replica) return report(replica.error());
    auto emitted = resolve(*replica);
    return emitted ? print_emitted(settings, *emitted, false) : report(emitted.error());
  }

 private:
  Status check_shape() const {
    const int given = (ours_ ? 1 : 0) + (theirs_ ? 1 : 0) + (value_ ? 1 : 0);
    if (!id_.empty() && given == 1) return {};
    return make_error(Errc::usage, "bad_argument",
                      id_.empty() ? "resolve needs the ID of a conflict"
                                  : "resolve needs one of --ours, --theirs and --value",
                      "see: offsync resolve --help");
  }

  Result<std::string> json_of_value() const {
    auto json = canonical_json(*value_);
    if (json) return json;
    return bad_data("malformed", fmt::format("--value: {}", json.error().detail),
                    "text is written in quotes: --value '\"Buy milk\"'");
  }

  Result<Emitted> resolve(Replica& replica) const {
    OFFSYNC_ASSIGN(const auto record, replica.conflict(id_));
    if (!record.resolved_by.empty()) {
      return make_error(Errc::usage, "already_resolved",
                        fmt::format("conflict {} is resolved already, by event {}",
                                    record.conflict.id, record.resolved_by),
                        "change the field with: offsync emit");
    }
    if (value_) {
      OFFSYNC_ASSIGN(const std::string json, json_of_value());
      return replica.resolve(record, json);
    }
    OFFSYNC_ASSIGN(const auto info, replica.info());
    const Conflict& conflict = record.conflict;
    const bool current = is_ours(conflict.current, info);
    if (current == is_ours(conflict.incoming, info)) {
      return make_error(Errc::usage, "not_ours",
                        fmt::format("{} side of the conflict {} was written by this replica ({})",
                                    current ? "each" : "neither", conflict.id, info.source),
                        "say which value is to be taken with --value");
    }
    const Side& side = current == ours_ ? conflict.current : conflict.incoming;
    if (side.omitted) {
      return make_error(Errc::usage, "value_omitted",
                        fmt::format("the value is too long for the record of the conflict {}; it "
                                    "is in the event {}",
                                    conflict.id, side.id),
                        "say which value is to be taken with --value");
    }
    return replica.resolve(record, side.value);
  }

  // A replica keeps its source where its node is made afresh.
  static bool is_ours(const Side& side, const ReplicaInfo& info) {
    const auto stamp = Stamp::parse(side.stamp);
    return (stamp && stamp->node == info.node) || side.source == info.source;
  }

  std::string id_;
  bool ours_ = false;
  bool theirs_ = false;
  std::optional<std::string> value_;
};

}  // namespace

std::unique_ptr<Command> make_resolve_command() {
  return std::make_unique<Resolve>();
}

}  // namespace offsync::cli
