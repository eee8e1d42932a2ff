#include "support/json_cases.h"

namespace offsync::test {
namespace {

using Cases = std::vector<JsonCase>;

void add(Cases& cases, Json verdict, std::initializer_list<const char*> texts) {
  for (const char* text : texts) cases.push_back({verdict, text});
}

void numbers(Cases& cases) {
  add(cases, Json::valid,
      {"0",
       "-0",
       "1",
       "-1",
       "9",
       "10",
       "-10",
       "42",
       "1234567890",
       "9007199254740993",
       "9223372036854775807",
       "-9223372036854775808",
       "18446744073709551615",
       "0.0",
       "-0.0",
       "0.5",
       "-0.5",
       "1.0",
       "1.50",
       "3.141592653589793238462643",
       "0.1000000000000000055511151231257827",
       "100.001",
       "1e0",
       "1E0",
       "1e+0",
       "1e-0",
       "1e00",
       "0e0",
       "0e5",
       "-0e-5",
       "0E+1",
       "1e10",
       "1E-10",
       "1.5e3",
       "1.5E+3",
       "1.5e-3",
       "12.34e56",
       "1e308",
       "-1e308",
       "1e-307",
       "0.0e0",
       "2.2250738585072014e-308",
       "1.7976931348623157e308"});
  add(cases, Json::invalid,
      {"01",
       "-01",
       "00",
       "-00",
       "012",
       "0001",
       "+1",
       "+0",
       "++1",
       "--1",
       "-",
       "+",
       ".",
       "-.",
       ".5",
       "-.5",
       "+.5",
       "1.",
       "-1.",
       "0.",
       "1.e1",
       ".e1",
       "e1",
       "E1",
       "1e",
       "1E",
       "1e+",
       "1e-",
       "1e1.5",
       "1ee1",
       "1e+-1",
       "0x1",
       "0X1F",
       "0b1",
       "0o7",
       "1_000",
       "1 000",
       "1,5,",
       "1f",
       "1L",
       "1n",
       "1d",
       "1a",
       "a1",
       "-a",
       "- 1",
       "1 .5",
       "1. 5",
       "1e 5",
       "1+1",
       "1-1",
       "1/2",
       "1*2",
       "1%",
       "$1",
       "#1",
       "1.2.3",
       "1..2",
       "0-",
       "0+",
       "NaN",
       "nan",
       "-NaN",
       "Infinity",
       "-Infinity",
       "inf",
       "-inf",
       "1#INF",
       "\xef\xbc\x91",
       "\xd9\xa1",
       "1\xc2\xa0",
       "\xe2\x88\x92"
       "1",
       "1\xe2\x82\xac",
       "0e",
       "0e+",
       "0.e1",
       "-e1",
       "1;",
       "(1)",
       "1:1"});
  add(cases, Json::either,
      {"18446744073709551616", "-9223372036854775809", "123456789012345678901234567890", "1e309",
       "-1e309", "1e999", "1e-400", "1e99999999999999999999", "0e99999999999999999999"});
  cases.push_back({Json::either, std::string(400, '9')});
  cases.push_back({Json::valid, "0." + std::string(400, '3')});
}

void words(Cases& cases) {
  add(cases, Json::valid, {"true", "false", "null"});
  add(cases, Json::invalid,
      {"True",
       "TRUE",
       "tRUE",
       "tru",
       "truee",
       "true1",
       "truefalse",
       "true false",
       "t",
       "False",
       "fals",
       "falsy",
       "f",
       "Null",
       "NULL",
       "nul",
       "nulll",
       "nil",
       "none",
       "None",
       "n",
       "undefined",
       "yes",
       "no",
       "on",
       "off",
       "x",
       "-true",
       "+null",
       "true,",
       "null null",
       "tr\\u0075e",
       "@",
       "true\xc2\xa0",
       "\xef\xbb\xbf"
       "true",
       "`true`",
       "<true>",
       "/*1*/1",
       "1//",
       "#",
       "!1",
       "~0",
       "\\",
       "\\n",
       "\\u0031",
       "\xe2\x80\xa8"
       "1",
       "\v1",
       "1\f",
       "\xc2\x85"
       "1"});
}

void strings(Cases& cases) {
  add(cases, Json::valid,
      {R"("")",
       R"(" ")",
       R"("a")",
       R"("Buy milk")",
       R"("\"")",
       R"("\\")",
       R"("\\\\\"")",
       R"("\b\f\n\r\t")",
       R"("{}[],:")",
       R"("// no comment")",
       R"("'")",
       "\"\x7f\"",
       "\"\xc2\x80\"",
       "\"\xc3\xa9\"",
       "\"\xdf\xbf\"",
       "\"\xe0\xa0\x80\"",
       "\"\xe2\x80\xa8\xe2\x80\xa9\"",
       "\"\xed\x9f\xbf\"",
       "\"\xee\x80\x80\"",
       "\"\xef\xbb\xbf\"",
       "\"\xef\xb7\x90\"",
       "\"\xef\xbf\xbe\"",
       "\"\xef\xbf\xbf\"",
       "\"\xf0\x90\x80\x80\"",
       "\"\xf0\x9f\x98\x80\"",
       "\"\xf4\x8f\xbf\xbf\"",
       R"("true")",
       R"("1e5")",
       R"("\u0000")",
       R"("\u001f")"});
  const std::pair<const char*, const char*> spelled[] = {
      {R"("\/")", R"("/")"},
      {R"("\u0041")", R"("A")"},
      {R"("\u00e9\u00E9")", "\"\xc3\xa9\xc3\xa9\""},
      {R"("\u0022")", R"("\"")"},
      {R"("\u005c")", R"("\\")"},
      {R"("\u000a\u0008")", R"("\n\b")"},
      {R"("\u000B")", R"("\u000b")"},
      {R"("\ud83d\ude00")", "\"\xf0\x9f\x98\x80\""},
      {R"("\uDBFF\uDFFF")", "\"\xf4\x8f\xbf\xbf\""},
      {R"("\ufffe\uffff\ufeff")", "\"\xef\xbf\xbe\xef\xbf\xbf\xef\xbb\xbf\""},
      {R"("\u2028")", "\"\xe2\x80\xa8\""},
      {R"("\u007f")", "\"\x7f\""}};
  for (const auto& [text, canonical] : spelled) {
    cases.push_back({Json::valid, text, canonical});
  }
  add(cases, Json::invalid,
      {R"(")",
       R"("a)",
       R"(a")",
       R"('a')",
       R"("a')",
       R"("a""b")",
       R"("a" "b")",
       R"("\")",
       R"("\x41")",
       R"("\a")",
       R"("\'")",
       R"("\0")",
       R"("\v")",
       R"("\e")",
       R"("\U0041")",
       R"("\u")",
       R"("\u0")",
       R"("\u00")",
       R"("\u004")",
       R"("\u00g1")",
       R"("\u 041")",
       R"("\u+041")",
       R"("\uu041")",
       R"("\N{A}")",
       R"("\ ")",
       R"("\d")",
       R"(`a`)",
       R"(""a)",
       R"(a)",
       "\xe2\x80\x9c"
       "a\xe2\x80\x9d"});
  for (char c = 1; c < 0x20; ++c)
    cases.push_back({Json::invalid, "\"a" + std::string(1, c) + "b\""});
  cases.push_back({Json::invalid, "\"a" + std::string(1, '\0') + "b\""});
  // No UTF-8: alone, cut short, longer than it need be, halves of pairs, beyond the last.
  for (const char* bytes : {"\x80",
                            "\xbf",
                            "\xc3",
                            "\xc3(",
                            "\xe2\x82",
                            "\xe2(\xa1",
                            "\xe2\x82(",
                            "\xf0\x9f\x98",
                            "\xf0(\x8c\xbc",
                            "\xf0\x90(\xbc",
                            "\xf0\x28\x8c(",
                            "\xc0\x80",
                            "\xc1\xbf",
                            "\xe0\x80\x80",
                            "\xe0\x9f\xbf",
                            "\xf0\x80\x80\x80",
                            "\xf0\x8f\xbf\xbf",
                            "\xed\xa0\x80",
                            "\xed\xbf\xbf",
                            "\xed\xa0\xbd\xed\xb8\x80",
                            "\xf4\x90\x80\x80",
                            "\xf5\x80\x80\x80",
                            "\xf8\x88\x80\x80\x80",
                            "\xfe",
                            "\xff",
                            "\xff\xfe",
                            "\xc3\xa9\xa9"}) {
    cases.push_back({Json::invalid, "\"" + std::string(bytes) + "\""});
    cases.push_back({Json::invalid, "{\"" + std::string(bytes) + "\":1}"});
  }
  add(cases, Json::either,
      {R"("\ud800")", R"("\udc00")", R"("\ud83d")", R"("\ude00\ud83d")", R"("\ud83dx")",
       R"("\ud83d\u0041")", R"("\ud83d\ud83d\ude00")", R"({"\ud800":1})"});
}

void structures(Cases& cases) {
  add(cases, Json::valid,
      {"[]",
       "{}",
       "[[]]",
       "[{}]",
       R"({"a":[]})",
       "[1]",
       "[1,2,3]",
       R"(["a",1,true,null,{},[]])",
       R"({"a":1})",
       R"({"a":1,"b":2})",
       R"({"":1})",
       R"({" ":{"":[]}})",
       R"({"a":{"a":{"a":0}}})",
       R"([[[[[[1]]]]]])",
       R"({"\"":1})",
       R"({"__proto__":1,"constructor":2})",
       R"([0,-0,0.0])",
       R"(["]"])",
       R"(["}",{"{":"["}])",
       R"({"set":{"x":1}})"});
  const std::pair<const char*, const char*> spelled[] = {
      {"[ ]", "[]"},
      {"{ }", "{}"},
      {"\t[\t1\t,\t2\t]\t", "[1,2]"},
      {" { \"a\" : 1 } ", R"({"a":1})"},
      {"\r\n[\r\n1\r\n]\r\n", "[1]"},
      {"\n {\n\"a\"\n:\n1\n,\n\"b\"\n:\n2\n}\n", R"({"a":1,"b":2})"},
      {R"({"b":1,"a":2})", R"({"a":2,"b":1})"},
      {R"({"b":1,"\u0061":{"d":1,"c":2}})", R"({"a":{"c":2,"d":1},"b":1})"}};
  for (const auto& [text, canonical] : spelled) {
    cases.push_back({Json::valid, text, canonical});
  }
  add(cases, Json::invalid,
      {"",
       " ",
       ",",
       ":",
       "[",
       "]",
       "{",
       "[,]",
       "[1,]",
       "[,1]",
       "[1,,2]",
       "[1 2]",
       "[1;2]",
       "[1:2]",
       "[1}",
       "[1",
       "[[1]",
       "[1]]",
       "[[]",
       "[}",
       "[\"a\" \"b\"]",
       "[\"a\":1]",
       "[1,2",
       "[-foo]",
       "[a]",
       "[NaN]",
       "[tru]",
       "[1,[2}]",
       "{]",
       "{,}",
       R"({"a"})",
       R"({"a":})",
       R"({:1})",
       R"({a:1})",
       R"({'a':1})",
       R"({1:1})",
       R"({null:1})",
       R"({true:1})",
       R"({[]:1})",
       R"({{}:1})",
       R"({"a" 1})",
       R"({"a"=1})",
       R"({"a"::1})",
       R"({"a":1,})",
       R"({,"a":1})",
       R"({"a":1,,"b":2})",
       R"({"a":1 "b":2})",
       R"({"a":1;"b":2})",
       R"({"a":1:2})",
       R"({"a","b"})",
       R"({"a":1])",
       R"({"a":1)",
       R"({"a":[1}})",
       R"({"a":{]})",
       R"({"a":1 2})",
       R"({"a":"b})",
       R"({"a":b})",
       "[1]2",
       "[1][2]",
       "{}{}",
       "{}[]",
       "[]{}",
       "1 2",
       "\"a\" 1",
       "[1]//x",
       "/*x*/[1]",
       "[1/*x*/]",
       "[1,#x\n2]",
       "[\xef\xbb\xbf]",
       "[\v1]",
       "[1\f]",
       "[\xc2\xa0"
       "1]",
       "[\xe2\x80\xa8"
       "1]",
       "[1\xe3\x80\x80]",
       "(1,2)",
       "<a/>",
       "a: 1",
       "- 1",
       "[1,...]",
       "{...}",
       "[1,2]]",
       "{\"a\":1}}}}}"});
  add(cases, Json::either,
      {R"({"a":1,"a":1})", R"({"a":1,"a":2})", R"({"a":1,"\u0061":2})", R"([{"a":{},"a":{}}])",
       R"({"":1,"":2})"});
}

void depths(Cases& cases) {
  const auto nested = [](int levels, const char* open, const char* inner, const char* close) {
    std::string text;
    for (int i = 0; i < levels; ++i) text += open;
    text += inner;
    for (int i = 0; i < levels; ++i) text += close;
    return text;
  };
  for (const int levels : {2, 8, 29}) {
    cases.push_back({Json::valid, nested(levels, "[", "1", "]")});
    cases.push_back({Json::valid, nested(levels, "{\"a\":", "1", "}")});
  }
  for (const int levels : {40, 200, 2000, 50'000}) {
    cases.push_back({Json::either, nested(levels, "[", "1", "]")});
    cases.push_back({Json::either, nested(levels, "{\"a\":", "1", "}")});
    cases.push_back({Json::invalid, nested(levels, "[", "", "")});
    cases.push_back({Json::invalid, nested(levels, "{\"a\":", "1", "")});
  }
}

}  // namespace

std::string json_event(const std::string& id, const std::string& text) {
  return R"({"specversion":"1.0","id":")" + id +
         R"(","source":"/json","type":"t","subject":"json/1","time":"2020-02-02T10:00:00Z",)" +
         R"("data":{"set":{"v":)" + text + "}}}";
}

std::vector<JsonCase> json_cases() {
  Cases cases;
  numbers(cases);
  words(cases);
  strings(cases);
  structures(cases);
  depths(cases);
  return cases;
}

}  // namespace offsync::test
