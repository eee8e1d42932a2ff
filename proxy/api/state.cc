// What a space is at: its head, its state, its open conflicts.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/spool.h"
#include "proxy/api/parts.h"
#include "proxy/http/problems.h"
#include "wire/compressor.h"
#include "wire/snapshot.h"

namespace offsync::proxy {
namespace {

// Compresses lines into a spool; the first failure stays.
class LineSink {
 public:
  LineSink(Coding coding, const std::string& folder)
      : compressor_(coding), spool_(std::make_unique<Spool>(folder)) {}

  bool add(std::string_view line) {
    compressor_.add(line, ready_);
    compressor_.add("\n", ready_);
    if (ready_.size() >= kFlushBytes) flush();
    return status_.ok();
  }
  Result<std::unique_ptr<Spool>> finish() {
    compressor_.finish(ready_);
    flush();
    OFFSYNC_TRY(status_);
    return std::move(spool_);
  }

 private:
  static constexpr std::size_t kFlushBytes = 64 * 1024;
  void flush() {
    if (status_) status_ = spool_->add(ready_);
    ready_.clear();
  }
  Compressor compressor_;
  std::unique_ptr<Spool> spool_;
  std::string ready_;
  Status status_;
};

class SpoolSource final : public BodySource {
 public:
  explicit SpoolSource(std::unique_ptr<Spool> spool) : spool_(std::move(spool)) {}
  Result<bool> next(std::string& out) override { return spool_->next(out); }

 private:
  std::unique_ptr<Spool> spool_;
};

// The subject that is asked for: exactly that of the query, or what is in the path. Proxies in
// between put paths in order (RFC 3986, 6.2.2), so one that they could have made of another is not
// taken for what was meant.
std::optional<std::string> subject_of(const Target& target) {
  if (const auto subject = target.parameter("subject")) return std::string(*subject);
  std::string subject;
  for (std::size_t i = 4; i < target.path.size(); ++i) {
    if (i > 4) subject += '/';
    subject += target.path[i];
  }
  for (std::size_t begin = 0; begin <= subject.size();) {
    const std::size_t end = std::min(subject.find('/', begin), subject.size());
    const std::string part = subject.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return std::nullopt;
    begin = end + 1;
  }
  return subject;
}

}  // namespace

ApiAnswer Api::info(const Call& call) {
  ApiAnswer answer;
  answer.content_type = "application/json";
  // There is no backend to wait for, so everything is applied.
  answer.body = encode_space_info({.space = call.space,
                                   .epoch = call.at.epoch,
                                   .log = call.at.log,
                                   .head = call.at.head,
                                   .oldest = call.at.oldest,
                                   .applied = call.at.head});
  answer.body += '\n';
  return answer;
}

ApiAnswer Api::state(const Call& call) {
  const auto coding = coding_for(call.request);
  LineSink lines(coding, options_.spool_folder);
  std::string epoch = call.at.epoch;
  SnapshotSink sink;
  sink.begin = [&](const SpaceState& at, std::uint64_t entities, std::uint64_t conflicts) {
    epoch = at.epoch;
    return lines.add(encode_snapshot_header(
        {{at.epoch, at.head}, entities, conflicts, at.head_line, Stamp{at.clock, 0}.ms()}));
  };
  sink.entity = [&](std::string_view line) { return lines.add(line); };
  sink.conflict = sink.entity;
  if (const auto status = store_.snapshot(call.space, sink); !status) {
    return store_failed("read", status.error());
  }
  auto spool = lines.finish();
  if (!spool) return store_failed("read", spool.error());
  ApiAnswer answer;
  answer.content_type = kNdjson;
  answer.length = (*spool)->size();
  answer.source = std::make_unique<SpoolSource>(std::move(*spool));
  answer.coded = true;
  answer.headers.emplace_back("Offsync-Epoch", epoch);
  if (coding != Coding::identity) answer.headers.emplace_back("Content-Encoding", name_of(coding));
  return answer;
}

ApiAnswer Api::entity(const Call& call) {
  const auto subject = subject_of(call.target);
  if (!subject) {
    return answer_of(
        problem_of(kBadRequest,
                   "a subject with empty, \".\" or \"..\" parts does not survive in a path: ask "
                   "with state?subject="));
  }
  if (subject->empty()) {
    return answer_of(problem_of(kBadRequest, "subject is empty: leave it out for the whole state"));
  }
  const auto facts = store_.look(call.space, {.subjects = {*subject}});
  if (!facts) return store_failed("read", facts.error());
  const std::optional<std::string>& record = facts->entities.front();
  if (!record) {
    return answer_of(problem_of(
        kNoEntity, fmt::format("the space {} has no entity of this subject", call.space)));
  }
  ApiAnswer answer;
  answer.content_type = "application/json";
  answer.body = *record + "\n";
  return answer;
}

ApiAnswer Api::conflicts(const Call& call) {
  const auto open = store_.open_conflicts(call.space);
  if (!open) return store_failed("read", open.error());
  ApiAnswer answer;
  answer.content_type = kNdjson;
  // The list has no end of its own, where something in between takes the length away.
  answer.headers.emplace_back("Offsync-Count", std::to_string(open->size()));
  for (const auto& conflict : *open) answer.body += conflict.line + "\n";
  return answer;
}

}  // namespace offsync::proxy
