#include "event/with_base.h"

#include "event/decoder.h"
#include "support/catch.h"

using namespace offsync;

TEST_CASE("a base takes its place among the members of data") {
  const Stamp stamp = Stamp::make(1, 2, 3);
  const std::vector<Base> bases{{"a", stamp}, {"b", stamp}};
  const std::string text =
      R"("base":{"a":")" + stamp.text() + R"(","b":")" + stamp.text() + R"("})";
  const auto made = [&](std::string_view data) { return with_base(data, bases); };
  CHECK(made("{}") == "{" + text + "}");
  CHECK(made(R"({"set":{"a":1}})") == "{" + text + R"(,"set":{"a":1}})");
  CHECK(made(R"({"add":{"a":[1]}})") == R"({"add":{"a":[1]},)" + text + "}");
  CHECK(made(R"({"add":{"a":[1]},"set":{"b":1}})") ==
        R"({"add":{"a":[1]},)" + text + R"(,"set":{"b":1}})");
  CHECK(made(R"({"base":{},"set":{"a":1}})") == "{" + text + R"(,"set":{"a":1}})");
  CHECK(made(R"({"add":{},"base":{"x":"y"}})") == R"({"add":{},)" + text + "}");
  // Only members of data itself count, whatever stands inside of them.
  CHECK(made(R"({"b\"ase":{"base":1},"zz":"\"base\":{}"})") ==
        R"({"b\"ase":{"base":1},)" + text + R"(,"zz":"\"base\":{}"})");
  CHECK(with_base(R"({"set":{"a":1}})", {}) == R"({"base":{},"set":{"a":1}})");
}

TEST_CASE("elements stand under the stamp with which they were seen") {
  const Stamp one = Stamp::make(1, 0, 1), two = Stamp::make(2, 0, 1);
  const std::vector<Base> bases{
      {"a", one}, {"b", two, "1"}, {"b", one, "2"}, {"b", two, "[3]"}, {"c", one}};
  CHECK(with_base("{}", bases) == R"({"base":{"a":")" + one.text() + R"(","b":{")" + one.text() +
                                      R"(":[2],")" + two.text() + R"(":[1,[3]]},"c":")" +
                                      one.text() + R"("}})");
  const std::vector<Base> less = without_elements(bases);
  REQUIRE(less.size() == 3);
  CHECK(less[1].field == "b");
  CHECK(less[1].stamp == two);
  CHECK(less[1].element.empty());
  CHECK(without_elements({}).empty());
}

TEST_CASE("data with a base is canonical") {
  Decoder decoder;
  const std::string head =
      R"({"specversion":"1.0","id":"i","source":"/s","type":"t","subject":"a/1","data":)";
  const Stamp stamp = Stamp::make(1, 2, 3);
  const std::vector<Base> bases{{"w", stamp, R"("\u0001")"}, {"w", stamp, "{}"}, {"x", stamp}};
  for (const char* data : {"{}", R"({"add":{"x":[1]},"set":{"y":{"base":2}}})",
                           R"({"a":1,"bas":2,"basf":3,"unset":["x"]})"}) {
    const auto plain = decoder.decode(head + data + "}");
    REQUIRE(plain);
    const std::string line = head + with_base((*plain)->data, bases) + "}";
    const auto event = decoder.decode(line);
    REQUIRE(event);
    CHECK(encode(**event) == line);
    CHECK((*event)->base_of("x") == stamp);
    CHECK((*event)->base_of("w", "{}") == stamp);
    CHECK(std::equal((*event)->bases.begin(), (*event)->bases.end(), bases.begin(), bases.end(),
                     [](const Base& a, const Base& b) {
                       return a.field == b.field && a.stamp == b.stamp && a.element == b.element;
                     }));
  }
}

TEST_CASE("a partial line may lack what is completed later") {
  Decoder decoder;
  const auto event = decoder.decode_partial(
      R"({"type":"t","subject":"a/1","time":"2026-11-23T12:00:00Z","data":{"set":{"x":1}}})");
  REQUIRE(event);
  CHECK((*event)->id.empty());
  CHECK((*event)->source.empty());
  CHECK((*event)->stamp.none());  // there is no source yet to derive it from
  CHECK(decoder.decode_partial(R"({"subject":"a/1"})").error().detail.find("type") !=
        std::string::npos);
  CHECK(decoder.decode_partial(R"({"type":"t"})").error().code == "missing");
  CHECK(decoder.decode(R"({"type":"t","subject":"a/1"})").error().code == "missing");
}
