// A replica in a folder of its own, and a log that stands in for the proxy: it gives sequences to
// the events that a test puts in, and hands them out as the proxy does.
#pragma once

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "base/limits.h"
#include "event/decoder.h"
#include "replica/replica.h"
#include "support/catch.h"
#include "support/ports.h"
#include "support/temp_dir.h"

namespace offsync::test {

// The value of a Result that must be one.
template <class T>
T must(Result<T> result) {
  INFO((result ? std::string() : result.error().code + ": " + result.error().message()));
  REQUIRE(result);
  return std::move(*result);
}
inline void must(const Status& status) {
  INFO((status ? std::string() : status.error().code + ": " + status.error().message()));
  REQUIRE(status);
}
template <class T>
std::string code_of(const Result<T>& result) {
  return result ? std::string("ok") : result.error().code;
}

class FakeLog {
 public:
  explicit FakeLog(std::string name = "e1") : epoch(std::move(name)) {}
  std::string epoch;
  std::vector<std::string> lines;

  std::uint64_t head() const { return lines.size(); }
  // Appends a content line; its sequence.
  std::uint64_t append(std::string_view content,
                       std::string_view recorded = "2023-11-14T22:13:20.000Z") {
    lines.push_back(with_sequence(content, lines.size() + 1, recorded));
    return lines.size();
  }
  std::vector<std::string> after(std::uint64_t sequence) const {
    return {lines.begin() + static_cast<std::ptrdiff_t>(sequence), lines.end()};
  }
  // The snapshot of all that is in it, with these conflict lines.
  std::string snapshot(const std::vector<std::string>& conflicts = {}) const;
};

// Another author's event as a content line, stamped at `ms` after the test's beginning.
std::string foreign(const std::string& id, const std::string& subject, const std::string& data,
                    std::int64_t ms = 0, const std::string& more = "");

// The content of a conflict record about a field of `subject`.
std::string conflict_line(const std::string& id, const std::string& subject,
                          const std::string& field, bool of_delete = false,
                          const std::string& element = "");

class Fixture {
 public:
  Fixture();
  std::string file() const { return dir.file("replica.db"); }
  Replica open_again();  // a second connection

  Emitted set(const std::string& subject, const std::string& field, const std::string& json);
  Result<Emitted> try_set(const std::string& subject, const std::string& field,
                          const std::string& json);
  Result<Emitted> add(const std::string& data, const std::string& subject = "todo/1");
  std::string shown(const std::string& subject = "todo/1",
                    Replica::View view = Replica::View::visible);
  std::string confirmed(const std::string& subject = "todo/1") {
    return shown(subject, Replica::View::confirmed);
  }
  // "title:queued title:held": what the queue holds, by type and state, in order.
  std::string queue();
  // Pushes what is queued: the log takes it, and the replica hears so.
  void push();
  // Pulls what the log has.
  Replica::Applied pull();
  Replica::Settled reject(const std::string& id, const std::string& code = "kind_mismatch");

  TempDir dir;
  ManualClock clock;
  SeededRandom random{7};
  FakeLog log;
  Replica replica;
};

// What the decoder sees in a line; the line must outlive the use of nothing: all are copies.
struct Seen {
  std::string id, source, type, time, data;
  Stamp stamp;
  std::uint64_t clientseq = 0;
  std::map<std::string, Stamp> base;
  bool base_given = false;
};
Seen seen(const std::string& line);

// fold(base, received log), as encode_entity() lines by subject: what must be the confirmed state.
std::map<std::string, std::string> folded(Replica& replica);
std::map<std::string, std::string> states(Replica& replica, Replica::View view);

}  // namespace offsync::test
