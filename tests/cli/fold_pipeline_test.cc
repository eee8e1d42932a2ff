#include "cli/input/fold_pipeline.h"

#include <fmt/format.h>

#include <new>

#include "state/entity_codec.h"
#include "support/catch.h"

using namespace offsync;

namespace {

std::string event(int n, std::size_t padding = 0) {
  return fmt::format(
      R"({{"specversion":"1.0","id":"e{}","source":"/c","type":"t","subject":"todo/{}","stamp":"{}",)"
      R"("data":{{"inc":{{"n":1}},"set":{{"last":{},"text":"{}"}}}}}})",
      n, n % 7, Stamp::make(1000 + n, 0, 1).text(), n, std::string(padding, 'x'));
}

std::string records(const State& state) {
  std::string out;
  for (const auto& [subject, entity] : state.sorted())
    out += encode_entity(subject, *entity) + "\n";
  return out;
}

}  // namespace

TEST_CASE("the pipeline folds what a plain loop folds, and tells bad lines in order") {
  for (const int count : {0, 1, 127, 128, 129, 5000}) {
    State plain;
    State piped;
    cli::FoldPipeline pipeline(piped);
    Decoder decoder;
    std::vector<std::uint64_t> bad, told;
    for (int n = 0; n < count; ++n) {
      const auto number = static_cast<std::uint64_t>(n) * 3;
      const std::string line = event(n, n % 50 == 49 ? 20'000 : 0);
      plain.fold(**decoder.decode(line));
      pipeline.add(line, number, number * 10);
      if (n % 3 == 0) pipeline.add("{", bad.emplace_back(number + 1), 0);
      if (n % 5 == 0) pipeline.add_refused({bad.emplace_back(number + 2), 0, Error{}});
    }
    pipeline.finish();
    CHECK(records(piped) == records(plain));
    for (const cli::Refused& refused : pipeline.take_refused()) told.push_back(refused.number);
    CHECK(told == bad);
    CHECK(pipeline.take_refused().empty());
  }
}

TEST_CASE("bad lines are told while the pipeline runs, with their place and why") {
  State state;
  cli::FoldPipeline pipeline(state);
  std::vector<cli::Refused> refused;
  for (std::uint64_t n = 1; refused.empty() && n < 100'000; ++n) {
    pipeline.add(n == 7 ? "[]" : event(static_cast<int>(n)), n, n * 100);
    refused = pipeline.take_refused();
  }
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].number == 7);
  CHECK(refused[0].byte == 700);
  CHECK(refused[0].error.code == "malformed");
}

TEST_CASE("only what is wanted is folded") {
  State state;
  cli::FoldPipeline pipeline(state,
                             [](const EventView& event) { return event.subject == "todo/3"; });
  for (int n = 0; n < 1000; ++n) pipeline.add(event(n), 1, 0);
  pipeline.finish();
  CHECK(state.size() == 1);
  REQUIRE(state.find("todo/3") != nullptr);
  CHECK(state.find("todo/3")->find("n")->sum().text() == "143");
}

TEST_CASE("what a thread of the pipeline throws comes to who adds") {
  for (const int count : {1, 200, 5000}) {
    State state;
    cli::FoldPipeline pipeline(state,
                               [](const EventView&) -> Result<bool> { throw std::bad_alloc(); });
    const auto fold = [&] {
      for (int n = 0; n < count; ++n) pipeline.add(event(n), static_cast<std::uint64_t>(n), 0);
      pipeline.finish();
    };
    CHECK_THROWS_AS(fold(), std::bad_alloc);
  }
}

TEST_CASE("a pipeline can be finished and begun again") {
  State state;
  cli::FoldPipeline pipeline(state);
  for (int round = 0; round < 3; ++round) {
    for (int n = 0; n < 300; ++n) pipeline.add(event(round * 300 + n), 1, 0);
    pipeline.finish();
    pipeline.finish();
  }
  const Entity* entity = state.find("todo/0");
  REQUIRE(entity != nullptr);
  CHECK(entity->find("n")->sum().text() == "129");
}
