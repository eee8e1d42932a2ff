#include "wire/compressor.h"

#include <string>

#include "support/catch.h"

namespace offsync {

TEST_CASE("compressor: in pieces of any size, what comes out is what went in") {
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += "line " + std::to_string(i * 7919 % 10'007) + "\n";
  for (const auto coding : {Coding::identity, Coding::gzip, Coding::zstd}) {
    for (const std::size_t step : {std::size_t{7}, std::size_t{4096}, text.size()}) {
      Compressor compressor(coding);
      std::string out;
      for (std::size_t at = 0; at < text.size(); at += step) {
        compressor.add(std::string_view(text).substr(at, step), out);
      }
      compressor.finish(out);
      if (coding != Coding::identity) CHECK(out.size() < text.size() / 2);
      const auto back = decompress(out, coding, text.size());
      REQUIRE(back.ok());
      CHECK(*back == text);
    }
  }
}

TEST_CASE("compressor: nothing at all is a valid body too") {
  for (const auto coding : {Coding::gzip, Coding::zstd}) {
    Compressor compressor(coding);
    std::string out;
    compressor.finish(out);
    const auto back = decompress(out, coding, 10);
    REQUIRE(back.ok());
    CHECK(back->empty());
  }
}

}  // namespace offsync
