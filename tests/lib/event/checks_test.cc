#include "event/checks.h"

#include <string>

#include "base/limits.h"
#include "event/decoder.h"
#include "event/value.h"
#include "support/catch.h"

using namespace offsync;
using namespace std::string_literals;

TEST_CASE("checks: a subject is kind/id") {
  for (const char* good : {"todo/1", "k/i/d", "Küche/ö", "a/ ", "a//", "~/.."}) {
    CHECK(check_subject(good).ok());
  }
  for (const char* bad : {"", "/", "todo", "todo/", "/1"}) {
    CHECK(check_subject(bad).error().code == "bad_attribute");
    CHECK(check_subject(bad).error().detail.find("kind/id") != std::string::npos);
  }
  for (const std::string& bad : {"a/\n"s, "a/\0"s, "a/\x7f"s, "\t/1"s, "a/\x1b[31m"s}) {
    CHECK(check_subject(bad).error().code == "bad_attribute");
    CHECK_FALSE(has_control(check_subject(bad).error().detail));  // an error does no harm
  }
  CHECK(check_subject("a/\xff").error().code == "malformed");
  CHECK(check_subject("a/" + std::string(limits::kSubjectBytes - 2, 'x')).ok());
  CHECK(check_subject("a/" + std::string(limits::kSubjectBytes - 1, 'x')).error().code ==
        "too_large");
}

TEST_CASE("checks: types and sources") {
  CHECK(check_type("todo.created").ok());
  CHECK(check_type("").error().code == "bad_attribute");
  CHECK(check_type(std::string(limits::kTypeBytes, 't')).ok());
  CHECK(check_type(std::string(limits::kTypeBytes + 1, 't')).error().code == "too_large");
  CHECK(check_source(std::string(limits::kSourceBytes, 's')).ok());
  CHECK(check_source(std::string(limits::kSourceBytes + 1, 's')).error().code == "too_large");
  CHECK(check_source("till 3").ok());  // as it comes from elsewhere
  CHECK(check_own_source("/clients/till-3?a=%20#x").ok());
  for (const char* bad :
       {"till 3", "/kl\u00e4r", "<a>", "a|b", "a\\b", "\"a\"", "{a}", "a^b", "a`b"}) {
    CHECK(check_own_source(bad).error().code == "bad_attribute");
  }
  CHECK(check_own_source("/proxy").error().code == "reserved_source");
  CHECK(check_own_source("/proxy/1").ok());
  CHECK(check_own_source("").error().code == "bad_attribute");
  CHECK(check_source("/a\r\nid: 1").error().code == "bad_attribute");  // no line of a stream
  CHECK(check_type("\xed\xa0\x80").error().code == "malformed");       // half a surrogate pair
}

TEST_CASE("checks: field names") {
  for (const std::string& good : {"title"s, "ü"s, " "s, "$where"s, "a.b"s, "__proto__"s,
                                  std::string(limits::kFieldNameBytes, 'n')}) {
    CHECK(check_field_name(good).ok());
  }
  for (const std::string& bad : {""s, "a\"b"s, "a\\b"s, "a\nb"s, "a\0b"s, "\x7f"s, "\xff"s,
                                 std::string(limits::kFieldNameBytes + 1, 'n')}) {
    CHECK(check_field_name(bad).error().code == "bad_operation");
    CHECK_FALSE(has_control(check_field_name(bad).error().detail));
  }
}

TEST_CASE("checks: names of CloudEvents attributes") {
  for (const char* good : {"a", "0", "traceparent", "abcdefghij0123456789"}) {
    CHECK(is_attribute_name(good));
  }
  for (const char* bad : {"", "A", "a-b", "a_b", "ä", "abcdefghij0123456789x", " a"}) {
    CHECK_FALSE(is_attribute_name(bad));
  }
}

TEST_CASE("checks: counting numbers are from 1 to 2^63-1, in one form") {
  CHECK(parse_counting("1") == 1);
  CHECK(parse_counting("9223372036854775807") == 9223372036854775807U);
  for (const char* bad : {"", "0", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "x",
                          "9223372036854775808", "18446744073709551616", "99999999999999999999"}) {
    CHECK_FALSE(parse_counting(bad).has_value());
  }
}

TEST_CASE("checks: text in an error message is short, one line, and UTF-8 as far as it was") {
  CHECK(printable("todo/1") == "todo/1");
  CHECK(printable("a\nb\x1b[31m\"") == "a\\nb\\u001b[31m\\\"");
  const std::string cut = printable(std::string(1000, 'x'));
  CHECK(cut.size() < 80);
  CHECK(cut.substr(cut.size() - 3) == "…");
  for (std::size_t at = 50; at < 64;
       ++at) {  // a character at the cut is kept or dropped as a whole
    const std::string text = std::string(at, 'x') + "€€€€€€€€€€€€€€€€€€";
    CHECK(valid_utf8(printable(text)));
  }
}

TEST_CASE("checks: an event is measured the same before and after it is encoded, and closely") {
  const std::string most =
      R"({"specversion":"1.0","id":"0193594d-3f7b-7000-8000-000000000001","source":"/clients/a",)"
      R"("type":"todo.created","subject":"todo/1","time":"2026-11-23T12:00:00.123Z",)"
      R"("clientseq":"9223372036854775807","causationid":"0193594d-3f7b-7000-8000-000000000002",)"
      R"("traceparent":"00-x","data":{"set":{"title":"Buy milk"}}})";
  const std::string least =
      R"({"specversion":"1.0","id":"i","source":"s","type":"t","subject":"k/1"})";
  for (const std::string& line : {most, least}) {
    Decoder decoder;
    const EventView* event = *decoder.decode(line);
    const std::size_t measured = content_bytes(*event);
    const std::string content = encode_content(*event);
    CHECK(measured + 100 >= content.size());
    CHECK(measured <= content.size() + 100);
    CHECK(content_bytes(**decoder.decode(content)) == measured);
  }
}

TEST_CASE("checks: the end of a long text is not taken for the middle of a character") {
  for (const char* bytes : {"\x80", "\xbf\xbf\xbf\xbf"}) {
    std::string text;
    while (text.size() < 200) text += bytes;
    CHECK(printable(text).size() < 80);  // all of it continuation bytes: no UTF-8, and no loop
  }
}
