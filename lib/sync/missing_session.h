// MissingSession: asks the log what it lacks of the events that one before it had.
#pragma once

#include <optional>
#include <vector>

#include "sync/session.h"
#include "wire/event_name.h"

namespace offsync {

class MissingSession final : public Session {
 public:
  // Precondition: `asked` is not empty. A log that is not of the epoch of `seen` ends it as
  // expired.
  MissingSession(SyncContext& context, const Cursor& seen, std::vector<FormerEvent> asked);

  // For a proxy of a former version, which does not know the question: to send what the log has
  // does no harm.
  Status take_all_as_missing();

 private:
  Status consume(bool last) override;
  Status finish() override;
  Status settle(const std::vector<std::uint64_t>& missing);

  Cursor seen_;
  std::vector<FormerEvent> asked_;
  std::optional<MissingHeader> header_;
  std::vector<std::uint64_t> missing_;  // of asked_, in its order
  std::size_t next_ = 0;                // what was not named yet
};

}  // namespace offsync
