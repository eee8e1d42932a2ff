// The proxy's embedded store under power cuts: commits by the real ingest, compaction, the outbox
// cursor, checkpoints, restarts.
#include <fmt/format.h>

#include <array>
#include <optional>
#include <stdexcept>

#include "crash/fake_proxy.h"
#include "crash/recording.h"
#include "crash/store_judge.h"
#include "event/stamp.h"

namespace offsync::test {
namespace {

using proxy::Ingest;

void must(const Status& status, const char* doing) {
  if (status) return;
  throw std::runtime_error(std::string(doing) + ": " + status.error().code + ": " +
                           status.error().message());
}

class StoreWorkload {
 public:
  StoreWorkload(SimDisk& disk, std::string file, std::uint64_t seed)
      : file_(std::move(file)),
        draws_{seed},
        random_(seed),
        checkpoint_pages_(static_cast<int>(8 + draws_.below(60))),
        recorder_(disk, [this] { return dump(file_, store_queries(), false).text; }) {}

  Recording run(std::size_t steps) {
    step("create", [this] { open(); }, {.again = true});
    while (steps-- > 0) draw_step();
    step("close", [this] { close(); }, {});
    return recorder_.finish({.name = "idle", .heads = heads()});
  }
  // The lines of each space, in the order of its log.
  const Logs& logs() const { return logs_; }

 private:
  void step(const char* name, const std::function<void()>& act, Step what) {
    what.name = name;
    what.heads = heads();
    clock_.advance(static_cast<std::int64_t>(draws_.below(50)));
    recorder_.step(std::move(what), act);
  }

  std::vector<std::uint64_t> heads() const {
    std::vector<std::uint64_t> all;
    for (const auto& log : logs_) all.push_back(log.size());
    return all;
  }

  void draw_step() {
    const std::size_t space = draws_.chance(4) ? 1 : 0;
    const std::string name = kSpaces[space];
    const std::uint64_t head = logs_[space].size();
    switch (draws_.below(14)) {
      case 0:
        return step("open", [this] { close(), open(); }, {});
      case 1:
        return step("set_applied",
                    [&] {
                      applied_[space] += draws_.below(head - applied_[space] + 1);
                      must(store_->set_applied(name, applied_[space]), "set_applied");
                    },
                    {});
      case 2: {
        const std::uint64_t upto = draws_.below(head + 1);
        return step("compact", [&] { must(store_->compact(name, upto), "compact"); },
                    {.again = true, .space = name, .upto = upto});
      }
      case 3:
      case 4:
        return step("append of two spaces", [&] { submit_to_all(); }, {});
      default:
        return step("append", [&] { submit(name, 1 + draws_.below(draws_.chance(5) ? 60 : 8)); },
                    {});
    }
  }

  void open() {
    auto store = open_store(file_, checkpoint_pages_, random_);
    if (!store) must(store.error(), "open");
    store_ = std::move(*store);
    ingest_ = std::make_unique<Ingest>(*store_, clock_, [this](const proxy::LogNews& news) {
      auto& log = logs_[news.space == kSpaces[0] ? 0 : 1];
      for (const proxy::LogEntry& entry : news.entries) log.push_back(entry.line);
    });
  }

  void close() {
    ingest_.reset();
    store_.reset();
  }

  void submit(const std::string& space, std::uint64_t events) {
    std::vector<std::string> lines;
    for (; events > 0; --events) lines.push_back(draw_line());
    const auto answer = ingest_->submit(space, std::move(lines));
    if (!answer) must(answer.error(), "submit");
  }

  // Who is answered while nobody else waits, here about what is no event, submits to all spaces:
  // what comes in meanwhile is one append.
  void submit_to_all() {
    std::size_t accepted = 0;
    const Ingest::Done count = [&](const Result<Ingest::Answer>& answer) {
      if (answer) ++accepted;
    };
    ingest_->submit(kSpaces[0], {"no event"}, "", [&](const Result<Ingest::Answer>&) {
      for (const char* space : kSpaces) {
        std::vector<std::string> lines;
        for (std::uint64_t n = 1 + draws_.below(8); n > 0; --n) lines.push_back(draw_line());
        ingest_->submit(space, std::move(lines), "", count);
      }
    });
    if (accepted != kSpaces.size()) throw std::runtime_error("somebody was not answered");
  }

  // Of one of four clients; some of it is sent twice.
  std::string draw_line() {
    if (!last_line_.empty() && draws_.chance(20)) return last_line_;
    const std::size_t client = draws_.below(clientseq_.size());
    const DrawnEvent event = draw_event(draws_);
    // Some have seen what they change, the others run into conflicts.
    const Stamp stamp =
        Stamp::make(clock_.wall_ms(), static_cast<std::uint16_t>(++stamps_), client + 1);
    last_line_ = fmt::format(
        R"({{"specversion":"1.0","id":"e{}","source":"/clients/{}","type":"t","subject":"{}",)"
        R"("stamp":"{}","clientseq":"{}","data":{}}})",
        stamps_, client, event.subject, stamp.text(), ++clientseq_[client], event.data);
    if (draws_.chance(2)) last_line_.insert(last_line_.size() - 2, R"(,"base":{})");
    return last_line_;
  }

  const std::string file_;
  SimRandom draws_;
  ManualClock clock_;
  SeededRandom random_;
  const int checkpoint_pages_;
  std::unique_ptr<proxy::SqliteLogStore> store_;
  std::unique_ptr<Ingest> ingest_;
  Logs logs_;
  std::array<std::uint64_t, kSpaces.size()> applied_{};
  std::array<std::uint64_t, 4> clientseq_{};
  std::uint64_t stamps_ = 0;
  std::string last_line_;
  Recorder recorder_;
};

class StoreWorld final : public World {
 public:
  std::string name() const override { return "store"; }
  const std::string& folder() const override { return dir_.path(); }

  Recording record(std::uint64_t seed, std::size_t steps, const std::string& lie) override {
    SimDisk disk(folder(), seed);
    disk.lie_about_syncs(lie);
    StoreWorkload workload(disk, file_, seed);
    Recording recording = workload.run(steps);
    logs_ = workload.logs();
    return recording;
  }

  Problem judge(SimDisk& disk, const Step& step, SimRandom& random) override {
    return judge_store(disk, file_, logs_, step, seen_, random);
  }

 private:
  TempDir dir_{"/dev/shm"};
  const std::string file_ = dir_.file("proxy.db");
  Logs logs_;  // of the last recording
  std::string seen_;
};

}  // namespace

std::unique_ptr<World> make_store_world() {
  return std::make_unique<StoreWorld>();
}

}  // namespace offsync::test
