#include "sim/people.h"

#include "base/rfc3339.h"

namespace offsync::sim {
namespace {

constexpr const char* kRegisters[] = {"title", "status", "mixed"};
constexpr const char* kValues[] = {"\"a\"", "\"b\"", "\"c\"", "1", "null", "[1,2]"};
constexpr const char* kElements[] = {"\"red\"", "\"green\"", "7"};

}  // namespace

People::People(World& world, Oracle& oracle, Fleet& fleet, Network& network,
               std::vector<std::unique_ptr<Machine>>& machines)
    : world_(world), oracle_(oracle), fleet_(fleet), network_(network), machines_(machines) {}

template <class What>
void People::some(std::string_view name, std::int64_t times, What what) {
  for (std::int64_t i = 0; i < times; ++i) {
    auto dice = std::make_shared<Dice>(world_.params.seed, fmt::format("{} {}", name, i));
    world_.at(dice->below(world_.params.duration_ms), [this, what, dice] {
      if (world_.faults) what(*dice);
    });
  }
}

void People::plan() {
  const Params& params = world_.params;
  some("deed", params.ops, [this](Dice& dice) { act(dice); });
  some("partition", params.partitions * params.clients, [this](Dice& dice) {
    const auto& machine = dice.pick(machines_);
    network_.part(machine->index(), world_.now() + dice.small(20'000));
    world_.count("partitions");
  });
  some("proxy crash", params.proxy_crashes, [this](Dice& dice) { crash_proxy(dice); });
  some("client crash", params.client_crashes * params.clients,
       [this](Dice& dice) { crash_client(dice); });
  some("disk error", params.disk_errors, [this](Dice& dice) { disk_error(dice); });
  some("full disk", params.disk_full, [this](Dice& dice) {
    Machine& machine = *dice.pick(machines_);
    machine.fill(true);
    world_.after(dice.below(10'000), [&machine] { machine.fill(false); });
  });
  some("jump", params.clock_jumps, [this](Dice& dice) { jump(dice); });
  some("compaction", params.compactions, [this](Dice& dice) {
    const std::string& space = fleet_.name_of(dice.below(fleet_.spaces()));
    const auto head = static_cast<std::int64_t>(oracle_.head(space));
    fleet_.any().compact(space, static_cast<std::uint64_t>(dice.between(0, head)));
  });
  some("wipe", params.wipes, [this](Dice& /*dice*/) { fleet_.wipe(); });
  some("backup", params.restores, [this](Dice& dice) {
    fleet_.back_up();
    world_.after(dice.below(20'000), [this] {
      if (world_.faults) fleet_.put_back(true);
    });
  });
  some("backup in epoch", params.restores_in_epoch, [this](Dice& dice) {
    fleet_.back_up();
    world_.after(dice.below(20'000), [this] {
      if (world_.faults) fleet_.put_back(false);
    });
  });
  some("recovery", 4 * (params.wipes + params.restores + params.restores_in_epoch),
       [this](Dice& dice) { dice.pick(machines_)->recover(dice); });
  some("stray", params.strays * params.clients, [this](Dice& dice) {
    dice.pick(machines_)->go_astray(fleet_.name_of(dice.below(fleet_.spaces())));
  });
}

void People::crash_proxy(Dice& dice) {
  const bool power = dice.chance(world_.params.power);
  if (dice.chance(200)) return fleet_.any().die(power);
  fleet_.any().die_at(dice.between(1, 40), power);
}

void People::crash_client(Dice& dice) {
  Machine& machine = *dice.pick(machines_);
  const bool power = dice.chance(world_.params.power);
  if (power && dice.chance(300)) return die_twice(machine);
  if (dice.chance(200)) return machine.die(power);
  machine.die_at(dice.between(1, 40), power);
}

// A process is killed between the write of a commit and its sync; then the power goes, when what it
// had written was pushed and before the answer is there. Nothing but a sync that makes up for the
// first one keeps the event.
void People::die_twice(Machine& machine) {
  machine.die_unsynced();
  world_.count("kills between write and sync planned");
  network_.once_pushed(machine.index(), [this, &machine] {
    if (world_.faults) machine.die(true);
  });
}

void People::disk_error(Dice& dice) {
  const bool full = dice.chance(400);
  const std::int64_t operation = dice.between(1, 20);
  world_.count("disk errors planned");
  // What the proxy has written and could not sync may be there all the same.
  if (dice.chance(300)) return fleet_.any().fail_next_sync();
  if (dice.chance(400)) return fleet_.any().fail_at(operation, full);
  dice.pick(machines_)->fail_at(operation, full);
}

void People::jump(Dice& dice) {
  const std::int64_t most = dice.chance(500) ? 100'000 : 20'000'000;
  const std::int64_t ms = dice.between(-most, most);
  world_.count("clock jumps");
  if (dice.chance(150)) return fleet_.any().jump(ms);
  dice.pick(machines_)->jump(ms);
}

void People::act(Dice& dice) {
  Machine& machine = *dice.pick(machines_);
  const std::int64_t what = dice.below(1000);
  const Params& params = world_.params;
  const std::int64_t imports = params.imports, forgeries = imports + params.forgeries;
  if (what < imports / 2) return produce(dice, machine.space());
  if (what < imports) return import_somewhere(dice, machine);
  if (what < forgeries) return forge(dice);
  if (!machine.up()) return;
  const std::int64_t deed = dice.below(100);
  if (deed < 6) return machine.resolve(dice);
  if (deed < 12) return machine.settle_rejected(dice);
  if (deed < 16) return machine.check_state();
  if (deed < 18) return machine.check_status();
  std::vector<EventDraft> drafts;
  const std::int64_t count = deed < 30 ? dice.between(2, 12) : 1;
  for (std::int64_t i = 0; i < count; ++i) drafts.push_back(draft(dice));
  machine.emit(drafts);
}

EventDraft People::draft(Dice& dice) const {
  EventDraft draft;
  draft.type = "todo.edited";
  draft.subject = fmt::format("todo/{}", dice.below(world_.params.subjects));
  const std::int64_t kind = dice.below(100);
  if (kind < 4) {
    draft.del = true;
    return draft;
  }
  draft.create = kind < 10;
  if (kind < 12) return draft;  // it writes nothing, or only creates
  write(dice, draft);
  if (kind < 30) write(dice, draft);
  return draft;
}

void People::write(Dice& dice, EventDraft& draft) const {
  const std::int64_t kind = dice.below(100);
  const std::string field = kRegisters[dice.below(3)];
  if (kind < 60) {
    draft.set[field] = kValues[dice.below(6)];
  } else if (kind < 68) {
    if (!draft.set.contains(field)) draft.unset = {field};
  } else if (kind < 84) {
    // Now and then a register of another author: it will be refused here or there.
    const bool wrong = dice.chance(150) && !draft.set.contains("mixed") && draft.unset.empty();
    draft.inc[wrong ? "mixed" : "count"] = std::to_string(dice.between(-3, 9));
  } else {
    auto& elements = kind < 93 ? draft.add["tags"] : draft.remove["tags"];
    if (draft.add.contains("tags") && draft.remove.contains("tags")) {
      draft.remove.erase("tags");
      return;
    }
    const std::int64_t which = dice.below(3);
    elements = {kElements[which]};
    if (kind % 2 == 0) elements.emplace_back(kElements[(which + 1) % 3]);
  }
}

// A CloudEvent of a producer that knows nothing of stamps, nor of the ids that others use, and
// whose clock is coarse: writes, counts and deletes of one source are in one millisecond.
std::string People::foreign_event(Dice& dice) {
  const std::int64_t number = dice.below(1000);
  const std::int64_t ms = fleet_.any().wall_ms() / 20'000 * 20'000 - dice.below(2);
  return fmt::format(
      R"({{"specversion":"1.0","id":"{}","source":"/sensor/{}","type":"sensor.read",)"
      R"("subject":"todo/{}","time":"{}","data":{}}})",
      number / 4, number % 4, dice.below(world_.params.subjects), format_rfc3339(ms),
      foreign_data(dice));
}

std::string People::foreign_data(Dice& dice) const {
  const std::int64_t kind = dice.below(100);
  const char* element = kElements[dice.below(3)];
  if (kind < 50) return fmt::format(R"({{"set":{{"status":{}}}}})", dice.below(5));
  if (kind < 70) return fmt::format(R"({{"inc":{{"count":{}}}}})", dice.between(1, 3));
  if (kind < 80) return fmt::format(R"({{"add":{{"tags":[{}]}}}})", element);
  if (kind < 85) return fmt::format(R"({{"remove":{{"tags":[{}]}}}})", element);
  if (kind < 90) return fmt::format(R"({{"create":true,"set":{{"status":{}}}}})", dice.below(5));
  if (kind < 95) return R"({"unset":["status"]})";
  return R"({"delete":true})";
}

void People::import_somewhere(Dice& dice, Machine& machine) {
  if (!machine.up()) return;
  if (foreign_.empty() || dice.chance(600)) foreign_.push_back(foreign_event(dice));
  machine.import(dice.pick(foreign_));
}

void People::produce(Dice& dice, const std::string& space) {
  if (dice.chance(300)) {  // one without time, or an earlier one again
    const std::int64_t number = dice.below(100);
    post(space,
         fmt::format(R"({{"specversion":"1.0","id":"{}","source":"/timeless/{}","type":"t.t",)"
                     R"("subject":"todo/{}","data":{{"set":{{"status":"{}"}}}}}})",
                     number / 2, number % 2, number % world_.params.subjects, number));
    return;
  }
  if (foreign_.empty() || dice.chance(600)) foreign_.push_back(foreign_event(dice));
  const std::string& line = dice.pick(foreign_);
  const std::string outcome = post(space, line);
  if (outcome.find("id_conflict") != std::string::npos &&
      !oracle_.find(space, oracle_.parse(line)->identity())) {
    world_.violated(3, "{} was refused as id_conflict, and the log has no other", line);
  }
}

// P3: an id of the log with other bytes is refused, and changes nothing.
void People::forge(Dice& dice) {
  const std::string& space = fleet_.name_of(dice.below(fleet_.spaces()));
  const auto& log = oracle_.log(space);
  if (log.empty() || !fleet_.up()) return;
  const EventPtr event = dice.pick(log);
  std::string line = event->content();
  const std::size_t at = line.find("\"type\":\"");
  if (event->is_conflict() || at == std::string::npos) return;
  // Its author may have yet to send what others have passed on: a rejection would take its number.
  if (oracle_.lost(event->identity())) return;
  line.insert(at + 8, "x");
  const std::uint64_t head = log.size();
  const std::string outcome = post(space, line);
  if (outcome.find(R"("duplicate")") != std::string::npos) {
    world_.violated(3, "other bytes with the id {} were taken for the same event", event->id);
  }
  if (oracle_.head(space) > head && oracle_.log(space)[head]->identity() == event->identity()) {
    world_.violated(3, "an event with the id {} and other bytes was taken", event->id);
  }
  world_.count("forgeries");
}

// By plain HTTP, from the proxy's own machine.
std::string People::post(const std::string& space, const std::string& line) {
  if (!fleet_.up()) return {};
  HttpRequest request;
  request.method = "POST";
  request.target = "/v1/spaces/" + space + "/events";
  request.headers = {{"Content-Type", "application/cloudevents+json"}};
  request.body = line;
  const auto answer = fleet_.handle(request);
  world_.trace("posted {}: {}", line.size(), answer ? answer->status : 0);
  world_.count("events posted");
  return answer ? answer->body : "";
}

}  // namespace offsync::sim
