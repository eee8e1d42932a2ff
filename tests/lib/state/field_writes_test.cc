#include "state/field_writes.h"

#include "event/decoder.h"
#include "support/catch.h"

using namespace offsync;

namespace {

FieldWrites written(Decoder& decoder, const std::string& data, const Conflict& conflict) {
  const auto event =
      decoder.decode(R"({"specversion":"1.0","id":"a","source":"/s","type":"t","subject":"k/1",)"
                     R"("time":"2020-01-01T00:00:00Z","data":)" +
                     data + "}");
  REQUIRE(event);
  return writes_of(**event, conflict);
}

}  // namespace

TEST_CASE("what an event made of a field") {
  Decoder decoder;
  Conflict conflict;
  conflict.field = "f";
  SECTION("nothing") {
    const FieldWrites writes = written(decoder, R"({"set":{"g":1},"add":{"h":[2]}})", conflict);
    CHECK(writes.last == nullptr);
    CHECK(writes.added.empty());
  }
  SECTION("a value") {
    const FieldWrites writes = written(decoder, R"({"set":{"e":0,"f":1.0,"g":2}})", conflict);
    REQUIRE(writes.last != nullptr);
    CHECK(writes.last->kind == OpKind::set);
    CHECK(writes.last->value == "1.0");
  }
  SECTION("a set as a whole") {
    const FieldWrites writes =
        written(decoder, R"({"add":{"f":[1,"b"],"g":[3]},"remove":{"f":[2,4]}})", conflict);
    CHECK(writes.last != nullptr);
    CHECK(writes.added == R"(1,"b")");
    CHECK(writes.removed == "2,4");
  }
  SECTION("one element, however it is written") {
    conflict.element = "1";
    const FieldWrites writes =
        written(decoder, R"({"add":{"f":["b",1.0]},"remove":{"f":[2]}})", conflict);
    CHECK(writes.last != nullptr);
    CHECK(writes.added == "1.0");
    CHECK(writes.removed.empty());
    CHECK(written(decoder, R"({"add":{"f":["1"]}})", conflict).last == nullptr);
  }
}
