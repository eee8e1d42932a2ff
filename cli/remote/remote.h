// Remote: the small questions that commands ask the proxy, one at a time, waiting for the answer.
// (Syncing is the SyncEngine's; see cli/engine_run.h.)
//
// Errors of all questions: unreachable (no complete answer, no certificate to trust, or a 408, 429
// or 5xx), auth (401, 403), protocol (anything that an offsync proxy does not say;
// `cursor_expired`). Every answer is bounded in bytes, and in time by the slowest rate that is an
// answer at all.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ports.h"
#include "base/result.h"
#include "cli/command.h"
#include "state/entity_codec.h"
#include "wire/cursor.h"
#include "wire/outcome.h"
#include "wire/snapshot.h"
#include "wire/transport.h"

namespace offsync::cli {

// A space's URL in its two parts.
struct RemoteUrl {
  std::string origin;  // "http://127.0.0.1:8080"
  std::string path;    // "/v1/spaces/shop", or below another prefix; no slash at the end
};
// Errors: config `no_remote` for an empty one, `bad_remote`. Never prints a password in the URL.
Result<RemoteUrl> parse_remote(std::string_view url);
// `url` as it may be printed: without user and password.
std::string printable_remote(std::string_view url);
// An error of the SyncEngine, which knows of no URL, with that of the remote that it is about.
Error named(Error error, const std::string& remote);

class Remote {
 public:
  // How long an answer is waited for without a byte of it: request_timeout, or, `briefly`, where
  // somebody else can answer instead, ask_timeout. All but `silently` say that they ask once that
  // takes longer than half a second.
  enum class Ask { silently, patiently, briefly };
  // By --require-proxy.
  static Ask how(bool require_proxy) { return require_proxy ? Ask::patiently : Ask::briefly; }
  // Connects with the first question. Precondition: context.network is set.
  static Result<Remote> open(Context& context, const Settings& settings, const std::string& url,
                             Ask ask);
  Remote(Remote&&) noexcept;
  Remote& operator=(Remote&&) noexcept;
  ~Remote();

  // From now on an answer of a log that is not this replica's is an error, config `other_log`.
  void must_be_of(const ReplicaInfo& replica);

  Result<SpaceInfo> info();
  // Nothing where the log never had the entity.
  Result<std::optional<EntityRecord>> entity(std::string_view subject);

  // Receives one line; an error stops the answer and becomes the question's own.
  using LineFn = std::function<Status(std::string_view line)>;
  // The whole state at one cursor, streamed, as SnapshotReader takes it: `entity` gets each entity,
  // and its line.
  using EntityFn = std::function<Status(const EntityRecord& record, std::string_view line)>;
  Result<SnapshotHeader> state(const EntityFn& entity);
  // The open conflicts: `conflict` gets their offsync.conflict events.
  Status conflicts(const LineFn& conflict);

  struct Page {
    Cursor next;             // to go on from
    std::uint64_t head = 0;  // sequence of the newest event
    std::vector<std::string> lines;
  };
  // The events behind `after` (nothing: from the beginning), `limit` of them at most. `mark`: that
  // of what is known to be at `after`; a log that has another one there (it was put back) answers
  // `cursor_expired`. Empty: not asked.
  Result<Page> events(const std::optional<Cursor>& after, std::size_t limit,
                      std::string_view mark = {});

  // The proxy's clock minus ours in ms, as of the latest answer; nothing before it.
  std::optional<std::int64_t> clock_offset_ms() const;

 private:
  struct Impl;
  explicit Remote(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offsync::cli
