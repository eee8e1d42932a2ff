#include "event/decoder.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "event/draft.h"
#include "support/catch.h"

using namespace offsync;

namespace {

// A good event with `data`; `more` are further attributes, each with its comma in front.
std::string event(std::string_view data, std::string_view more = "") {
  return fmt::format(R"({{"specversion":"1.0","id":"e1","source":"/c/a","type":"todo.renamed",)"
                     R"("subject":"todo/1","time":"2026-11-23T12:00:00.123Z",)"
                     R"("stamp":"0193594d3f7b-0000-7f3a9c01b2d4e5f6"{},"data":{}}})",
                     more, data);
}

std::string code_of(std::string_view line) {
  Decoder decoder;
  const auto result = decoder.decode(line);
  return result ? "ok" : result.error().code;
}

std::string canonical(std::string_view line) {
  Decoder decoder;
  const auto result = decoder.decode(line);
  return result ? encode(**result) : "refused: " + result.error().message();
}

}  // namespace

TEST_CASE("an event's parts come out of its line") {
  Decoder decoder;
  const auto result = decoder.decode(event(
      R"({"add":{"tags":["x",1]},"base":{"title":"0193594c0000-0001-0000000000000001"},"inc":{"n":-2.5},)"
      R"("note":"payload","remove":{"tags":["y"]},"set":{"title":"Buy oat milk"},"unset":["due"]})",
      R"(,"clientseq":"42","causationid":"c0","traceparent":"00-ab","level":3)"));
  REQUIRE(result);
  const EventView& e = **result;
  CHECK(e.id == "e1");
  CHECK(e.source == "/c/a");
  CHECK(e.type == "todo.renamed");
  CHECK(e.subject == "todo/1");
  CHECK(e.time_ms == 1795435200123);
  CHECK(e.stamp.text() == "0193594d3f7b-0000-7f3a9c01b2d4e5f6");
  CHECK(e.stamp_given);
  CHECK(e.clientseq == 42);
  CHECK(e.causationid == "c0");
  CHECK(e.base_given);
  CHECK(e.base_of("title").text() == "0193594c0000-0001-0000000000000001");
  CHECK(e.base_of("due").none());
  REQUIRE(e.extensions.size() == 2);
  CHECK(e.extensions[0].name == "level");
  CHECK(e.extensions[1].value == "\"00-ab\"");
  REQUIRE(e.ops.size() == 6);
  CHECK(e.ops[0].kind == OpKind::add);
  CHECK(e.ops[1].value == "1");
  CHECK(e.ops[2].kind == OpKind::inc);
  CHECK(e.ops[2].value == "-2.5");
  CHECK(e.ops[3].kind == OpKind::remove);
  CHECK(e.ops[4].kind == OpKind::set);
  CHECK(e.ops[4].value == "\"Buy oat milk\"");
  CHECK(e.ops[5].kind == OpKind::unset);
  CHECK(e.ops[5].field == "due");
}

TEST_CASE("a base tells the elements of a set apart") {
  Decoder decoder;
  const std::string one = "0193594c0000-0001-0000000000000001";
  const std::string two = "0193594c0000-0002-0000000000000001";
  // The members come out of order, and an element in another form than it is written in.
  const auto result = decoder.decode(event(fmt::format(
      R"({{"remove":{{"tags":["a"]}},"base":{{"title":"{0}","tags":{{"{1}":["b",{{"y":1,"x":2}}],"{0}":[ "\u0061" ]}}}}}})",
      one, two)));
  REQUIRE(result);
  const EventView& e = **result;
  CHECK(
      e.data ==
      fmt::format(
          R"({{"base":{{"tags":{{"{0}":["a"],"{1}":["b",{{"x":2,"y":1}}]}},"title":"{0}"}},"remove":{{"tags":["a"]}}}})",
          one, two));
  REQUIRE(e.bases.size() == 4);
  CHECK(e.base_of("tags", R"("a")").text() == one);
  CHECK(e.base_of("tags", R"("b")").text() == two);
  CHECK(e.base_of("tags", R"({"x":2,"y":1})").text() == two);
  CHECK(e.base_of("tags", R"("c")").none());
  CHECK(e.base_of("tags").none());
  CHECK(e.base_of("title").text() == one);
  CHECK(e.base_of("title", R"("a")").none());
  CHECK(decoder.decode(encode(e)));
}

TEST_CASE("the canonical line is a fixed point, whatever order and form the event came in") {
  const std::string line = canonical(
      R"( { "data" : { "set" : { "b" : 2.50, "a" : "\u0041" }, "base":{}, "x":{"q":1,"p":[1, 2]} }, "subject":"todo/1",)"
      R"("zz":true, "type":"t", "aa":"v", "time":"2026-11-23T13:00:00+01:00", "source":"/s", "id":"i", "specversion":"1.0"} )");
  CHECK(
      line ==
      fmt::format(R"({{"specversion":"1.0","id":"i","source":"/s","type":"t","subject":"todo/1",)"
                  R"("time":"2026-11-23T13:00:00+01:00","stamp":"{}-0000-{}","aa":"v","zz":true,)"
                  R"("data":{{"base":{{}},"set":{{"a":"A","b":2.50}},"x":{{"p":[1,2],"q":1}}}}}})",
                  "01a20846fe00", node_text(foreign_node("/s"))));
  CHECK(canonical(line) == line);
}

TEST_CASE("views of data out of order point at the right texts") {
  Decoder decoder;
  const auto result = decoder.decode(event(
      R"({"unset":["q"],"set":{"zeta":"zzzzzzzz","alpha":[{"b":1,"a":2}],"mid\u0064le":3},"inc":{"y":1,"x":2}})"));
  REQUIRE(result);
  std::string seen;
  for (const Op& op : (*result)->ops) seen += fmt::format("{}={};", op.field, op.value);
  CHECK(seen == R"(x=2;y=1;alpha=[{"a":2,"b":1}];middle=3;zeta="zzzzzzzz";q=;)");
}

TEST_CASE("an event without stamp is stamped from its time and source; without time it has none") {
  Decoder decoder;
  const auto foreign = decoder.decode(
      R"({"specversion":"1.0","id":"i","source":"abc","type":"t","subject":"a/b","time":"2009-03-22T09:30:00Z"})");
  REQUIRE(foreign);
  CHECK((*foreign)->stamp == Stamp::make(1237714200000, 0, foreign_node("abc")));
  CHECK_FALSE((*foreign)->stamp_given);
  CHECK_FALSE((*foreign)->base_given);
  CHECK((*foreign)->data == "{}");
  const auto timeless = decoder.decode(
      R"({"specversion":"1.0","id":"i","source":"abc","type":"t","subject":"a/b","data":null})");
  REQUIRE(timeless);
  CHECK((*timeless)->stamp.none());
}

TEST_CASE("sequence and recordedtime are not part of an event's content") {
  const std::string content = canonical(event(R"({"set":{"a":1}})"));
  const std::string line = with_sequence(content, 42, "2026-11-23T12:00:01.000Z");
  CHECK(line.ends_with(R"(,"sequence":"42","recordedtime":"2026-11-23T12:00:01.000Z"})"));
  Decoder decoder;
  const auto result = decoder.decode(line);
  REQUIRE(result);
  CHECK((*result)->sequence == 42);
  CHECK(encode(**result) == line);
  CHECK(encode_content(**result) == content);
}

TEST_CASE("attributes that are missing, twice or wrong") {
  const std::string good = event(R"({"set":{"a":1}})");
  REQUIRE(code_of(good) == "ok");
  for (const char* name : {"specversion", "id", "source", "type", "subject"}) {
    std::string line = good;
    const auto at = line.find(fmt::format("\"{}\":", name));
    line.replace(at + 1, 1, "x");
    CAPTURE(name);
    CHECK(code_of(line) == "missing");
  }
  CHECK(code_of(event("{}", R"(,"id":"e2")")) == "duplicate_name");
  CHECK(code_of(event("{}", R"(,"ext":"1","ext":"2")")) == "duplicate_name");
  CHECK(code_of(event("{}", R"(,"\u0069d":"e2")")) == "duplicate_name");
  CHECK(code_of(event("{}", R"(,"Ext":"1")")) == "bad_attribute");
  CHECK(code_of(event("{}", R"(,"data_base64":"AA==")")) == "bad_attribute");
  CHECK(code_of(event("{}", R"(,"a23456789012345678901":"1")")) == "bad_attribute");
  CHECK(code_of(event("{}", R"(,"ext":{"a":1})")) == "bad_attribute");
  CHECK(code_of(event("{}", R"(,"clientseq":"0")")) == "bad_attribute");
  CHECK(code_of(event("{}", R"(,"clientseq":"01")")) == "bad_attribute");
  CHECK(code_of(event("{}", R"(,"clientseq":"9223372036854775808")")) == "bad_attribute");
  CHECK(code_of(event("{}", R"(,"clientseq":42)")) == "malformed");
  CHECK(code_of(event("{}", R"(,"recordedtime":"yesterday")")) == "bad_attribute");
  CHECK(code_of(event("{}", R"(,"causationid":"a\u0000b")")) == "bad_attribute");
  CHECK(code_of(event("{}", R"(,"ext":null)")) == "ok");
}

TEST_CASE("single attributes out of their range") {
  const auto with = [](std::string_view name, std::string_view json) {
    std::string line = event("{}");
    const std::string key = fmt::format("\"{}\":", name);
    const auto at = line.find(key) + key.size();
    line.replace(at, line.find(',', at) - at, json);
    return code_of(line);
  };
  CHECK(with("specversion", "\"0.3\"") == "bad_attribute");
  CHECK(with("specversion", "1.0") == "malformed");
  CHECK(with("id", "\"\"") == "bad_attribute");
  CHECK(with("id", "null") == "missing");  // as CloudEvents has it
  CHECK(with("id", "nil") == "malformed");
  CHECK(with("id", fmt::format("\"{}\"", std::string(limits::kIdBytes, 'x'))) == "ok");
  CHECK(with("id", fmt::format("\"{}\"", std::string(limits::kIdBytes + 1, 'x'))) == "too_large");
  CHECK(with("source", fmt::format("\"{}\"", std::string(limits::kSourceBytes + 1, 'x'))) ==
        "too_large");
  CHECK(with("type", "\"a\\nb\"") == "bad_attribute");
  CHECK(with("type", "\"a\x7f\"") == "bad_attribute");
  for (const char* subject : {"\"todo\"", "\"/1\"", "\"todo/\"", "\"\""}) {
    CHECK(with("subject", subject) == "bad_attribute");
  }
  CHECK(with("subject", "\"file/src/t_string.c\"") == "ok");
  CHECK(with("time", "\"2026-13-01T00:00:00Z\"") == "bad_attribute");
  CHECK(with("time", "\"1969-12-31T23:59:59Z\"") == "bad_attribute");
  CHECK(with("stamp", "\"0193594D3F7B-0000-7f3a9c01b2d4e5f6\"") == "bad_attribute");
  CHECK(with("stamp", "\"000000000000-0000-0000000000000000\"") == "bad_attribute");
  Decoder decoder;
  const auto zeros =
      decoder.decode(R"({"specversion":"1.0","id":"a","source":"/a","type":"t","subject":"a/1",)"
                     R"("stamp":"000000000000-0000-0000000000000000","data":{}})");
  REQUIRE_FALSE(zeros);
  CHECK(zeros.error().detail.find("the stamp of zeros is none") != std::string::npos);
}

TEST_CASE("operations that contradict each other or make no sense") {
  CHECK(code_of(event(R"({"set":{"a":1},"unset":["a"]})")) == "bad_operation");
  CHECK(code_of(event(R"({"set":{"a":1},"inc":{"a":1}})")) == "bad_operation");
  CHECK(code_of(event(R"({"unset":["a","a"]})")) == "bad_operation");
  CHECK(code_of(event(R"({"add":{"a":[1]},"remove":{"a":[2]}})")) == "ok");
  CHECK(code_of(event(R"({"add":{"a":[1]},"remove":{"a":[1]}})")) == "bad_operation");
  CHECK(code_of(event(R"({"add":{"a":[1,1]}})")) == "bad_operation");
  CHECK(code_of(event(R"({"add":{"a":[{"x":1,"y":2},{"y":2,"x":1}]}})")) == "bad_operation");
  CHECK(code_of(event(R"({"create":true,"delete":true})")) == "bad_operation");
  CHECK(code_of(event(R"({"delete":true,"set":{"a":1}})")) == "bad_operation");
  CHECK(code_of(event(R"({"delete":false})")) == "bad_operation");
  CHECK(code_of(event(R"({"create":1})")) == "bad_operation");
  CHECK(code_of(event(R"({"set":[1]})")) == "bad_operation");
  CHECK(code_of(event(R"({"unset":{"a":1}})")) == "bad_operation");
  CHECK(code_of(event(R"({"add":{"a":1}})")) == "bad_operation");
  CHECK(code_of(event(R"({"base":{"a":"now"}})")) == "bad_operation");
  const auto base = [](std::string_view of_a) {
    std::string data = fmt::format(R"({{"base":{{"a":{}}},"remove":{{"a":["x"]}}}})", of_a);
    for (std::size_t at = 0; (at = data.find('S', at)) != std::string::npos;) {
      data.replace(at, 1, "0193594c0000-000");
    }
    return code_of(event(data));
  };
  CHECK(base(R"({"S1-0000000000000001":["x"],"S2-0000000000000001":["y"]})") == "ok");
  CHECK(base(R"({"S1-0000000000000001":[]})") == "ok");  // nothing was seen
  CHECK(base("{}") == "ok");
  CHECK(base(R"({"S1-0000000000000001":["x","x"]})") == "bad_operation");
  CHECK(base(R"({"S1-0000000000000001":["x"],"S2-0000000000000001":["\u0078"]})") ==
        "bad_operation");
  CHECK(base(R"({"S1-0000000000000001":["x"],"S1-0000000000000001":["y"]})") == "duplicate_name");
  CHECK(base(R"({"S1-0000000000000001":"x"})") == "bad_operation");
  CHECK(base(R"({"S1-0000000000000001":{"x":1}})") == "bad_operation");
  CHECK(base(R"({"S1-0000000000000001":[1e999]})") == "bad_number");
  CHECK(base(R"({"x":"S1-0000000000000001"})") == "bad_operation");
  CHECK(base(R"(["S1-0000000000000001"])") == "bad_operation");
  CHECK(base("null") == "bad_operation");
  CHECK(base("7") == "bad_operation");
  CHECK(code_of(event(R"({"set":{"":1}})")) == "bad_operation");
  CHECK(code_of(event(R"({"set":{"a\"b":1}})")) == "bad_operation");
  CHECK(code_of(event(fmt::format(R"({{"set":{{"{}":1}}}})", std::string(65, 'f')))) ==
        "bad_operation");
  CHECK(code_of(event(R"({"inc":{"a":"1"}})")) == "bad_number");
  CHECK(code_of(event(R"({"inc":{"a":1e-10}})")) == "bad_number");
  CHECK(code_of(event(R"({"set":{"a":1,"a":2}})")) == "duplicate_name");
  CHECK(code_of(event(R"({"set":{"b":1},"set":{"c":1}})")) == "duplicate_name");
  CHECK(code_of(event("[]")) == "malformed");
  CHECK(code_of(event("nul")) == "malformed");
}

TEST_CASE("limits on size and depth hold exactly") {
  const auto with_ops = [](std::size_t count) {
    std::string fields;
    for (std::size_t i = 0; i < count; ++i)
      fields += fmt::format("{}\"f{}\"", i == 0 ? "" : ",", i);
    return code_of(event(fmt::format(R"({{"unset":[{}]}})", fields)));
  };
  CHECK(with_ops(limits::kOpsPerEvent) == "ok");
  CHECK(with_ops(limits::kOpsPerEvent + 1) == "too_large");
  CHECK(code_of(event(fmt::format(R"({{"p":"{}"}})", std::string(limits::kEventBytes, 'x')))) ==
        "too_large");
  CHECK(code_of(event(
            fmt::format(R"({{"p":"{}"}})", std::string(limits::kEventBytes - 1000, 'x')))) == "ok");
  // White space and escapes count on arrival only.
  CHECK(code_of(event("{}") + std::string(limits::kLineBytes - 1000, ' ')) == "ok");
  CHECK(code_of(event("{}") + std::string(limits::kLineBytes, ' ')) == "too_large");
  const auto nested = [](int depth) {
    return event(fmt::format(R"({{"p":{}{}}})", std::string(static_cast<std::size_t>(depth), '['),
                             std::string(static_cast<std::size_t>(depth), ']')));
  };
  CHECK(code_of(nested(limits::kDepth - 1)) == "ok");
  CHECK(code_of(nested(limits::kDepth)) == "too_deep");
  CHECK(code_of(nested(50'000)) == "too_deep");
  // An element has the same room in add and in base.
  const auto elements = [](std::string_view form, int depth) {
    const auto levels = static_cast<std::size_t>(depth);
    return code_of(
        event(fmt::format(fmt::runtime(form), std::string(levels, '['), std::string(levels, ']'))));
  };
  const std::string_view add = R"({{"add":{{"a":[{}{}]}}}})";
  const std::string_view base =
      R"({{"base":{{"a":{{"0193594c0000-0001-0000000000000001":[{}{}]}}}}}})";
  const std::string_view unordered =
      R"({{"set":{{}},"base":{{"a":{{"0193594c0000-0001-0000000000000001":[{}{}]}}}}}})";
  for (const std::string_view form : {add, base, unordered}) {
    CHECK(elements(form, limits::kDepth - 4) == "ok");
    CHECK(elements(form, limits::kDepth - 3) == "too_deep");
  }
}

TEST_CASE("every truncation of an event is refused, and nothing behind it is taken") {
  const std::string good = event(R"({"set":{"title":"Buy \"milk\"","n":[1,{"a":null}]}})");
  Decoder decoder;
  for (std::size_t n = 0; n < good.size(); ++n) {
    CAPTURE(n);
    CHECK_FALSE(decoder.decode(good.substr(0, n)));
  }
  CHECK(decoder.decode(good));
  for (const char* tail : {"x", "{}", "}", "]", ",", "1", "\"a\"", "null", " {", " foo }"}) {
    CAPTURE(tail);
    CHECK_FALSE(decoder.decode(good + tail));
  }
  CHECK(decoder.decode(good + " \r\n"));
}

TEST_CASE("a decoder goes on after a refused line") {
  Decoder decoder;
  CHECK_FALSE(decoder.decode("{"));
  CHECK_FALSE(decoder.decode(event(R"({"set":{"a":"\ud800"}})")));
  const auto result = decoder.decode(event(R"({"set":{"a":1}})"));
  REQUIRE(result);
  CHECK((*result)->ops.size() == 1);
}

TEST_CASE("a draft's line passes the decoder and says what the draft said") {
  EventDraft draft;
  draft.id = "i\"1";
  draft.source = "/c";
  draft.type = "t";
  draft.subject = "todo/1";
  draft.time = "2026-11-23T12:00:00.000Z";
  draft.stamp = Stamp::make(1, 2, 3);
  draft.clientseq = 9;
  draft.causationid = "c";
  draft.create = true;
  draft.set = {{"title", "\"x\""}, {"n", "1.0"}};
  draft.unset = {"gone"};
  draft.inc = {{"k", "2"}};
  draft.add = {{"tags", {"\"a\"", "2"}}};
  draft.remove = {{"tags", {"\"b\""}}};
  draft.base_given = true;
  draft.base = {{"title", Stamp::make(5, 6, 7)}};
  draft.payload = {{"note", "[1]"}};
  draft.extensions = {{"trace", "\"z\""}};
  CHECK(
      canonical(draft.line()) ==
      R"({"specversion":"1.0","id":"i\"1","source":"/c","type":"t","subject":"todo/1",)"
      R"("time":"2026-11-23T12:00:00.000Z","stamp":"000000000001-0002-0000000000000003","clientseq":"9",)"
      R"("causationid":"c","trace":"z","data":{"add":{"tags":["a",2]},)"
      R"("base":{"title":"000000000005-0006-0000000000000007"},"create":true,"inc":{"k":2},"note":[1],)"
      R"("remove":{"tags":["b"]},"set":{"n":1.0,"title":"x"},"unset":["gone"]}})");
  EventDraft deletion;
  deletion.id = "i";
  deletion.source = "s";
  deletion.type = "t";
  deletion.subject = "a/b";
  deletion.del = true;
  CHECK(canonical(deletion.line()).ends_with(R"("data":{"delete":true}})"));
}

TEST_CASE("an attribute that a colon follows hides nothing of what comes") {
  Decoder decoder;
  const std::string start =
      R"({"specversion":"1.0","id":"1","source":"/c","type":"t","subject":"k/1")";
  CHECK(decoder.decode(start + "}"));
  CHECK_FALSE(decoder.decode(start + R"(:"data"}})"));
  CHECK_FALSE(decoder.decode(start + R"(,"x":"y":{"data":{}}}})"));
  CHECK_FALSE(decoder.decode(start + R"(,"data":{"set":{"a":"b":1,"c":2}}}}})"));
}

TEST_CASE("what stands behind an event is no event that is cut off") {
  const std::string whole = R"({"type":"t","subject":"k/1","data":{"set":{"a":"}]\"{"}}})";
  Decoder decoder;
  for (const char* behind : {" garbage", ",", "//x", " x", "]", "}", "{", " {}", "\\"}) {
    INFO(behind);
    const auto read = decoder.decode_partial(whole + behind);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == "malformed");
    CHECK(read.error().detail == "there is text behind the event's closing brace");
  }
  for (std::size_t bytes : {1U, 9U, 30U, 45U, 50U}) {
    const auto read = decoder.decode_partial(whole.substr(0, bytes));
    REQUIRE_FALSE(read);
    CHECK(read.error().detail.find("behind") == std::string::npos);
  }
}
