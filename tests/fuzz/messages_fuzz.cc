// What the other side says besides events: outcomes, problems, a space, a stream's hello, a
// snapshot's header, Retry-After. Read, written and read again they are the same.
#include "base/limits.h"
#include "event/value.h"
#include "fuzz/check.h"
#include "wire/outcome.h"
#include "wire/problem.h"
#include "wire/snapshot.h"
#include "wire/transport.h"

namespace offsync::fuzz {
namespace {

bool is_word(std::string_view code) {
  return code.size() <= 64 &&
         code.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

void check_outcome(std::string_view input) {
  const auto outcome = parse_outcome(input);
  if (!outcome) {
    require(outcome.error().kind == Errc::protocol, "a bad outcome is a protocol error", input);
    return;
  }
  const bool taken =
      outcome->kind == OutcomeKind::accepted || outcome->kind == OutcomeKind::duplicate;
  require(!taken || outcome->sequence > 0, "what is taken has a sequence", input);
  require(outcome->kind != OutcomeKind::rejected || !outcome->code.empty(),
          "a rejection has a code", input);
  require(is_word(outcome->code), "a code is a word", input);
  const auto again = parse_outcome(encode_outcome(*outcome));
  require(again.ok(), "a written outcome can be read", input);
  require(again->id == outcome->id && again->kind == outcome->kind &&
              again->sequence == outcome->sequence && again->line == outcome->line &&
              again->code == outcome->code && again->conflicts == outcome->conflicts,
          "a written outcome is read back", input);
}

void check_problem(std::string_view input) {
  const Problem problem = parse_problem(410, "application/problem+json; charset=utf-8", input);
  require(problem.status == 410, "a problem's status is the answer's", input);
  require(is_word(problem.code) && !problem.code.empty(), "a code is a word", input);
  require(valid_utf8(problem.title) && valid_utf8(problem.detail), "a problem is UTF-8", input);
  const Problem again = parse_problem(410, "application/problem+json", encode_problem(problem));
  require(again.code == problem.code, "a written problem is read back", input);
  require(parse_problem(503, "text/html", input).code == "http_503",
          "what is no problem+json is not read", input);
}

void check_space(std::string_view input) {
  const auto info = parse_space_info(input);
  if (!info) return;
  const auto again = parse_space_info(encode_space_info(*info));
  require(again.ok() && again->space == info->space && again->epoch == info->epoch &&
              again->head == info->head && again->oldest == info->oldest &&
              again->applied == info->applied,
          "a written space is read back", input);
  require(Cursor::parse(Cursor{info->epoch, info->head}.text()).has_value(),
          "a space's head is a cursor", input);
}

void check_hello(std::string_view input) {
  const auto hello = parse_hello(input);
  if (!hello) return;
  const auto again = parse_hello(encode_hello(*hello));
  require(again.ok() && again->epoch == hello->epoch && again->head == hello->head,
          "a written hello is read back", input);
}

void check_snapshot_header(std::string_view input) {
  const auto header = parse_snapshot_header(input);
  if (!header) {
    require(header.error().code == "bad_snapshot", "a bad header is a bad snapshot", input);
    return;
  }
  const auto again = parse_snapshot_header(encode_snapshot_header(*header));
  require(again.ok() && again->cursor == header->cursor && again->entities == header->entities &&
              again->conflicts == header->conflicts,
          "a written header is read back", input);
}

void check_retry_after(std::string_view input) {
  const HttpHead head{503, {{"retry-after", std::string(input)}}};
  const auto ms = retry_after_ms(head, 1'700'000'000'000);
  require(!ms || (*ms >= 0 && *ms <= limits::kRetryAfterCapMs), "Retry-After is bounded", input);
}

void run(std::string_view input) {
  check_outcome(input);
  check_problem(input);
  check_space(input);
  check_hello(input);
  check_snapshot_header(input);
  check_retry_after(input);
}

FUZZ_TARGET(messages, run);

}  // namespace
}  // namespace offsync::fuzz
