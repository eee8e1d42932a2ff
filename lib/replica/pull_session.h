// PageSession: one page of the log. SnapshotSession: the state at a stated cursor.
#pragma once

#include <cstddef>

#include "replica/session.h"

namespace offsync {

class PageSession final : public Session {
 public:
  PageSession(SyncContext& context, const Cursor& after);

 private:
  Status consume(bool last) override;
  Status finish() override;

  Cursor after_;
};

class SnapshotSession final : public Session {
 public:
  explicit SnapshotSession(SyncContext& context);

 private:
  Status consume(bool last) override;
  Status finish() override;
  // Stages the first `bytes` of the body.
  Status stage(std::size_t bytes);

  bool begun_ = false;
  std::size_t searched_ = 0;  // up to here the body has no end of a line
};

}  // namespace offsync
