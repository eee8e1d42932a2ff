#include "replica/resolution.h"

#include <utility>

#include "event/decoder.h"
#include "event/value.h"
#include "state/entity_codec.h"

namespace offsync {

// Reads the whole log for an entity's events: there is no index, and it is seldom asked.
class Resolver::Log final : public EntityLog {
 public:
  Log(Replica& replica, std::string subject) : replica_(replica), subject_(std::move(subject)) {}

  Result<EntityHistory> history() override {
    EntityHistory history;
    OFFSYNC_TRY(read_base(history.base));
    Status read;
    Decoder decoder;
    const auto take = [&](std::string_view line) {
      if (!may_be_ours(line)) return true;
      const auto event = decoder.decode(line);
      if (!event) read = event.error();
      if (event && (*event)->subject == subject_) history.lines.emplace_back(line);
      return event.ok();
    };
    OFFSYNC_TRY(replica_.for_each_log(
        {}, [&](std::uint64_t, std::string_view line) { return take(line); }));
    OFFSYNC_TRY(read);
    OFFSYNC_TRY(replica_.for_each_pending([&](const PendingEvent& event) {
      const bool shows =
          event.state == PendingState::queued || event.state == PendingState::accepted;
      return !shows || take(event.line);
    }));
    OFFSYNC_TRY(read);
    return history;
  }

  Result<std::optional<std::string>> find_event(std::string_view source,
                                                std::string_view id) override {
    return replica_.find_event(id, source);
  }

 private:
  bool may_be_ours(std::string_view line) const { return line.find(name_) != line.npos; }

  Status read_base(Entity& base) {
    Status read;
    EntityDecoder records;
    OFFSYNC_TRY(replica_.for_each_base([&](std::string_view line) {
      if (!may_be_ours(line)) return true;
      auto record = records.decode(line);
      if (!record) read = record.error();
      if (!record || record->subject != subject_) return record.ok();
      base = std::move(record->entity);
      return false;
    }));
    return read;
  }

  Replica& replica_;
  std::string subject_;
  std::string name_ = "\"subject\":" + json_string(subject_);
};

struct Resolver::One {
  Log log;
  Decisions decisions;
  One(Replica& replica, const std::string& subject, const Entity& now,
      std::vector<KnownConflict> conflicts)
      : log(replica, subject), decisions(subject, now, std::move(conflicts), log) {}
};

Resolver::Resolver(Replica& replica, std::vector<Replica::ConflictRecord> records)
    : replica_(&replica), records_(std::move(records)) {}
Resolver::Resolver(Resolver&&) noexcept = default;
Resolver::~Resolver() = default;

Result<Resolver> Resolver::begin(Replica& replica) {
  OFFSYNC_ASSIGN(auto records, replica.conflicts(true));
  return Resolver(replica, std::move(records));
}

Result<Decisions*> Resolver::decisions(const std::string& subject) {
  const auto known = all_.find(subject);
  if (known != all_.end()) return &known->second->decisions;
  OFFSYNC_ASSIGN(auto now, replica_->entity(subject));
  std::vector<KnownConflict> conflicts;
  for (const Replica::ConflictRecord& record : records_) {
    if (record.subject != subject) continue;
    conflicts.push_back({record.conflict, record.resolved_by.empty()});
  }
  const Entity none;
  auto one = std::make_unique<One>(*replica_, subject, now ? *now : none, std::move(conflicts));
  return &all_.emplace(subject, std::move(one)).first->second->decisions;
}

}  // namespace offsync
