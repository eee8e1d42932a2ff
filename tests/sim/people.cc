#include "sim/people.h"

#include "base/rfc3339.h"

namespace offsync::sim {
namespace {

constexpr const char* kRegisters[] = {"title", "status", "mixed"};
constexpr const char* kValues[] = {"\"a\"", "\"b\"", "\"c\"", "1", "null", "[1,2]"};
constexpr const char* kElements[] = {"\"red\"", "\"green\"", "7"};

}  // namespace

People::People(World& world, Oracle& oracle, Server& server, Network& network,
               std::vector<std::unique_ptr<Machine>>& machines)
    : world_(world),
      oracle_(oracle),
      server_(server),
      network_(network),
      machines_(machines),
      dice_(world.params.seed, "people"),
      chance_(world.params.seed, "chance") {}

template <class What>
void People::some(std::int64_t times, What what) {
  for (std::int64_t i = 0; i < times; ++i) {
    world_.at(chance_.below(world_.params.duration_ms), [this, what] {
      if (world_.faults) what();
    });
  }
}

void People::plan() {
  const Params& params = world_.params;
  for (std::int64_t i = 0; i < params.ops; ++i) {
    world_.at(dice_.below(params.duration_ms), [this] { act(); });
  }
  some(params.partitions * params.clients, [this] {
    const auto& machine = chance_.pick(machines_);
    network_.part(machine->index(), world_.now() + chance_.small(20'000));
    world_.count("partitions");
  });
  some(params.proxy_crashes, [this] { crash_proxy(); });
  some(params.client_crashes * params.clients, [this] { crash_client(); });
  some(params.disk_errors, [this] { disk_error(); });
  some(params.disk_full, [this] {
    Machine& machine = *chance_.pick(machines_);
    machine.fill(true);
    world_.after(chance_.below(10'000), [&machine] { machine.fill(false); });
  });
  some(params.clock_jumps, [this] { jump(); });
  some(params.compactions, [this] {
    const std::string& space = server_.name_of(chance_.below(server_.spaces()));
    const std::uint64_t head = oracle_.head(space);
    server_.compact(
        space, static_cast<std::uint64_t>(chance_.between(0, static_cast<std::int64_t>(head))));
  });
  some(params.wipes, [this] { server_.wipe(); });
}

void People::crash_proxy() {
  const bool power = chance_.chance(world_.params.power);
  if (chance_.chance(200)) return server_.die(power);
  server_.die_at(chance_.between(1, 40), power);
}

void People::crash_client() {
  Machine& machine = *chance_.pick(machines_);
  const bool power = chance_.chance(world_.params.power);
  if (chance_.chance(200)) return machine.die(power);
  machine.die_at(chance_.between(1, 40), power);
}

void People::disk_error() {
  const bool full = chance_.chance(400);
  const std::int64_t operation = chance_.between(1, 20);
  world_.count("disk errors planned");
  if (chance_.chance(400)) return server_.fail_at(operation, full);
  chance_.pick(machines_)->fail_at(operation, full);
}

void People::jump() {
  const std::int64_t most = chance_.chance(500) ? 100'000 : 20'000'000;
  const std::int64_t ms = chance_.between(-most, most);
  world_.count("clock jumps");
  if (chance_.chance(150)) return server_.jump(ms);
  chance_.pick(machines_)->jump(ms);
}

void People::act() {
  Machine& machine = *dice_.pick(machines_);
  const std::int64_t what = dice_.below(1000);
  const Params& params = world_.params;
  const std::int64_t imports = params.imports, forgeries = imports + params.forgeries;
  if (what < imports / 2) return produce(machine.space());
  if (what < imports) return import_somewhere(machine);
  if (what < forgeries) return forge();
  if (!machine.up()) return;
  const std::int64_t deed = dice_.below(100);
  if (deed < 6) return machine.resolve(dice_);
  if (deed < 12) return machine.settle_rejected(dice_);
  if (deed < 16) return machine.check_state();
  if (deed < 18) return machine.check_status();
  std::vector<EventDraft> drafts;
  const std::int64_t count = deed < 30 ? dice_.between(2, 12) : 1;
  for (std::int64_t i = 0; i < count; ++i) drafts.push_back(draft());
  machine.emit(drafts);
}

EventDraft People::draft() {
  EventDraft draft;
  draft.type = "todo.edited";
  draft.subject = fmt::format("todo/{}", dice_.below(world_.params.subjects));
  const std::int64_t kind = dice_.below(100);
  if (kind < 4) {
    draft.del = true;
    return draft;
  }
  draft.create = kind < 10;
  if (kind < 12) return draft;  // it writes nothing, or only creates
  write(draft);
  if (kind < 30) write(draft);
  return draft;
}

void People::write(EventDraft& draft) {
  const std::int64_t kind = dice_.below(100);
  const std::string field = kRegisters[dice_.below(3)];
  if (kind < 60) {
    draft.set[field] = kValues[dice_.below(6)];
  } else if (kind < 68) {
    if (!draft.set.contains(field)) draft.unset = {field};
  } else if (kind < 84) {
    // Now and then a register of another author: it will be refused here or there.
    const bool wrong = dice_.chance(150) && !draft.set.contains("mixed") && draft.unset.empty();
    draft.inc[wrong ? "mixed" : "count"] = std::to_string(dice_.between(-3, 9));
  } else {
    auto& elements = kind < 93 ? draft.add["tags"] : draft.remove["tags"];
    if (draft.add.contains("tags") && draft.remove.contains("tags")) {
      draft.remove.erase("tags");
      return;
    }
    elements = {kElements[dice_.below(3)]};
  }
}

// A CloudEvent of a producer that knows nothing of stamps.
std::string People::foreign_event() {
  const std::int64_t number = dice_.below(1000);
  return fmt::format(
      R"({{"specversion":"1.0","id":"f-{}","source":"/sensor/{}","type":"sensor.read",)"
      R"("subject":"todo/{}","time":"{}","data":{{"set":{{"status":{}}}}}}})",
      number, number % 2, dice_.below(world_.params.subjects),
      format_rfc3339(server_.wall_ms() - dice_.below(50'000)), dice_.below(5));
}

void People::import_somewhere(Machine& machine) {
  if (!machine.up()) return;
  if (foreign_.empty() || dice_.chance(600)) foreign_.push_back(foreign_event());
  machine.import(dice_.pick(foreign_));
}

void People::produce(const std::string& space) {
  if (foreign_.empty() || dice_.chance(600)) foreign_.push_back(foreign_event());
  post(space, dice_.pick(foreign_));
}

// P3: an id of the log with other bytes is refused, and changes nothing.
void People::forge() {
  const std::string& space = server_.name_of(dice_.below(server_.spaces()));
  const auto& log = oracle_.log(space);
  if (log.empty() || !server_.up()) return;
  const EventPtr event = dice_.pick(log);
  std::string line = event->content();
  const std::size_t at = line.find("\"type\":\"");
  if (event->is_conflict() || at == std::string::npos) return;
  line.insert(at + 8, "x");
  const std::uint64_t head = log.size();
  post(space, line);
  if (oracle_.head(space) > head && oracle_.log(space)[head]->id == event->id) {
    world_.violated(3, "an event with the id {} and other bytes was taken", event->id);
  }
  world_.count("forgeries");
}

// By plain HTTP, from the proxy's own machine.
void People::post(const std::string& space, const std::string& line) {
  if (!server_.up()) return;
  HttpRequest request;
  request.method = "POST";
  request.target = "/v1/spaces/" + space + "/events";
  request.headers = {{"Content-Type", "application/cloudevents+json"}};
  request.body = line;
  const auto answer = server_.handle(request);
  world_.trace("posted {}: {}", line.size(), answer ? answer->status : 0);
  world_.count("events posted");
}

}  // namespace offsync::sim
