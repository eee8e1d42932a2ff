#include "cli/fold_pipeline.h"

#include <fmt/format.h>

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

TEST_CASE("the pipeline folds what a plain loop folds, long lines and refused ones between") {
  for (const int count : {0, 1, 127, 128, 129, 5000}) {
    State plain;
    State piped;
    cli::FoldPipeline pipeline(piped);
    Decoder decoder;
    for (int n = 0; n < count; ++n) {
      const std::string line = event(n, n % 50 == 49 ? 20'000 : 0);
      plain.fold(**decoder.decode(line));
      if (n % 3 == 0) CHECK_FALSE(pipeline.decoder(1).decode("{"));
      const auto decoded = pipeline.decoder(line.size()).decode(line);
      REQUIRE(decoded);
      pipeline.add(**decoded);
    }
    pipeline.finish();
    CHECK(records(piped) == records(plain));
  }
}

TEST_CASE("a pipeline can be finished and begun again") {
  State state;
  cli::FoldPipeline pipeline(state);
  for (int round = 0; round < 3; ++round) {
    for (int n = 0; n < 300; ++n) {
      const std::string line = event(round * 300 + n);
      pipeline.add(**pipeline.decoder(line.size()).decode(line));
    }
    pipeline.finish();
    pipeline.finish();
  }
  const Entity* entity = state.find("todo/0");
  REQUIRE(entity != nullptr);
  CHECK(entity->find("n")->sum().text() == "129");
}
