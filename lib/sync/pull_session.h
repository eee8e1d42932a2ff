// PageSession: one page of the log. SnapshotSession: the state at a stated cursor.
#pragma once

#include <cstddef>
#include <optional>

#include "sync/session.h"
#include "wire/log_page.h"
#include "wire/snapshot.h"

namespace offsync {

class PageSession final : public Session {
 public:
  // Of at most `events` events.
  PageSession(SyncContext& context, const Cursor& after, std::size_t events);

  // So many whole events had come when it ended.
  std::size_t whole_events() const { return page_.whole_lines(); }

 private:
  Status consume(bool last) override;
  Status finish() override;
  Error unusable(const Error& why) const;

  Cursor after_;
  std::uint64_t accepted_;  // up to where events were, before the page was asked for
  LogPage page_;
};

class SnapshotSession final : public Session {
 public:
  explicit SnapshotSession(SyncContext& context);

 private:
  Status consume(bool last) override;
  Status finish() override;
  // Stages the first `bytes` of the body.
  Status stage(std::size_t bytes);

  // Whether these lines can be of the snapshot that its first line announces.
  Status check(std::string_view lines);

  bool begun_ = false;
  std::size_t searched_ = 0;  // up to here the body has no end of a line
  std::uint64_t lines_ = 0;   // staged
  std::optional<SnapshotHeader> header_;
};

}  // namespace offsync
