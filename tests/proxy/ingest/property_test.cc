// Any interleaving of clients, with lost answers, late copies, restarts and commits of any size:
// the log has no gaps, the states are its fold, and an answer given twice is the same twice.
#include <rapidcheck.h>

#include <deque>
#include <memory>

#include "proxy/ingest/world.h"

using namespace offsync;
using namespace offsync::test;

namespace {

constexpr int kSpread = 50'000;  // of the clients' clocks, within the guard

struct Client {
  Client(int number, Clock& clock)
      : author("/c" + std::to_string(number), static_cast<std::uint64_t>(number) + 1, clock) {}
  Author author;
  State seen;  // what it has pulled
  std::uint64_t pulled = 0;
};

struct Sent {
  std::vector<std::string> lines;
  std::vector<Outcome> outcomes;
};

int pick(int bound) {
  return *rc::gen::inRange(0, bound);
}

void add_operation(EventDraft& event, const std::string& field) {
  const std::string value = std::to_string(pick(3));
  // Fields are mostly used in one kind; now and then in another, which does not fit.
  switch (pick(10) == 0 ? pick(5) : field[0] - 'a') {
    case 0:
      event.set[field] = value;
      break;
    case 1:
      event.inc[field] = value;
      break;
    case 2:
      event.add[field] = {value};
      break;
    case 3:
      event.remove[field] = {value};
      break;
    default:
      event.unset.push_back(field);
  }
}

std::string make_event(Client& client, ManualClock& clock) {
  const std::string subject = "todo/" + std::to_string(pick(4));
  const std::int64_t now = clock.wall_ms();
  clock.set_wall(now + pick(2 * kSpread) - kSpread);
  EventDraft event = client.author.draft(subject);
  clock.set_wall(now);
  if (pick(8) == 0) {
    event.del = true;
  } else {
    event.create = pick(5) == 0;
    for (int i = pick(2) + 1; i > 0; --i) add_operation(event, std::string(1, "abcd"[pick(4)]));
  }
  if (const Entity* entity = client.seen.find(subject)) {
    for (const Field& field : entity->fields()) event.base[field.name()] = field.stamp();
  }
  event.base_given = pick(6) != 0;
  if (!event.base_given) event.base.clear();
  if (pick(30) == 0) event.stamp = Stamp::make(clock.wall_ms() + 90'000, 0, 1);
  return event.line();
}

class Play {
 public:
  Play() {
    for (int i = 0; i < 3; ++i) clients_.emplace_back(i, clock_);
    restart();
  }

  void step() {
    switch (pick(10)) {
      case 0:
        return restart();
      case 1:
        return clock_.advance(pick(2000) - 500);
      case 2:
      case 3:
        return send_again();
      case 4:
      case 5:
        return pull(clients_[static_cast<std::size_t>(pick(3))]);
      default:
        return send(clients_[static_cast<std::size_t>(pick(3))]);
    }
  }

  void check_all() {
    for (const Sent& sent : sent_) check_again(sent);
    RC_ASSERT(audit(store_, "shop") == std::string());
    RC_ASSERT(published_ == store_.space("shop")->head);
  }

 private:
  void restart() {
    proxy::IngestOptions options;
    options.commit_events = static_cast<std::size_t>(pick(4) + 1);
    ingest_ = std::make_unique<proxy::Ingest>(
        store_, clock_,
        [this](const proxy::LogNews& news) {
          for (const auto& entry : news.entries) RC_ASSERT(entry.sequence == ++published_);
        },
        options);
  }

  void send(Client& client) {
    Sent sent;
    for (int i = pick(4) + 1; i > 0; --i) sent.lines.push_back(make_event(client, clock_));
    auto answer = ingest_->submit("shop", sent.lines);
    RC_ASSERT(answer.ok());
    sent.outcomes = answer->outcomes;
    sent_.push_back(std::move(sent));
  }

  void send_again() {
    if (!sent_.empty())
      check_again(sent_[static_cast<std::size_t>(pick(static_cast<int>(sent_.size())))]);
  }

  void check_again(const Sent& sent) {
    const std::uint64_t head = store_.space("shop")->head;
    auto answer = ingest_->submit("shop", sent.lines);
    RC_ASSERT(answer.ok());
    RC_ASSERT(answer->outcomes.size() == sent.outcomes.size());
    for (std::size_t i = 0; i < sent.outcomes.size(); ++i) {
      const Outcome& first = sent.outcomes[i];
      const Outcome& again = answer->outcomes[i];
      const bool accepted = first.kind == OutcomeKind::accepted;
      RC_ASSERT(again.kind == (accepted ? OutcomeKind::duplicate : first.kind));
      RC_ASSERT(again.id == first.id);
      RC_ASSERT(again.sequence == first.sequence);
      RC_ASSERT(again.code == first.code);
      RC_ASSERT(again.detail == first.detail);
    }
    RC_ASSERT(store_.space("shop")->head == head);
  }

  void pull(Client& client) {
    Decoder decoder;
    for (const auto& entry : *store_.read("shop", client.pulled, SIZE_MAX, SIZE_MAX)) {
      const EventView& event = **decoder.decode(entry.line);
      client.seen.fold(event);
      if (event.writes()) client.author.hlc().observe(event.stamp, clock_.wall_ms());
      client.pulled = entry.sequence;
    }
  }

  ManualClock clock_;
  proxy::MemoryLogStore store_{"epoch1"};
  std::unique_ptr<proxy::Ingest> ingest_;
  std::deque<Client> clients_;  // not moved
  std::vector<Sent> sent_;
  std::uint64_t published_ = 0;
};

}  // namespace

TEST_CASE("any interleaving of clients gives one gap-free log and its fold", "[ingest]") {
  CHECK(rc::check([] {
    Play play;
    for (int steps = pick(40); steps > 0; --steps) play.step();
    play.check_all();
  }));
}
