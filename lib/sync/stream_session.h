// StreamSession: the live stream. Applies what comes, in one transaction for what came together.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sync/session.h"
#include "wire/sse.h"

namespace offsync {

class StreamSession final : public Session {
 public:
  StreamSession(SyncContext& context, const Cursor& after);

  // Events came, or it held for as long as a heartbeat takes: the connection is a good one.
  bool greeted() const { return head_at_hello_.has_value(); }
  bool proved() const { return applied_any_ || held(); }
  // Nothing is to come, as far as it has said.
  bool caught_up() const { return head_at_hello_ && upto_.sequence >= *head_at_hello_; }
  // It brought what there was, as far as it got. Once it has ended: where it ended by what it said,
  // nothing that it said before counts.
  bool of_use() const;
  bool held() const;
  // The last event that it brought, or where it began.
  std::uint64_t reached() const { return upto_.sequence; }
  std::optional<std::int64_t> retry_ms() const { return parser_.retry_ms(); }

 private:
  Status consume(bool last) override;
  Status finish() override;
  std::int64_t own_deadline() const override;
  std::string of_silence() const override;
  void note_progress();
  Status take(const SseMessage& message);
  Status greet(const SseMessage& message);
  Status apply();
  Status note_in_sync();

  SseParser parser_;
  Cursor upto_;                     // of the last line applied
  Cursor coming_;                   // of the last line in lines_
  std::uint64_t accepted_;          // up to where events were, before the stream was opened
  std::vector<std::string> lines_;  // not applied yet
  std::optional<std::uint64_t> head_at_hello_;
  bool applied_any_ = false;
  std::int64_t begun_ms_;
  std::int64_t progress_ms_;    // of the latest hello or event, less what was credited
  std::size_t idle_bytes_ = 0;  // since then
  std::int64_t noted_ms_ = -1;  // when the replica was last told that it is in sync
};

}  // namespace offsync
