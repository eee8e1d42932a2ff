// Who commits: requests that come while a commit is under way are the next one, whatever their
// spaces, and hold no thread.
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "proxy/ingest/world.h"
#include "support/log_questions.h"

using namespace offsync;
using namespace offsync::test;
using proxy::Commit;
using Answer = Result<proxy::Ingest::Answer>;

namespace {

// A commit to the space "gate" that takes until open() is called.
class Gate {
 public:
  explicit Gate(IngestWorld& world) : world_(world), author_("/gate", 77, world.clock) {
    world.store.before_append = [this](const Commit& commit) -> Status {
      if (commit.space != "gate") return refuse_ ? refuse_(commit) : Status();
      wait();
      return {};
    };
    thread_ = std::thread(
        [this] { word_ = word(world_.submit({author_.set("todo/1", "n", "1")}, "gate").at(0)); });
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return begun_; });
  }
  ~Gate() {
    open();
    world_.store.before_append = nullptr;
  }
  void open() {
    {
      const std::lock_guard lock(mutex_);
      open_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    CHECK(word_ == "accepted");
  }
  // What commits to other spaces meet.
  void refuse(std::function<Status(const Commit&)> refuse) { refuse_ = std::move(refuse); }

 private:
  void wait() {
    std::unique_lock lock(mutex_);
    begun_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }

  IngestWorld& world_;
  Author author_;
  std::function<Status(const Commit&)> refuse_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool begun_ = false, open_ = false;
  std::string word_;
  std::thread thread_;
};

// The answers to requests, in the order in which they came. Their thread is the committer's, which
// Gate::open() waits for.
struct Answers {
  std::vector<std::string> words;
  proxy::Ingest::Done take(const std::string& name = "") {
    return [this, name](const Answer& answer) {
      words.push_back(name + (answer ? word(answer->outcomes.at(0)) : answer.error().code));
    };
  }
};

}  // namespace

TEST_CASE("a lone request is committed and answered before its submit returns", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  Answers answers;
  world.ingest.submit("shop", {ann.set("todo/1", "n", "1")}, "/ann", answers.take());
  CHECK(answers.words == Words{"accepted"});
  CHECK(world.ingest.waiting() == 0);
}

TEST_CASE("who submits while a commit is under way is not held, and told when it is durable",
          "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  Answers answers;
  Gate gate(world);
  for (int i = 0; i < 3; ++i) {
    world.ingest.submit("shop", {ann.set("todo/1", "n", "1")}, "/ann", [&](const Answer& answer) {
      // Durable, published, and only then told.
      const auto found = known_event(world.memory, "shop", "/ann", answer->outcomes.at(0).id);
      CHECK((*found)->sequence == answer->outcomes.at(0).sequence);
      CHECK(world.heads["shop"] >= answer->outcomes.at(0).sequence);
      answers.take()(answer);
    });
  }
  CHECK(answers.words.empty());
  CHECK(world.ingest.waiting() == 4);
  CHECK(world.log().empty());
  gate.open();
  CHECK(answers.words == Words{"accepted", "accepted", "accepted"});
  CHECK(world.ingest.waiting() == 0);
  CHECK(world.published["shop"] == world.log());
}

TEST_CASE("all who wait are one append, whatever their spaces, and one commit of each space",
          "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock), bob("/bob", 2, world.clock);
  Answers answers;
  Gate gate(world);
  for (int i = 0; i < 3; ++i) {
    for (const char* space : {"a", "b", "c"}) {
      world.ingest.submit(space, {ann.set("todo/1", "n", "1")}, "/ann", answers.take());
      world.ingest.submit(space, {bob.set("todo/2", "n", "1")}, "/bob", answers.take());
    }
  }
  gate.open();
  CHECK(answers.words == Words(18, "accepted"));
  CHECK(world.store.appends == 2);
  CHECK(world.commits == std::vector<bool>{true, true});
  for (const char* space : {"a", "b", "c"}) {
    CHECK(world.memory.space(space)->number == 1);
    CHECK(world.published[space] == world.log(space));
    CHECK(world.log(space).size() == 6);
    CHECK(audit(world.memory, space).empty());
  }
}

TEST_CASE("a race lost by one space neither delays the others nor decides them again", "[ingest]") {
  IngestWorld world;
  proxy::MemoryLogStore elsewhere(world.memory.log());
  proxy::Ingest other(elsewhere, world.clock, {});
  Author ann("/ann", 1, world.clock), bob("/bob", 2, world.clock);
  Answers answers;
  std::map<std::string, int> tries;
  Gate gate(world);
  gate.refuse([&](const Commit& commit) -> Status {
    if (++tries[commit.space] == 1 && commit.space == "b") {
      CHECK(other.submit("b", {bob.set("todo/1", "n", "7")}));
    }
    return {};
  });
  for (const char* space : {"a", "b", "c"}) {
    world.ingest.submit(space, {ann.set("todo/1", "n", "1")}, "/ann", answers.take(space));
  }
  gate.open();
  CHECK(answers.words == Words{"aaccepted", "caccepted", "baccepted"});
  CHECK(tries == std::map<std::string, int>{{"a", 1}, {"b", 2}, {"c", 1}});
  CHECK(world.memory.space("b")->head == 3);  // Bob's, and what it met
  for (const char* space : {"a", "b", "c"}) {
    CHECK(world.published[space] == world.log(space));
    CHECK(audit(world.memory, space).empty());
  }
}

TEST_CASE("an error of one space of an append is none of the others", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  Answers answers;
  Gate gate(world);
  gate.refuse([](const Commit& commit) -> Status {
    if (commit.space == "b") return make_error(Errc::io, "log_full", "no more");
    return {};
  });
  for (const char* space : {"a", "b", "c"}) {
    world.ingest.submit(space, {ann.set("todo/1", "n", "1")}, "/ann", answers.take());
  }
  gate.open();
  CHECK(answers.words == Words{"accepted", "log_full", "accepted"});
  CHECK(world.published["b"].empty());
}

TEST_CASE("as many spaces as nobody keeps in mind are one append", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  Answers answers;
  constexpr std::size_t kSpaces = 4200;
  {
    Gate gate(world);
    for (std::size_t i = 0; i < kSpaces; ++i) {
      world.ingest.submit("space-" + std::to_string(i), {ann.set("todo/1", "n", "1")}, "/ann",
                          answers.take());
    }
  }
  CHECK(answers.words == Words(kSpaces, "accepted"));
  CHECK(world.store.appends == 2);
  CHECK(word(world.submit({ann.set("todo/1", "n", "2")}, "space-7").at(0)) == "accepted");
  CHECK(audit(world.memory, "space-7").empty());
}

TEST_CASE("when it stops the commit under way is answered, and who waits is refused", "[ingest]") {
  proxy::IngestOptions options;
  options.commit_events = 1;
  IngestWorld world(options);
  Author ann("/ann", 1, world.clock);
  Answers answers;
  Gate gate(world);
  for (int i = 0; i < 3; ++i) {
    world.ingest.submit("shop", {ann.set("todo/1", "n", "1")}, "/ann", answers.take());
  }
  world.ingest.stop();
  CHECK(answers.words == Words(3, "stopping"));  // however long that commit takes
  world.ingest.submit("shop", {ann.set("todo/1", "n", "1")}, "/ann", answers.take());
  CHECK(answers.words == Words(4, "stopping"));
  gate.open();  // which sees that its own was accepted
  CHECK(world.log().empty());
  const auto late = world.ingest.submit("shop", {ann.set("todo/1", "n", "1")});
  REQUIRE_FALSE(late);
  CHECK(late.error().code == "stopping");
  CHECK(late.error().kind == Errc::partial);
  world.ingest.stop();
  CHECK(world.ingest.waiting() == 0);
}

TEST_CASE("when it stops the rest of a request of which a part is durable is refused", "[ingest]") {
  proxy::IngestOptions options;
  options.commit_events = 2;
  IngestWorld world(options);
  Author ann("/ann", 1, world.clock);
  std::vector<std::string> lines;
  for (int i = 0; i < 5; ++i) lines.push_back(ann.set("todo/1", "n", "1"));
  world.store.before_append = [&](const Commit&) -> Status {
    world.ingest.stop();
    return {};
  };
  const Answer answer = world.ingest.submit("shop", lines);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == "unknown");
  CHECK(answer.error().detail.find("2 of 5") != std::string::npos);
  CHECK(world.log().size() == 2);
  CHECK(world.ingest.waiting() == 0);
}

// A thread that catches up for a request of its own is not made the committer of others.
TEST_CASE("who waits while another catches up is committed by whoever is told to", "[ingest]") {
  ManualClock clock;
  proxy::MemoryLogStore memory("epoch1");
  proxy::MemoryLogStore elsewhere(memory.log());
  FaultyStore store(memory);
  Answers answers;
  Author ann("/ann", 1, clock);
  int asked = 0;
  const bool has_another = GENERATE(true, false);
  proxy::IngestHooks hooks;
  if (has_another) hooks.take_over = [&] { ++asked; };
  proxy::Ingest ingest(store, clock, {}, {}, hooks);
  Commit foreign;
  foreign.space = "shop";
  foreign.number = 1;
  foreign.marks = {{"/bob", 1}};
  REQUIRE(append_one(elsewhere, foreign));
  store.before_space = [&]() -> Status {
    store.before_space = nullptr;
    ingest.submit("lab", {ann.set("todo/1", "n", "1")}, "/ann", answers.take());
    CHECK(answers.words.empty());
    return {};
  };
  CHECK(ingest.catch_up());
  CHECK(asked == (has_another ? 1 : 0));
  CHECK(answers.words == (has_another ? Words() : Words{"accepted"}));
  CHECK(ingest.work());
  CHECK(answers.words == Words{"accepted"});
}

TEST_CASE("who is answered may submit more at once", "[ingest]") {
  IngestWorld world;
  Author ann("/ann", 1, world.clock);
  Answers answers;
  world.ingest.submit("shop", {ann.set("todo/1", "n", "1")}, "/ann", [&](const Answer& answer) {
    answers.take()(answer);
    for (const char* space : {"a", "b"}) {
      world.ingest.submit(space, {ann.set("todo/1", "n", "2")}, "/ann", answers.take(space));
    }
  });
  CHECK(answers.words == Words{"accepted", "aaccepted", "baccepted"});
  CHECK(world.store.appends == 2);
}
