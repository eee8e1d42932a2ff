// A POST's body: decompressed within its limit, and divided into events so that what was divided
// and put together again divides in the same way.
#include "base/limits.h"
#include "fuzz/check.h"
#include "proxy/api/split_body.h"
#include "wire/compress.h"
#include "wire/compressor.h"

namespace offsync::fuzz {
namespace {

using proxy::split_body;
using Lines = std::vector<std::string>;

std::string joined(const Lines& lines, std::string_view between) {
  std::string out;
  for (const std::string& line : lines) {
    if (!out.empty()) out += between;
    out += line;
  }
  return out;
}

void check_split(std::string_view type, std::string_view body) {
  const auto split = split_body(type, body);
  if (const auto* problem = std::get_if<Problem>(&split)) {
    require(problem->status == 400 || problem->status == 413, "a refusal is a 4xx", body);
    require(!problem->detail.empty(), "a refusal says why", body);
    return;
  }
  const auto& lines = std::get<Lines>(split);
  require(lines.size() <= limits::kBodyEvents, "a body's events are bounded");
  std::string again;
  if (type == "application/x-ndjson") {
    again = joined(lines, "\n");
    for (const auto& line : lines) require(line.find('\n') == line.npos, "a line is a line", body);
  } else if (type == "application/json") {
    require(lines.size() == 1, "one object is one event", body);
    again = lines[0];
  } else {
    again = "[" + joined(lines, ",") + "]";
  }
  const auto resplit = split_body(type, again);
  require(std::holds_alternative<Lines>(resplit) && std::get<Lines>(resplit) == lines,
          "what was divided divides again", body);
}

void check_compression(std::string_view bytes, Coding coding, unsigned seed) {
  constexpr std::size_t kLimit = 100'000;
  const auto hostile = decompress(bytes, coding, kLimit);
  require(!hostile || hostile->size() <= kLimit, "decompression is bounded");
  require(hostile.ok() || hostile.error().kind == Errc::bad_data, "damage is bad data");

  const auto back = decompress(compress(bytes, coding), coding, bytes.size());
  require(back.ok() && *back == bytes, "what was compressed comes back");
  Compressor compressor(coding);
  std::string out;
  const std::size_t middle = bytes.empty() ? 0 : seed % bytes.size();
  compressor.add(bytes.substr(0, middle), out);
  compressor.add(bytes.substr(middle), out);
  compressor.finish(out);
  const auto pieces = decompress(out, coding, bytes.size());
  require(pieces.ok() && *pieces == bytes, "what was compressed in pieces comes back");
  if (coding == Coding::identity) return;
  require(!decompress(std::string_view(out).substr(0, out.size() - 1), coding, kLimit),
          "what was cut is refused");
}

void run(std::string_view input) {
  Choices choices(input);
  const unsigned seed = choices.byte();
  const std::string_view body = choices.rest();
  check_split("application/x-ndjson", body);
  check_split("application/json", body);
  check_split("application/cloudevents-batch+json", body);
  require(std::holds_alternative<Problem>(split_body("text/plain", body)),
          "other types are not taken");
  constexpr Coding kCodings[] = {Coding::identity, Coding::gzip, Coding::zstd};
  check_compression(body, kCodings[seed % 3], seed);
}

FUZZ_TARGET(body, run);

}  // namespace
}  // namespace offsync::fuzz
