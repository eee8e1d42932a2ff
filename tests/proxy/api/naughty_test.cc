// Naughty strings in all places of an event, by way of a POST: through the log, the state, a stream
// and an address, each stays what it is.
#include "support/naughty.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "event/value.h"
#include "proxy/http/target.h"
#include "proxy/hub/event_filter.h"
#include "proxy/ingest/world.h"
#include "support/log_questions.h"
#include "wire/sse.h"

namespace offsync::proxy {
namespace {

using nlohmann::json;

std::string percent_encoded(const std::string& text) {
  std::string out;
  for (const char c : text) out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

// What a stream makes of a line.
void check_stream(const std::string& line) {
  std::string frame;
  append_sse(frame, "e-1", {}, line);
  SseParser parser;
  std::vector<SseMessage> messages;
  REQUIRE(parser.feed(frame, messages).ok());
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].data == line);
}

}  // namespace

TEST_CASE("naughty strings go through the proxy as they are") {
  for (const std::string& text : test::naughty_strings()) {
    INFO(json(text.substr(0, 100)).dump(-1, ' ', true, json::error_handler_t::replace));
    test::IngestWorld world;
    EventDraft event;
    event.id = "v";
    event.source = "/s";
    event.type = "t";
    event.subject = "k/1";
    event.set["v"] = json_string(text);
    event.add["s"] = {json_string(text)};
    event.payload["p"] = json_string(text);
    CHECK(test::word(world.submit_one(event.line())) == "accepted");
    const std::string line = world.log().at(0);
    const json read = json::parse(line);
    CHECK(read["data"]["set"]["v"] == text);
    CHECK(read["data"]["p"] == text);
    check_stream(line);
    EntityDecoder decoder;
    const auto record = decoder.decode(test::entity_record(world.memory, "shop", "k/1")->value());
    REQUIRE(record);
    CHECK(json::parse(shown_line("k/1", record->entity))["fields"]["s"][0] == text);
    CHECK(test::audit(world.memory, "shop").empty());
  }
}

TEST_CASE("naughty strings as names are accepted or rejected, never changed") {
  for (const std::string& text : test::naughty_strings()) {
    INFO(json(text.substr(0, 100)).dump(-1, ' ', true, json::error_handler_t::replace));
    const auto try_one = [&](std::string_view name, const std::string& value, bool good) {
      test::IngestWorld world;
      json event = {{"specversion", "1.0"}, {"id", "i"},        {"source", "/s"},
                    {"type", "t"},          {"subject", "k/1"}, {"data", {{"set", {{"v", 1}}}}}};
      event[std::string(name)] = value;
      const Outcome outcome = world.submit_one(event.dump());
      CHECK((outcome.kind == OutcomeKind::accepted) == good);
      CHECK(world.log().size() == (good ? 1U : 0U));
      if (!good) return;
      CHECK(json::parse(world.log()[0])[std::string(name)] == value);
      check_stream(world.log()[0]);
      const EventKeys keys = event_keys(world.log()[0]);
      if (name == "type") CHECK(keys.type == value);
      if (name == "subject") CHECK(keys.subject == value);
    };
    const std::string subject = "k/" + text;
    try_one("subject", subject, check_subject(subject).ok());
    try_one("type", "t" + text, check_type("t" + text).ok());
    try_one("source", "/s" + text, check_source("/s" + text).ok());
    const bool as_extension = check_source(text.substr(0, 200)).ok();
    if (text.size() <= 200) try_one("note", text, as_extension);
    // An address that asks for it asks for nothing else.
    const auto target = parse_target("/v1/spaces/s/state?subject=" + percent_encoded(subject));
    REQUIRE(std::holds_alternative<Target>(target));
    CHECK(std::get<Target>(target).parameter("subject") == subject);
  }
}

}  // namespace offsync::proxy
