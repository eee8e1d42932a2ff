// An entity's record, as a snapshot brings it: what is taken has one canonical line, and can be
// joined, folded upon and shown.
#include <nlohmann/json.hpp>

#include "event/decoder.h"
#include "fuzz/check.h"
#include "state/decision.h"
#include "state/entity_codec.h"

namespace offsync::fuzz {
namespace {

using Json = nlohmann::json;

// A line that encode_entity() made is a fixpoint; returns the entity as it was read again.
Entity check_record(const EntityRecord& record) {
  const std::string line = encode_entity(record.subject, record.entity);
  EntityDecoder decoder;
  auto again = decoder.decode(line);
  require(again.ok(), "a written record is taken", line);
  require(again->subject == record.subject, "a record keeps its subject", line);
  require(encode_entity(again->subject, again->entity) == line, "a record is a fixpoint", line);
  require(!Json::parse(line, nullptr, false).is_discarded(), "a record is JSON", line);
  return std::move(again->entity);
}

void check_shown(const EntityRecord& record) {
  for (const Field& field : record.entity.fields()) {
    require(record.entity.find(field.name()) != nullptr, "each field is found", field.name());
    require(field.shows() != field.shown().empty(), "what shows has a value", field.name());
  }
  if (!record.entity.lives()) return;
  const std::string line = shown_line(record.subject, record.entity);
  const Json shown = Json::parse(line, nullptr, false);
  require(shown.is_object() && shown["subject"] == record.subject, "a state line is JSON", line);
  const std::string with_writers = shown_line_with_writers(record.subject, record.entity);
  const Json both = Json::parse(with_writers, nullptr, false);
  require(both.is_object() && both["fields"] == shown["fields"], "writers change no field",
          with_writers);
}

// Later events meet what the snapshot brought.
void check_fold(EntityRecord record) {
  Decoder decoder;
  for (const char* data : {R"({"set":{"title":1},"base":{}})", R"({"inc":{"n":0.5}})",
                           R"({"add":{"tags":["a"]},"base":{}})", R"({"delete":true,"base":{}})"}) {
    const auto event = decoder.decode(
        std::string(
            R"({"specversion":"1.0","id":"later","source":"/c","type":"t","subject":"k/1",)") +
        R"("stamp":"ffffffffffff-0000-0000000000000001","data":)" + data + "}");
    require(event.ok(), "the test's own event is one", data);
    (void)check_fit(record.entity, **event);
    (void)check_alive(record.entity, **event);
    for (const Conflict& conflict : conflicts_of(record.entity, **event)) {
      const auto again = parse_conflict_data(conflict_data(conflict));
      require(again.ok() && again->field == conflict.field && again->element == conflict.element &&
                  again->kind == conflict.kind && again->base == conflict.base &&
                  again->current.id == conflict.current.id &&
                  again->incoming_wins == conflict.incoming_wins,
              "a conflict's data is read back");
    }
    EntityRecord after{record.subject, check_record(record)};
    after.entity.fold(**event);
    after.entity = check_record(after);
    check_shown(after);
  }
}

void run(std::string_view input) {
  EntityDecoder decoder;
  const auto record = decoder.decode(input);
  if (!record) {
    require(!record.error().code.empty() && !record.error().detail.empty(), "a refusal says why");
    return;
  }
  EntityRecord copy{record->subject, check_record(*record)};
  check_shown(copy);
  copy.entity.join(record->entity);
  require(
      encode_entity(copy.subject, copy.entity) == encode_entity(record->subject, record->entity),
      "an entity joined with itself is itself", input);
  check_fold(std::move(copy));
}

FUZZ_TARGET(entity, run);

}  // namespace
}  // namespace offsync::fuzz
