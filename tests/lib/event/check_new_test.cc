// What may come into a log now, and what may not any more but stays readable.
#include <fmt/format.h>

#include <string>

#include "event/checks.h"
#include "event/decoder.h"
#include "support/catch.h"

using namespace offsync;

namespace {

std::string event(std::string_view more, std::string_view data = R"({"set":{"a":1}})") {
  return fmt::format(R"({{"specversion":"1.0","id":"e1","source":"/c/a","type":"t",)"
                     R"("subject":"todo/1"{},"data":{}}})",
                     more, data);
}

// "ok", the code of check_new(), or "unreadable".
std::string judged(const std::string& line) {
  Decoder decoder;
  const auto read = decoder.decode(line);
  if (!read) return "unreadable: " + read.error().message();
  const Status good = check_new(**read);
  return good ? "ok" : good.error().code;
}

std::string replaced(std::string line, std::string_view from, std::string_view to) {
  return line.replace(line.find(from), from.size(), to);
}

const std::string kForbidden[] = {
    "\xc2\x80",         "\xc2\x85",         "\xc2\x9b",        "\xc2\x9f",  // C1
    "\xef\xb7\x90",     "\xef\xb7\xaf",                                     // U+FDD0, U+FDEF
    "\xef\xbf\xbe",     "\xef\xbf\xbf",                                     // U+FFFE, U+FFFF
    "\xf0\x9f\xbf\xbe", "\xf0\x9f\xbf\xbf", "\xf4\x8f\xbf\xbf"};  // U+1FFFE, U+1FFFF, U+10FFFF
const std::string kAllowed[] = {"\xc2\xa0", "\xef\xb7\x8f",     "\xef\xb7\xb0",     "\xef\xbf\xbd",
                                "é",        "\xe2\x80\x8b",     "\xf0\x9f\x98\x80", "\xc3\x80",
                                "日本",     "\xf0\x97\xbf\xbe", "\xee\x80\x80",     "\xe1\xbf\xbe"};

}  // namespace

TEST_CASE("check new: C1 and noncharacters stand in no attribute and no field name") {
  for (const std::string open : {"e1", "/c/a", ":\"t", "todo/1"}) {
    for (const std::string& bad : kForbidden) {
      CHECK(judged(replaced(event(""), open, open + bad)) == "bad_attribute");
    }
    for (const std::string& good : kAllowed) {
      CHECK(judged(replaced(event(""), open, open + good)) == "ok");
    }
  }
  for (const std::string& bad : kForbidden) {
    INFO(printable(bad));
    CHECK(judged(event(R"(,"causationid":"c)" + bad + "\"")) == "bad_attribute");
    CHECK(judged(event(R"(,"note":"n)" + bad + "\"")) == "bad_attribute");
    for (const char* data : {R"({{"set":{{"f{}":1}}}})", R"({{"unset":["f{}"]}})",
                             R"({{"inc":{{"f{}":1}}}})", R"({{"add":{{"f{}":[1]}}}})"}) {
      CHECK(judged(event("", fmt::format(fmt::runtime(data), bad))) == "bad_operation");
    }
    // Values are the user's own.
    CHECK(judged(event("", R"({"set":{"f":")" + bad + R"("},"p)" + bad + R"(":1})")) == "ok");
    CHECK(check_subject("todo/" + bad).error().code == "bad_attribute");
    CHECK(check_type(bad).error().code == "bad_attribute");
    CHECK(check_source(bad).error().code == "bad_attribute");
    CHECK(check_field_name(bad).error().code == "bad_operation");
    CHECK(check_known_subject("todo/" + bad).ok());
  }
  for (const std::string& good : kAllowed) {
    INFO(good);
    CHECK(judged(event(R"(,"note":"n)" + good + "\"")) == "ok");
    CHECK(check_subject("todo/" + good).ok());
    CHECK(check_field_name(good).ok());
  }
}

TEST_CASE("check new: a control character stands in no extension either") {
  for (const char* bad : {R"("a\nb")", R"("\u0000")", R"("\u001f")", "\"\x7f\"", R"("\\\b")"}) {
    INFO(bad);
    CHECK(judged(event(std::string(R"(,"note":)") + bad)) == "bad_attribute");
  }
  for (const char* good : {R"("a\\nb")", R"("\"")", "1", "true", R"("\\\\")"}) {
    INFO(good);
    CHECK(judged(event(std::string(R"(,"note":)") + good)) == "ok");
  }
}

TEST_CASE("check new: second 60 is where a leap second can be") {
  const auto timed = [](const char* time) {
    return judged(event(fmt::format(R"(,"time":"{}")", time)));
  };
  CHECK(timed("2016-12-31T23:59:60Z") == "ok");
  CHECK(timed("2017-01-01T00:59:60.5+01:00") == "ok");
  CHECK(timed("2016-12-31T12:00:60Z") == "bad_attribute");
  CHECK(timed("2016-12-31T23:59:60+01:00") == "bad_attribute");
}

TEST_CASE("check new: an element stands in one spelling") {
  CHECK(judged(event("", R"({"add":{"s":[1,2],"t":[1.0]}})")) == "ok");
  CHECK(judged(event("", R"({"add":{"s":[1,1.0]}})")) == "bad_operation");
  CHECK(judged(event("", R"({"add":{"s":[1]},"remove":{"s":[1e0]}})")) == "bad_operation");
  CHECK(judged(event("", R"({"add":{"s":["1","1.0"]}})")) == "ok");
  CHECK(judged(event("", R"({"add":{"s":[[0],[-0]]}})")) == "bad_operation");
}

TEST_CASE("stamps of a leap second are in order of its times") {
  const auto stamp = [](const char* time) {
    Decoder decoder;
    return (*decoder.decode(event(fmt::format(R"(,"time":"2016-12-{}")", time))))->stamp;
  };
  const Stamp before = stamp("31T23:59:59.999Z"), begin = stamp("31T23:59:60Z"),
              early = stamp("31T23:59:60.100Z"), late = stamp("31T23:59:60.900Z"),
              end = stamp("31T23:59:60.9999Z");
  CHECK(stamp("31T23:59:59.900Z") < early);
  CHECK(before < begin);
  CHECK(begin < early);
  CHECK(early < late);
  CHECK(late < end);
  Decoder decoder;
  CHECK(end < (*decoder.decode(event(R"(,"time":"2017-01-01T00:00:00Z")")))->stamp);
  CHECK(before.counter() == 0);
}

TEST_CASE("an attribute that is null is absent, and is there once") {
  Decoder decoder;
  for (const char* name :
       {"time", "stamp", "clientseq", "causationid", "sequence", "recordedtime", "note"}) {
    const std::string null = fmt::format(R"(,"{}":null)", name);
    const auto read = decoder.decode(event(null));
    INFO(name);
    REQUIRE(read);
    CHECK(encode(**read) == encode_content(**read));
    CHECK(encode(**read).find(name) == std::string::npos);
    CHECK((*read)->stamp.none());
    CHECK(decoder.decode(event(null + null)).error().code == "duplicate_name");
    CHECK(decoder.decode(event(null + fmt::format(R"(,"{}":"1")", name))).error().code ==
          "duplicate_name");
  }
  const std::string good = event("");
  for (const char* value : {R"("1.0")", R"("e1")", R"("/c/a")", R"("t")", R"("todo/1")"}) {
    CHECK(decoder.decode(replaced(good, value, "null")).error().code == "missing");
  }
  CHECK(decoder.decode_partial(replaced(good, R"("e1")", "null")).ok());
  CHECK((*decoder.decode_partial(replaced(good, R"("/c/a")", "null")))->source.empty());
  for (const char* word : {"nul", "nulL", "nullx", "n"}) {
    CHECK(decoder.decode(event(fmt::format(R"(,"time":{})", word))).error().code == "malformed");
  }
  CHECK((*decoder.decode(event("", "null")))->data == "{}");
  const std::string binary = R"(,"data_base64":null)";
  CHECK((*decoder.decode(event(binary)))->extensions.empty());
  CHECK(encode(**decoder.decode(event(binary))) == encode(**decoder.decode(event(""))));
  CHECK(decoder.decode(event(binary + binary)).error().code == "duplicate_name");
}

TEST_CASE("what earlier versions took stays readable") {
  Decoder decoder;
  for (const std::string& line :
       {event(R"(,"time":"2016-12-31T12:00:60Z")"), event(R"(,"note":"a\nb")"),
        event("", R"({"add":{"s":[1,1.0]}})"), replaced(event(""), "todo/1", "todo/\xc2\x85")}) {
    const auto read = decoder.decode(line);
    REQUIRE(read);
    CHECK_FALSE(check_new(**read).ok());
    const std::string written = encode(**read);
    REQUIRE(decoder.decode(written));
  }
}
