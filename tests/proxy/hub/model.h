// A space's log, a hub core and subscribers over pipes that take as many bytes as the test says:
// what tests of the hub's logic share.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "proxy/hub/hub_core.h"
#include "wire/cursor.h"
#include "wire/sse.h"

namespace offsync::proxy::test {

inline LogEntry entry(std::uint64_t sequence, std::string_view type = "t.a",
                      std::string_view subject = "k/1", std::size_t pad = 0) {
  LogEntry out;
  out.sequence = sequence;
  out.id = std::to_string(sequence);
  out.line = R"({"specversion":"1.0","id":")" + out.id + R"(","source":"/s","type":")" +
             std::string(type) + R"(","subject":")" + std::string(subject) + R"(","data":{"p":")" +
             std::string(pad, 'x') + R"("},"sequence":")" + out.id + R"("})";
  return out;
}

class HubModel {
 public:
  explicit HubModel(HubOptions options) : core(options) {}

  struct Reader {
    HubCore::Id id = 0;
    SseParser parser;
    std::vector<SseMessage> messages;
    std::vector<std::uint64_t> seen;  // sequences of events, in order of arrival
    bool ended = false;
  };

  // Durable now; published now or by a later publish_one().
  void commit(std::vector<LogEntry> entries, bool publish = true) {
    log.insert(log.end(), entries.begin(), entries.end());
    unpublished.push_back(std::move(entries));
    while (publish && !unpublished.empty()) publish_one();
  }
  void publish_one() {
    if (unpublished.empty()) return;
    core.publish("s", "e", Frames("e", unpublished.front()));
    unpublished.pop_front();
  }

  // The hub is told how far the log has come, and nothing of what it holds.
  void move() {
    unpublished.clear();
    core.moved("s", "e", log.size());
  }

  Reader& subscribe(std::uint64_t after, EventFilter filter = {}) {
    const auto id = core.subscribe({"s", "e", after, std::move(filter), ": hi\n\n"}, now);
    auto& reader = readers[id];
    reader.id = id;
    return reader;
  }

  // A read looks at the log when it is begun; its answer may come much later.
  bool begin_read() {
    const auto request = core.next_read();
    if (!request) return false;
    ReadResult result;
    std::vector<LogEntry> entries;
    std::size_t bytes = 0;
    if (request->after < forgotten) {
      result.kind = ReadResult::Kind::expired;
      result.problem = {410, "cursor_expired", "Gone", "history is gone"};
    } else {
      for (auto at = request->after; at < log.size() && bytes < request->max_bytes; ++at) {
        entries.push_back(log[at]);
        bytes += log[at].line.size();
      }
      result.frames = Frames("e", entries);
    }
    answers.emplace_back(request->id, std::move(result));
    return true;
  }
  void answer_read() {
    if (answers.empty()) return;
    core.read_done(answers.front().first, std::move(answers.front().second));
    answers.pop_front();
  }

  // Gives each ready reader the chance to take up to `bytes`.
  void write(std::size_t bytes) {
    for (const auto id : core.take_ready()) write_to(id, bytes);
  }
  // Returns whether anything moved.
  bool write_to(HubCore::Id id, std::size_t bytes) {
    std::vector<std::string_view> pieces;
    std::size_t taken = 0;
    if (core.gather(id, pieces)) {
      for (const auto piece : pieces) {
        const auto n = std::min(piece.size(), bytes - taken);
        feed(readers[id], piece.substr(0, n));
        taken += n;
      }
      core.wrote(id, taken, now);
    }
    if (core.finished(id)) {
      readers[id].ended = true;
      core.unsubscribe(id);
      return true;
    }
    return taken > 0;
  }
  void unblock_all() {
    for (auto& [id, reader] : readers) core.writable(id);
  }
  // Until nothing moves any more.
  void settle() {
    int quiet = 0;
    for (int i = 0; i < 10'000; ++i) {
      while (!unpublished.empty()) publish_one();
      unblock_all();
      bool moved = begin_read();
      while (!answers.empty()) answer_read();
      for (const auto id : core.take_ready()) moved = write_to(id, 1 << 20) || moved;
      quiet = moved ? 0 : quiet + 1;
      if (quiet == 5) return;
      if (quiet == 3) core.tick(now);
    }
    throw std::runtime_error("the hub never comes to rest");
  }

  void feed(Reader& reader, std::string_view bytes) {
    const auto before = reader.messages.size();
    if (!reader.parser.feed(bytes, reader.messages)) throw std::runtime_error("bad stream");
    for (auto i = before; i < reader.messages.size(); ++i) {
      const auto& message = reader.messages[i];
      if (message.event != "message") continue;
      const auto cursor = Cursor::parse(message.id);
      if (!cursor) throw std::runtime_error("bad id " + message.id);
      reader.seen.push_back(cursor->sequence);
    }
  }

  HubCore core;
  std::int64_t now = 0;
  std::vector<LogEntry> log;
  std::uint64_t forgotten = 0;  // events up to here are gone
  std::deque<std::vector<LogEntry>> unpublished;
  std::deque<std::pair<std::uint64_t, ReadResult>> answers;
  std::map<HubCore::Id, Reader> readers;
};

}  // namespace offsync::proxy::test
