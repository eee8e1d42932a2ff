// The durable place of who acts on events, `watch --exec --consumer NAME`: at least once.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "cli/remote/log_tail.h"
#include "replica/replica.h"

namespace offsync::cli {

class ConsumerPlace {
 public:
  // An empty name: nothing is kept. `replica` must outlive it.
  ConsumerPlace(Replica& replica, std::string name);
  bool kept() const { return !name_.empty(); }

  // Behind its place (of kDoubtfulEpoch where LogTail is to find out); `first` where it has none
  // yet, or where that is of a log that was replaced and `said` (somebody said where to begin).
  // Error protocol `cursor_expired` for the latter otherwise.
  Result<TailStart> start(const TailStart& first, bool said);

  // The next event follows `place`. Where that is another beginning than what is kept, it is the
  // place from now on; durable on return.
  void begins(const Cursor& place);
  // The event at `place` was done; that is durable on return.
  void done(const Cursor& place);
  // It was not: nothing moves before a later one is.
  void failed() { blocked_ = true; }
  // All up to `place` are none of its business. Durable with the next save().
  void passed(const Cursor& place);
  void save();

  // Up to where all is done; nothing: it has no place yet.
  const std::optional<Cursor>& at() const { return saved_; }
  // Of what went wrong on writing it.
  const Status& status() const { return status_; }
  const std::string& name() const { return name_; }

 private:
  Replica& replica_;
  std::string name_;
  std::optional<Cursor> saved_, reached_;
  bool anew_ = false;  // it begins elsewhere than at its place
  bool blocked_ = false;
  Status status_;
};

}  // namespace offsync::cli
