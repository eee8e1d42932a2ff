#include "state/field_draft.h"

#include "support/catch.h"

namespace offsync {
namespace {

TEST_CASE("a side's draft: what a counter is given is one increment, or none") {
  Conflict conflict;
  conflict.field = "n";
  conflict.kind = FieldKind::counter;
  const auto given = [&](const std::string& value) {
    EventDraft draft;
    Side side;
    side.value = value;
    const Status done = give(draft, conflict, side, nullptr);
    return done ? draft.inc.at("n") : done.error().code;
  };
  CHECK(given("5") == "5");
  CHECK(given("-0.5") == "-0.5");
  CHECK(given("9223372036854775807") == "9223372036854775807");
  // Two increments have made it, and no single one does.
  CHECK(given("9223372036854775808") == "bad_number");
  CHECK(given("-9223372036854775809.5") == "bad_number");
  CHECK(given("\"5\"") == "kind_mismatch");
  CHECK(given("[1]") == "kind_mismatch");
  CHECK(given("true") == "kind_mismatch");
}

}  // namespace
}  // namespace offsync
