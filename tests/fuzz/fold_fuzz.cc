// The law: any order, any duplication and any division of events give the same state. The input
// chooses the events, their stamps, their order, and what is folded twice.
#include <fmt/format.h>

#include <algorithm>

#include "event/decoder.h"
#include "fuzz/check.h"
#include "state/entity_codec.h"
#include "state/state.h"

namespace offsync::fuzz {
namespace {

std::string choose_data(Choices& choices) {
  const char* const fields[] = {"f", "g", "n"};
  const char* const values[] = {"1", "2", "\"a\"", "null", "[1,{\"x\":2}]"};
  const char* const field = fields[choices.byte() % 3];
  const char* const value = values[choices.byte() % 5];
  switch (choices.byte() % 10) {
    case 0:
    case 1:
      return fmt::format(R"({{"set":{{"{}":{}}}}})", field, value);
    case 2:
      return fmt::format(R"({{"unset":["{}"]}})", field);
    case 3:
    case 4:
      return fmt::format(R"({{"inc":{{"{}":{}.{}}}}})", field, choices.byte() % 4,
                         choices.byte() % 10);
    case 5:
      return fmt::format(R"({{"add":{{"{}":[{}]}}}})", field, value);
    case 6:
      return fmt::format(R"({{"remove":{{"{}":[{}]}}}})", field, value);
    case 7:
      return R"({"delete":true})";
    case 8:
      return fmt::format(R"({{"create":true,"set":{{"{}":{}}}}})", field, value);
    default:
      return R"({"create":true})";
  }
}

// Ids are unique; stamps may be equal, as a bad clock makes them.
std::vector<std::string> choose_events(Choices& choices) {
  std::vector<std::string> events;
  const std::size_t count = 1 + choices.byte() % 16;
  for (std::size_t i = 0; i < count && !choices.empty(); ++i) {
    const auto stamp =
        Stamp::make(1 + choices.byte() % 6, choices.byte() % 2, 1 + choices.byte() % 3);
    events.push_back(fmt::format(
        R"({{"specversion":"1.0","id":"e{}","source":"/c/{}","type":"t","subject":"k/{}","stamp":"{}","data":{}}})",
        i, stamp.node, choices.byte() % 2, stamp.text(), choose_data(choices)));
  }
  return events;
}

std::string text_of(const State& state) {
  std::string out;
  for (const auto& [subject, entity] : state.sorted())
    out += encode_entity(subject, *entity) + '\n';
  return out;
}

void fold(State& state, const std::string& line) {
  Decoder decoder;
  const auto event = decoder.decode(line);
  require(event.ok(), "the chosen event is one", line);
  state.fold(**event);
}

std::string folded(const std::vector<std::string>& events) {
  State state;
  for (const std::string& line : events) fold(state, line);
  return text_of(state);
}

// All at once, as replay folds them.
std::string folded_as_batch(const std::vector<std::string>& events) {
  std::vector<Decoder> decoders(events.size());
  std::vector<EventView> views;
  for (std::size_t i = 0; i < events.size(); ++i) views.push_back(**decoders[i].decode(events[i]));
  State state;
  state.fold(views);
  return text_of(state);
}

// In two parts that may overlap, each read back from its records, then joined.
std::string folded_in_parts(const std::vector<std::string>& events, Choices& choices) {
  State parts[2];
  for (const std::string& line : events) {
    const unsigned side = choices.byte() % 3;
    if (side != 0) fold(parts[0], line);
    if (side != 1) fold(parts[1], line);
  }
  State whole;
  EntityDecoder decoder;
  for (const State& part : parts) {
    for (const auto& [subject, entity] : part.sorted()) {
      const auto record = decoder.decode(encode_entity(subject, *entity));
      require(record.ok(), "a folded entity's record is taken", subject);
      whole.put(record->subject, record->entity);
    }
  }
  return text_of(whole);
}

void run(std::string_view input) {
  Choices choices(input);
  const std::vector<std::string> events = choose_events(choices);
  const std::string expected = folded(events);
  require(folded_as_batch(events) == expected, "a batch folds as its events do", expected);

  std::vector<std::string> shuffled = events;
  for (std::size_t i = events.size(); i > 0; --i) {
    if (choices.byte() % 2 == 0) shuffled.push_back(events[i - 1]);
  }
  for (std::size_t i = shuffled.size(); i > 1; --i) {
    std::swap(shuffled[i - 1], shuffled[choices.below(static_cast<std::uint32_t>(i))]);
  }
  require(folded(shuffled) == expected, "any order and duplication give the same state", expected);
  require(folded_in_parts(shuffled, choices) == expected, "parts join to the whole", expected);
}

FUZZ_TARGET(fold, run);

}  // namespace
}  // namespace offsync::fuzz
