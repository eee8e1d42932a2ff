#include "wire/outcome.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "wire/cursor.h"
#include "wire/json_reader.h"
#include "wire/problem.h"

namespace offsync {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kKinds = {OutcomeKind::accepted, OutcomeKind::duplicate, OutcomeKind::rejected,
                               OutcomeKind::held};
// Each operation meets one other write at most, and a delete each field once.
constexpr std::uint64_t kMostConflicts = limits::kOpsPerEvent + limits::kFieldsPerEntity;

std::string write(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Error bad_answer(std::string what) {
  return make_error(Errc::protocol, "bad_answer", std::move(what),
                    "check that the remote is an offsync proxy, and its version");
}

// 0 where it is not there; what is there must be one.
Result<std::uint64_t> number_of(const JsonReader& json, std::string_view name) {
  if (!json.has(name)) return std::uint64_t{0};
  const auto number = json.number(name);
  if (number) return *number;
  return bad_answer("an outcome's " + std::string(name) + " is no number that can be");
}

}  // namespace

std::string_view name_of(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::accepted:
      return "accepted";
    case OutcomeKind::duplicate:
      return "duplicate";
    case OutcomeKind::rejected:
      return "rejected";
    case OutcomeKind::held:
      return "held";
  }
  return "?";
}

std::string encode_outcome(const Outcome& outcome) {
  Json json;
  if (outcome.line > 0) json["line"] = outcome.line;
  json["id"] = outcome.id;
  json["outcome"] = name_of(outcome.kind);
  if (outcome.sequence > 0) json["sequence"] = std::to_string(outcome.sequence);
  if (!outcome.code.empty()) json["code"] = outcome.code;
  if (!outcome.detail.empty()) json["detail"] = outcome.detail;
  if (outcome.conflicts > 0) json["conflicts"] = outcome.conflicts;
  return write(json);
}

Result<Outcome> parse_outcome(std::string_view line) {
  JsonReader json;
  if (!json.read(line)) return bad_answer("an outcome is no JSON object, or has a name twice");
  const auto kind = std::find_if(kKinds.begin(), kKinds.end(),
                                 [&](OutcomeKind k) { return json.text("outcome") == name_of(k); });
  if (kind == kKinds.end()) return bad_answer("an outcome is of no kind that is known");
  Outcome outcome;
  outcome.kind = *kind;
  outcome.id = json.text("id").value_or("");
  OFFSYNC_ASSIGN(outcome.line, number_of(json, "line"));
  OFFSYNC_ASSIGN(outcome.sequence, number_of(json, "sequence"));
  OFFSYNC_ASSIGN(outcome.conflicts, number_of(json, "conflicts"));
  if (outcome.conflicts > kMostConflicts) return bad_answer("an outcome has too many conflicts");
  const std::string_view code = json.text("code").value_or("");
  outcome.code = is_problem_code(code) ? code : "";
  outcome.detail = first_words(json.text("detail").value_or(""));
  const bool taken = *kind == OutcomeKind::accepted || *kind == OutcomeKind::duplicate;
  if (taken && outcome.sequence == 0) return bad_answer("an outcome lacks its sequence");
  if (*kind == OutcomeKind::rejected && outcome.code.empty()) outcome.code = "rejected";
  return outcome;
}

std::string encode_space_info(const SpaceInfo& info) {
  Json json;
  json["space"] = info.space;
  json["epoch"] = info.epoch;
  if (!info.log.empty()) json["log"] = info.log;
  json["head"] = info.head;
  json["oldest"] = info.oldest;
  json["applied"] = info.applied;
  return write(json);
}

namespace {

// Of what is always written as a number.
std::optional<std::uint64_t> plain_number(const JsonReader& json, std::string_view name) {
  return json.text(name) ? std::nullopt : json.number(name);
}

}  // namespace

Result<SpaceInfo> parse_space_info(std::string_view text) {
  JsonReader json;
  if (!json.read(text))
    return bad_answer("the answer about the space is no JSON object, or has a name twice");
  const auto head = plain_number(json, "head");
  const auto oldest = plain_number(json, "oldest");
  const auto applied = plain_number(json, "applied");
  SpaceInfo info;
  info.space = json.text("space").value_or("");
  info.epoch = json.text("epoch").value_or("");
  info.log = json.text("log").value_or("");
  if (!info.log.empty() && !is_epoch(info.log)) {
    return bad_answer("the answer about the space has a log of a name that no log has");
  }
  if (info.space.empty() || !is_epoch(info.epoch) || !head || !oldest || !applied) {
    return bad_answer("the answer about the space lacks its name, epoch, head, oldest or applied");
  }
  info.head = *head;
  info.oldest = *oldest;
  info.applied = *applied;
  return info;
}

std::string encode_hello(const Hello& hello) {
  Json json;
  json["epoch"] = hello.epoch;
  json["head"] = hello.head;
  return write(json);
}

Result<Hello> parse_hello(std::string_view text) {
  JsonReader json;
  if (!json.read(text))
    return bad_answer("the stream's hello is no JSON object, or has a name twice");
  const auto head = plain_number(json, "head");
  Hello hello{std::string(json.text("epoch").value_or("")), 0};
  if (!is_epoch(hello.epoch) || !head) return bad_answer("the stream's hello lacks epoch or head");
  hello.head = *head;
  return hello;
}

}  // namespace offsync
