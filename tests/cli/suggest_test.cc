#include "cli/text/suggest.h"

#include "support/catch.h"

using offsync::cli::did_you_mean;
using offsync::cli::nearest;

TEST_CASE("a mistyped word is taken for the nearest one") {
  const std::vector<std::string> commands = {"init", "emit", "sync", "watch", "state", "status"};
  CHECK(nearest("stauts", commands) == "status");
  CHECK(nearest("snyc", commands) == "sync");
  CHECK(nearest("watchh", commands) == "watch");
  CHECK(nearest("emti", commands) == "emit");
  CHECK(nearest("wat", commands) == "watch");
  CHECK(nearest("--dryrun", {"--dry-run", "--data"}) == "--dry-run");
}

TEST_CASE("what other programs call a command is known") {
  using offsync::cli::our_word_for;
  CHECK(our_word_for("pull") == "offsync sync --pull");
  CHECK(our_word_for("push") == "offsync sync --push");
  CHECK(our_word_for("history") == "offsync log");
  CHECK(our_word_for("frobnicate").empty());
  CHECK(our_word_for("").empty());
  CHECK(our_word_for("pull push").empty());
}

TEST_CASE("no word is suggested that could hardly be meant") {
  const std::vector<std::string> commands = {"init", "emit", "sync", "watch", "state", "status"};
  CHECK(nearest("frobnicate", commands).empty());
  CHECK(nearest("", commands).empty());
  CHECK(nearest("--", commands).empty());
  CHECK(nearest("x", commands).empty());
  CHECK(nearest("sta", commands).empty());  // state and status alike
  CHECK(nearest(std::string(100'000, 'a'), commands).empty());
  CHECK(did_you_mean("x", commands).empty());
  CHECK(did_you_mean("snyc", commands) == "did you mean sync?");
  CHECK(did_you_mean("frobnicate", commands).empty());
}

TEST_CASE("words that are equally near are named together, where they are few") {
  CHECK(did_you_mean("stat", {"init", "state", "status"}) == "did you mean state or status?");
  CHECK(did_you_mean("--sta", {"--stamps", "--data", "--state"}) ==
        "did you mean --stamps or --state?");
  CHECK(did_you_mean("sta", {"star", "stay", "stab", "stat"}).empty());
  CHECK(nearest("stat", {"state", "status"}).empty());
}
