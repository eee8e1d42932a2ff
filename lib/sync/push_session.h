// PushSession: one POST of queued events, and the settling of what was answered. LogSession: the
// look at the log before the first one. ProbeSession: whether another push would come through.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "sync/session.h"

namespace offsync {

// Its answer decides to which log a replica belongs that belonged to none: what is pushed before
// that was known could be pushed to another log, too.
class LogSession final : public Session {
 public:
  explicit LogSession(SyncContext& context);
  // Of who is to go on from where the replica is: the log is another one by now, or does not hold
  // that, or no more.
  bool lost() const { return lost_; }

 private:
  Status consume(bool last) override;
  Status finish() override;

  bool lost_ = false;
};

// A push of nothing: whether one comes through to our log.
class ProbeSession final : public Session {
 public:
  explicit ProbeSession(SyncContext& context);

 private:
  Status consume(bool last) override;
};

class PushSession final : public Session {
 public:
  // Precondition: `events` is not empty, and `info` has an epoch. It says how far the replica has
  // come in its log: the proxy takes nothing where its log is another one, or does not hold that;
  // its answer then ends the session as expired. And our own source, to whose events the numbers
  // of order belong, where they come in order: all of `events` are out_of_order(), or none.
  PushSession(SyncContext& context, const ReplicaInfo& info, std::vector<PendingEvent> events);

  std::size_t size() const { return events_.size(); }
  // Of an answer that was cut: how many lines of it had come whole.
  std::size_t whole_lines() const { return whole_lines_; }
  const PendingEvent& first() const { return events_.front(); }
  std::uint64_t last_n() const { return events_.back().n; }
  // Some of it is to be sent again, out of order.
  bool again() const { return again_; }

 private:
  Status consume(bool last) override;
  Status finish() override;
  // Whether `outcome` answers the next event, whose source is then filled in, as is the id of a
  // line that could not be read.
  bool answers_next(Outcome& outcome) const;
  std::string objection(const Outcome& outcome);  // empty: there is none
  bool is_namesakes(const Outcome& outcome) const;
  Result<Replica::Settled> note(const std::vector<Outcome>& outcomes);
  Status settle(const std::vector<Outcome>& outcomes);
  void report(const std::vector<Outcome>& outcomes);

  std::vector<PendingEvent> events_;
  std::uint64_t log_after_;  // the replica's snapshot when this was sent
  std::string source_;       // ours when this was sent; empty: it is sent as another's
  bool again_ = false;
  std::vector<Outcome> outcomes_;
  Cursor last_;  // that the log is known to have: seen, or accepted here
  std::set<std::string, std::less<>> refused_;  // entities of which an event was rejected here
  std::size_t whole_lines_ = 0;
};

}  // namespace offsync
