// Naughty strings in all places of an event, by way of emit: as a value they stay what they are; as
// a name they are kept or refused, and a refusal leaves nothing.
#include "support/naughty.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "base/glob.h"
#include "base/limits.h"
#include "cli/input/assignment.h"
#include "cli/input/filter.h"
#include "cli/input/log_folder.h"
#include "cli/settings/settings.h"
#include "cli/text/escape.h"
#include "cli/text/event_text.h"
#include "cli/text/output.h"
#include "event/decoder.h"
#include "event/value.h"
#include "replica/replica.h"
#include "state/entity_codec.h"
#include "support/catch.h"
#include "support/ports.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::cli;
using nlohmann::json;

namespace {

bool harmless(const std::string& text) {
  return valid_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           const auto u = static_cast<unsigned char>(c);
           return (u < 0x20 && c != '\n') || u == 0x7f;
         });
}

Look look() {
  const Settings settings;
  const Out out;
  return {settings, out};
}

std::string as_it_is(const std::string& text) {
  std::string glob;
  for (const char c : text) {
    if (c == '*' || c == '?' || c == '\\') glob += '\\';
    glob += c;
  }
  return glob;
}

struct World {
  World() : replica(Replica::create(dir.file("r.db"), {}, clock, random).value()) {}

  EventDraft draft() {
    EventDraft event;
    event.type = "t";
    event.subject = "n/1";
    return event;
  }

  // Emits, keeps nothing, and gives the event as JSON; null where it was refused.
  json emitted(const EventDraft& event) {
    auto batch = replica.begin_batch().value();
    const auto done = batch.add(event);
    if (!done) {
      CHECK(done.error().kind == Errc::bad_data);
      CHECK(harmless(escape_text(done.error().message())));
      CHECK(replica.counts()->queued == 0);
      return nullptr;
    }
    const auto view = decoder.decode(done->line);
    REQUIRE(view);
    CHECK(encode_content(**view) == done->line);
    CHECK(harmless(escape_text(change_text(**view))));
    CHECK(json::parse(escape_json(done->line)) == json::parse(done->line));
    CHECK(harmless(escape_json(done->line)));
    return json::parse(done->line);
  }

  // What a record of the entity that `event` makes gives back.
  json through_a_record(const EventDraft& event) {
    auto batch = replica.begin_batch().value();
    const auto done = batch.add(event);
    REQUIRE(done);
    Entity entity;
    entity.fold(**decoder.decode(done->line));
    const std::string record = encode_entity(event.subject, entity);
    EntityDecoder reader;
    const auto back = reader.decode(record);
    REQUIRE(back);
    CHECK(encode_entity(back->subject, back->entity) == record);
    CHECK(harmless(entity_text(back->subject, back->entity, true, look())));
    return json::parse(shown_line(back->subject, back->entity));
  }

  test::TempDir dir;
  test::ManualClock clock;
  test::SeededRandom random{1};
  Replica replica;
  Decoder decoder;
};

}  // namespace

TEST_CASE("naughty strings are kept as values, from the command line to the screen") {
  World world;
  const auto strings = test::naughty_strings();
  CHECK(strings.size() > 250);
  for (const std::string& text : strings) {
    INFO(json(text.substr(0, 100)).dump(-1, ' ', true, json::error_handler_t::replace));
    EventDraft event = world.draft();
    REQUIRE(add_assignment("v=" + text, event).ok());
    REQUIRE(add_element("--add", "s=" + text, event.add).ok());
    event.payload["p"] = json_string(text);
    const json line = world.emitted(event);
    REQUIRE(line.is_object());
    CHECK(line["data"]["set"]["v"] == text);
    CHECK(line["data"]["add"]["s"][0] == text);
    CHECK(line["data"]["p"] == text);
    const json shown = world.through_a_record(event);
    CHECK(shown["fields"]["v"] == text);
    CHECK(shown["fields"]["s"] == json::array({text}));
    const std::string escaped = escape_text(text);
    CHECK(harmless(escaped));
    CHECK(escape_text(escaped) == escaped);
    CHECK(display_width(clip(escaped, 40)) <= 40);
    CHECK(clip(escaped, 40).size() < 1000);
  }
}

TEST_CASE("naughty strings as names are kept or refused, and checked alike everywhere") {
  World world;
  for (const std::string& text : test::naughty_strings()) {
    INFO(json(text.substr(0, 100)).dump(-1, ' ', true, json::error_handler_t::replace));
    EventDraft by_field = world.draft();
    by_field.set[text] = "1";
    by_field.add["s" + text] = {"1"};
    const json field = world.emitted(by_field);
    const bool name = check_field_name(text).ok() && check_field_name("s" + text).ok();
    CHECK(field.is_object() == name);
    if (name) {
      CHECK(field["data"]["set"][text] == 1);
      CHECK(world.through_a_record(by_field)["fields"][text] == 1);
    }

    EventDraft by_subject = world.draft();
    by_subject.subject = "k/" + text;
    by_subject.set["v"] = "1";
    const json subject = world.emitted(by_subject);
    CHECK(subject.is_object() == check_subject(by_subject.subject).ok());
    if (subject.is_object()) {
      CHECK(subject["subject"] == by_subject.subject);
      CHECK(world.through_a_record(by_subject)["subject"] == by_subject.subject);
    }

    EventDraft by_type = world.draft();
    by_type.type = "t" + text;
    const json type = world.emitted(by_type);
    CHECK(type.is_object() == check_type(by_type.type).ok());
    if (type.is_object()) CHECK(type["type"] == by_type.type);

    EventDraft foreign = world.draft();
    foreign.source = "/s" + text;
    foreign.id = "i" + text;
    const json source = world.emitted(foreign);
    const bool taken = check_source(foreign.source).ok() && foreign.id.size() <= limits::kIdBytes;
    CHECK(source.is_object() == taken);
    if (taken) CHECK(source["id"] == foreign.id);

    EventDraft extended = world.draft();
    extended.extensions["note"] = json_string(text);
    extended.causationid = "c";
    const json note = world.emitted(extended);
    if (note.is_object()) CHECK(note["note"] == text);
  }
}

TEST_CASE("naughty strings are found by filters and globs, and nothing else with them") {
  const auto strings = test::naughty_strings();
  for (const std::string& text : strings) {
    INFO(json(text.substr(0, 100)).dump(-1, ' ', true, json::error_handler_t::replace));
    CHECK(glob_match(as_it_is(text), text));
    CHECK(glob_literal(as_it_is(text)) == text);
    CHECK(glob_match("*" + as_it_is(text), "x" + text));
    CHECK_FALSE(glob_match(as_it_is(text), text + "x"));
    Decoder decoder;
    EventDraft event;
    event.id = "i";
    event.source = "/s";
    event.type = "t";
    event.subject = "k/1";
    event.set["v"] = json_string(text);
    const auto view = decoder.decode(event.line());
    REQUIRE(view);
    for (const std::string& where : {"v=" + text, "v:=" + json_string(text)}) {
      FilterOptions options;
      options.where = {where};
      CHECK(Filter::make(options, 0)->matches(**view));
    }
    FilterOptions other;
    other.where = {"v=" + text + "x"};
    CHECK_FALSE(Filter::make(other, 0)->matches(**view));
  }
}
