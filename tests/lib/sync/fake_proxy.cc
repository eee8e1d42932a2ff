#include "lib/sync/fake_proxy.h"

#include <algorithm>
#include <optional>

#include "base/rfc3339.h"
#include "state/entity_codec.h"
#include "state/state.h"
#include "wire/compress.h"
#include "wire/cursor.h"
#include "wire/event_name.h"
#include "wire/line_mark.h"
#include "wire/problem.h"
#include "wire/snapshot.h"
#include "wire/sse.h"

namespace offsync::test {
namespace {

Answer problem(int status, const std::string& code) {
  return {status,
          {{"content-type", "application/problem+json"}},
          encode_problem({status, code, "", "says the fake proxy"}),
          false};
}

std::vector<std::string> split(const std::string& body) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < body.size()) {
    const std::size_t end = std::min(body.find('\n', begin), body.size());
    lines.push_back(body.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

Answer FakeProxy::answer(const HttpRequest& request) {
  const std::string kind = kind_of(request);
  Answer answer;
  if (kind == "push") {
    const auto seen = Cursor::parse(header(request, "Offsync-Cursor"));
    const bool lost = seen && (seen->epoch != epoch_ || seen->sequence > head() ||
                               other_line(request, seen->sequence));
    answer = lost ? problem(410, "cursor_expired") : post(request);
  } else if (kind == "missing") {
    answer = knows_missing ? missing(request) : problem(404, "no_such_route");
  } else if (kind == "state") {
    answer = snapshot();
  } else if (kind == "space") {
    answer.body = encode_space_info({"shop", epoch_, log_name, head(), oldest_, head()});
  } else {
    const auto cursor = Cursor::parse(parameter(request.target, "after"));
    if (!cursor) {
      answer = problem(400, "bad_cursor");
    } else if (cursor->epoch != epoch_ || cursor->sequence > head() ||
               cursor->sequence + 1 < oldest_ || other_line(request, cursor->sequence)) {
      answer = problem(410, "cursor_expired");
    } else if (kind == "stream") {
      answer.stream = true;
      append_sse_retry(answer.body, 2000);
      append_sse(answer.body, "", "hello", encode_hello({epoch_, head()}));
      answer.headers.emplace_back("content-type", "TEXT/EVENT-STREAM; charset=utf-8");
    } else {
      answer = page(cursor->sequence, std::stoull(parameter(request.target, "limit")));
    }
  }
  answer.headers.emplace_back("offsync-epoch", epoch_);
  if (!log_name.empty()) answer.headers.emplace_back("offsync-log", log_name);
  answer.headers.emplace_back("offsync-time", std::to_string(clock_.wall_ms() + clock_ahead_ms));
  answer.headers.emplace_back("offsync-head", std::to_string(head()));
  return answer;
}

namespace {

std::optional<std::string> body_of(const HttpRequest& request) {
  const bool packed = header(request, "Content-Encoding") == "gzip";
  auto body = decompress(request.body, packed ? Coding::gzip : Coding::identity, 1 << 24);
  return body ? std::optional(std::move(*body)) : std::nullopt;
}

}  // namespace

bool FakeProxy::other_line(const HttpRequest& request, std::uint64_t sequence) const {
  if (sequence == 0) return false;
  const std::string& line = lines_[sequence - 1];
  const std::string mark = header(request, "Offsync-Line");
  const std::string name = header(request, "Offsync-Event");
  if (!name.empty() && knows_names) {
    Decoder decoder;
    const EventView& event = **decoder.decode(line);
    if (line_mark(encode_event_name(event.source, event.id)) != name) return true;
  }
  return !mark.empty() && line_mark(line) != mark;
}

Answer FakeProxy::missing(const HttpRequest& request) const {
  const auto body = body_of(request);
  if (!body) return problem(400, "bad_encoding");
  MissingHeader header;
  std::string names;
  for (const std::string& line : split(*body)) {
    ++header.asked;
    if (ids_.contains(parse_event_name(line)->id)) continue;
    ++header.missing;
    names += line + "\n";
  }
  Answer answer;
  answer.body = encode_missing_header(header) + "\n" + names;
  return answer;
}

Answer FakeProxy::post(const HttpRequest& request) {
  author_ = header(request, "Offsync-Source");
  const auto body = body_of(request);
  if (!body) return problem(400, "bad_encoding");
  Answer answer;
  std::uint64_t number = 0;
  std::set<std::string> refused;
  for (const std::string& line : split(*body)) {
    Outcome outcome = decide(line, refused);
    outcome.line = ++number;
    answer.body += encode_outcome(outcome) + "\n";
  }
  return answer;
}

Outcome FakeProxy::decide(const std::string& line, std::set<std::string>& refused) {
  Outcome outcome;
  const auto decoded = decoder_.decode(line);
  if (!decoded) {
    outcome.code = decoded.error().code;
    return outcome;
  }
  const EventView& event = **decoded;
  outcome.id = event.id;
  if (const auto known = ids_.find(outcome.id); known != ids_.end()) {
    if (lines_[known->second - 1].starts_with(line.substr(0, line.size() - 1))) {
      outcome.kind = OutcomeKind::duplicate;
      outcome.sequence = known->second;
    } else {
      outcome.code = "id_conflict";
      refused.emplace(event.subject);
    }
  } else if (in_order(event) && (refused.contains("") || event.clientseq <= mark(author_))) {
    outcome.code = "already_decided";
    refused.emplace("");
  } else if (refused.contains(std::string(event.subject))) {
    outcome.kind = OutcomeKind::held;
    outcome.code = "held";
  } else if (event.type == "test.refused" && refuses) {
    outcome.code = "kind_mismatch";
    outcome.detail = "refused by the test";
    refused.emplace(event.subject);
  } else {
    add(event);
    outcome.kind = OutcomeKind::accepted;
    outcome.sequence = head();
  }
  return outcome;
}

bool FakeProxy::in_order(const EventView& event) const {
  return keeps_marks && event.clientseq != 0 && event.source == author_;
}

// Rejections are not counted.
std::uint64_t FakeProxy::mark(const std::string& author) const {
  std::uint64_t mark = 0;
  Decoder decoder;
  for (const std::string& line : lines_) {
    const EventView& event = **decoder.decode(line);
    if (event.source == author) mark = std::max(mark, event.clientseq);
  }
  return mark;
}

void FakeProxy::add(const EventView& event) {
  ids_[std::string(event.id)] = lines_.size() + 1;
  lines_.push_back(with_sequence(encode_content(event), lines_.size() + 1,
                                 format_rfc3339(clock_.wall_ms() + clock_ahead_ms)));
}

void FakeProxy::append(const std::string& subject, const std::string& data) {
  const std::string number = std::to_string(++made_);
  const std::string line = R"({"specversion":"1.0","id":"other-)" + number +
                           R"(","source":"/other","type":"test.done","subject":")" + subject +
                           R"(","time":")" + format_rfc3339(clock_.wall_ms()) + R"(","stamp":"0)" +
                           std::to_string(10'000'000'000 + made_) +
                           R"(-0000-00000000000000ff","data":)" + data + "}";
  const auto decoded = decoder_.decode(line);
  if (!decoded) throw std::logic_error(decoded.error().detail + ": " + line);
  add(**decoded);
}

void FakeProxy::begin_anew(std::string new_epoch, std::size_t keep) {
  epoch_ = std::move(new_epoch);
  truncate(keep);
}

void FakeProxy::put_back(std::string new_epoch, const std::vector<std::string>& lines) {
  begin_anew(std::move(new_epoch));
  for (const std::string& line : lines) add(**decoder_.decode(line));
}

void FakeProxy::truncate(std::size_t length) {
  lines_.resize(std::min(length, lines_.size()));
  std::erase_if(ids_, [&](const auto& known) { return known.second > lines_.size(); });
}

Answer FakeProxy::page(std::uint64_t after, std::uint64_t limit) const {
  Answer answer;
  const std::uint64_t end = std::min(head(), after + limit);
  for (std::uint64_t i = after; i < end; ++i) answer.body += lines_[i] + "\n";
  answer.headers.emplace_back("offsync-cursor", Cursor{epoch_, end}.text());
  return answer;
}

std::map<std::string, std::string> FakeProxy::state() const {
  State state;
  Decoder decoder;
  for (const std::string& line : lines_) state.fold(**decoder.decode(line));
  std::map<std::string, std::string> records;
  for (const auto& [subject, entity] : state.sorted()) {
    records.emplace(subject, encode_entity(subject, *entity));
  }
  return records;
}

Answer FakeProxy::snapshot() const {
  Answer answer;
  const auto records = state();
  SnapshotHeader header{{epoch_, head()}, records.size(), 0};
  if (head() > 0) header.line = line_mark(lines_.back());
  answer.body = encode_snapshot_header(header) + "\n";
  for (const auto& [subject, record] : records) answer.body += record + "\n";
  return answer;
}

std::string FakeProxy::stream_from(const std::string& of_epoch, std::uint64_t& position) const {
  std::string out;
  if (of_epoch != epoch_) return out;
  for (; position < head(); ++position) {
    append_sse(out, Cursor{epoch_, position + 1}.text(), "", lines_[position]);
  }
  return out;
}

}  // namespace offsync::test
