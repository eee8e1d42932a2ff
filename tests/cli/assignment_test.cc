#include "cli/input/assignment.h"

#include "support/catch.h"

using namespace offsync;
using namespace offsync::cli;

namespace {

EventDraft assigned(std::initializer_list<const char*> arguments) {
  EventDraft draft;
  for (const char* argument : arguments) {
    const Status added = add_assignment(argument, draft);
    if (!added) FAIL(argument << ": " << added.error().message());
  }
  return draft;
}

Error refused(std::string_view argument) {
  EventDraft draft;
  const Status added = add_assignment(argument, draft);
  INFO(argument);
  REQUIRE_FALSE(added.ok());
  CHECK(draft.set.empty());
  CHECK(draft.inc.empty());
  return added.error();
}

}  // namespace

TEST_CASE("assignment: text, JSON and numbers") {
  const EventDraft draft =
      assigned({"title=Buy milk", "empty=", "equation=a=b", "quote=\"x\"\\", "done:=false",
                "n:=1.50", "list:=[1, {\"b\":1,\"a\":2}]", "none:=null", "k+=1", "m+=-2.5"});
  CHECK(draft.set == std::map<std::string, std::string>{{"title", R"("Buy milk")"},
                                                        {"empty", R"("")"},
                                                        {"equation", R"("a=b")"},
                                                        {"quote", R"("\"x\"\\")"},
                                                        {"done", "false"},
                                                        {"n", "1.50"},
                                                        {"list", R"([1,{"a":2,"b":1}])"},
                                                        {"none", "null"}});
  CHECK(draft.inc == std::map<std::string, std::string>{{"k", "1"}, {"m", "-2.5"}});
}

TEST_CASE("assignment: names may have what is no mark") {
  const EventDraft draft = assigned({"ab=1", "ü=2", "-x=3", "a.b=4", "a:b=5", "a+b:=6"});
  CHECK(draft.set.size() == 6);
  CHECK(draft.set.at("a:b") == "\"5\"");
  CHECK(draft.set.at("a+b") == "6");
}

TEST_CASE("assignment: what has not the shape is a usage error") {
  for (const char* argument : {"", "title", "=x", ":=1", "+=1", "a\"b=1", "a\nb=1"}) {
    CHECK(refused(argument).kind == Errc::usage);
  }
  CHECK(refused(std::string(65, 'n') + "=1").kind == Errc::usage);
}

TEST_CASE("assignment: a value that cannot be kept is bad data, and says how to write text") {
  for (const char* argument :
       {"n:=milk", "n:=", "n:={", "n:=1 2", "n:=NaN", "n:={\"a\":1,\"a\":2}"}) {
    CHECK(refused(argument).kind == Errc::bad_data);
  }
  CHECK(refused("n:=milk").hint == "for plain text write n=milk");
  CHECK(refused("n=\xff").kind == Errc::bad_data);
}

TEST_CASE("assignment: a field is given once") {
  for (const char* second : {"n=2", "n:=2"}) {
    EventDraft draft = assigned({"n=1"});
    const Error error = add_assignment(second, draft).error();
    CHECK(error.code == "bad_operation");
    CHECK(error.kind == Errc::bad_data);
    CHECK(draft.set.at("n") == "\"1\"");
  }
  EventDraft draft = assigned({"n+=1"});
  CHECK_FALSE(add_assignment("n+=1", draft).ok());
  REQUIRE(add_unset("x", draft).ok());
  CHECK_FALSE(add_unset("x", draft).ok());
  CHECK_FALSE(add_unset("", draft).ok());
  CHECK(draft.unset == std::vector<std::string>{"x"});
}

TEST_CASE("assignment: a number is added or taken away") {
  const EventDraft draft =
      assigned({"a+=1", "b-=1", "c-=-2.5", "d+=-1e3", "e-=0", "f-=1e-3", "g+= 7 ", "h-=-0"});
  CHECK(draft.inc == std::map<std::string, std::string>{{"a", "1"},
                                                        {"b", "-1"},
                                                        {"c", "2.5"},
                                                        {"d", "-1e3"},
                                                        {"e", "0"},
                                                        {"f", "-1e-3"},
                                                        {"g", "7"},
                                                        {"h", "0"}});
  for (const char* argument : {"n-=", "n-=two", "n+=\"1\"", "n-=true", "n+=[1]", "n-=--1"}) {
    CHECK(refused(argument).kind == Errc::bad_data);
    CHECK(refused(argument).detail.find("is to be a number") != std::string::npos);
  }
}

TEST_CASE("assignment: a name that is hardly meant is questioned") {
  for (const char* argument :
       {"n*=2", "n/=2", "n==1",     "n!=1",   "n?=1",  "n~=1",  "n.=x",  "n|=1",  "n ^=1",
        "n =1", " n=1", "cou nt=2", "a b:=1", "n+:=1", "n--=1", "n++=1", "n::=1", "n<=1",
        "n,=1", "n@=1", "n#=1",     "n$=1",   "n[=1",  "n{=1",  "n'=1",  "n`:=1", "n(=1"}) {
    INFO(argument);
    if (std::string_view(argument) == "n==1") {
      CHECK(assigned({argument}).set.at("n") == "\"=1\"");  // a value may begin with anything
      continue;
    }
    CHECK(refused(argument).kind == Errc::usage);
    CHECK(refused(argument).hint.find("--data") != std::string::npos);
  }
  EventDraft draft;
  for (const char* name : {"n=", "n=1", "n*", "n ", "n m", "n@"})
    CHECK_FALSE(add_unset(name, draft).ok());
  CHECK(draft.unset.empty());
}

TEST_CASE("assignment: elements of a set keep their order, and += is no mark for them") {
  std::map<std::string, std::vector<std::string>> into;
  REQUIRE(add_element("--add", "tags=b", into).ok());
  REQUIRE(add_element("--add", "tags:=1", into).ok());
  REQUIRE(add_element("--add", "tags=a", into).ok());
  CHECK(add_element("--add", "n+=1", into).error().kind == Errc::usage);
  CHECK(into.at("tags") == std::vector<std::string>{R"("b")", "1", R"("a")"});
  CHECK(into.size() == 1);
  const Status bad = add_element("--remove", "tags", into);
  CHECK(bad.error().kind == Errc::usage);
  CHECK(bad.error().detail.find("--remove 'tags'") == 0);
  CHECK(add_element("--add", "tags:=x", into).error().kind == Errc::bad_data);
}
