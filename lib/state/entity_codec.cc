#include "state/entity_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "base/limits.h"
#include "event/canonical.h"
#include "event/checks.h"
#include "event/decoder.h"
#include "event/value.h"

namespace offsync {

namespace od = canonical::od;

namespace {

void put_writer(std::string& out, const Writer& writer, bool with_source = true) {
  out += R"("stamp":")";
  writer.stamp.append_to(out);
  out += R"(","id":)";
  append_json_string(out, writer.id);
  if (!with_source) return;
  out += R"(,"source":)";
  append_json_string(out, writer.source);
}

void put_life(std::string& out, std::string_view name, const Writer& writer) {
  if (writer.none()) return;
  out += name;
  put_writer(out, writer);
  out += '}';
}

void put_counter(std::string& out, const Field& field) {
  out += R"("counter":{"increments":[)";
  bool first = true;
  for (const auto& [key, amount] : field.increments()) {
    out += first ? R"({"by":)" : R"(,{"by":)";
    first = false;
    out += amount.text();
    out += ',';
    put_writer(out, {key.stamp, key.id, key.source}, !key.source.empty());
    out += '}';
  }
  out += R"(],"source":)";
  append_json_string(out, field.writer().source);
  out += '}';
}

void put_set(std::string& out, const Field& field) {
  out += R"("set":{"elements":[)";
  bool first = true;
  for (const auto& [element, entry] : field.written_elements()) {
    out += first ? R"({"value":)" : R"(,{"value":)";
    first = false;
    out += element;
    out += entry->present ? R"(,"present":true,)" : R"(,"present":false,)";
    put_writer(out, entry->writer.view());
    out += '}';
  }
  out += "]}";
}

void put_field(std::string& out, const Field& field) {
  switch (field.kind()) {
    case FieldKind::reg:
      out += R"("register":{)";
      if (!field.value().empty()) {
        out += R"("value":)";
        out += field.value();
        out += ',';
      }
      put_writer(out, field.writer());
      out += '}';
      break;
    case FieldKind::counter:
      put_counter(out, field);
      break;
    case FieldKind::set:
      put_set(out, field);
      break;
  }
}

}  // namespace

std::string encode_entity(std::string_view subject, const Entity& entity) {
  std::string out;
  out.reserve(64 + subject.size() + 192 * entity.fields().size());
  out += R"({"subject":)";
  append_json_string(out, subject);
  put_life(out, R"(,"created":{)", entity.created());
  put_life(out, R"(,"deleted":{)", entity.deleted());
  out += R"(,"fields":{)";
  const Field* previous = nullptr;
  for (const Field& field : entity.fields()) {
    const bool same_name = previous != nullptr && previous->name() == field.name();
    if (!same_name) {
      if (previous != nullptr) out += "},";
      append_json_string(out, field.name());
      out += ":{";
    } else {
      out += ',';
    }
    put_field(out, field);
    previous = &field;
  }
  out += previous != nullptr ? "}}}" : "}}";
  return out;
}

// Builds an Entity through its own operations, so that what is read obeys the fold.
class EntityCodec {
 public:
  static void create(Entity& entity, const Writer& writer) { entity.created_.set(writer); }
  static void remove(Entity& entity, const Writer& writer) { entity.deleted_.set(writer); }
  static void put_register(Entity& entity, std::string_view name, const Writer& writer,
                           std::string_view value) {
    entity.field(name, FieldKind::reg).set_register(writer, value);
  }
  static void put_increment(Entity& entity, std::string_view name, const Writer& writer,
                            Decimal amount) {
    entity.field(name, FieldKind::counter).increment(writer, amount);
  }
  static void note(Entity& entity, std::string_view name, const Writer& writer) {
    entity.field(name, FieldKind::counter).note(writer);
  }
  static void put_element(Entity& entity, std::string_view name, const Writer& writer,
                          std::string_view element, bool present) {
    entity.field(name, FieldKind::set).put_element(writer, element, present);
  }
};

struct EntityDecoder::Impl {
  bool read(std::string_view line, EntityRecord& record);
  bool read_member(std::string_view name, od::value value, EntityRecord& record);
  bool read_kind(std::string_view field, std::string_view kind, od::value value, Entity& entity);
  bool read_counter(std::string_view field, od::value value, Entity& entity);
  bool read_set(std::string_view field, od::value value, Entity& entity);

  // What the members of a write may be: those of Writer, and a value with `present` or `by`.
  struct Write {
    Writer writer;
    std::string_view value, by;
    bool present = false, present_given = false;
  };
  bool read_write(od::value value, Write& write, bool needs_source = true);
  bool read_attribute(std::string_view name, od::value value, Write& write);

  // For objects of a few known names; those of any number have their own look for twins.
  template <class Each>
  bool members(od::value value, const Each& each, bool unique = true) {
    od::object object;
    if (value.get_object().get(object)) return bad("an object is expected");
    const auto first = static_cast<std::ptrdiff_t>(names.size());
    for (auto item : object) {
      od::field field;
      if (const auto error = std::move(item).get(field)) return walker.fail(error);
      std::string_view name;
      if (!walker.read_name(field, name)) return false;
      if (unique && std::find(names.begin() + first, names.end(), name) != names.end()) {
        return twice(name);
      }
      if (unique) names.push_back(name);
      if (!each(name, od::value(field.value()))) return false;
    }
    names.resize(static_cast<std::size_t>(first));
    return true;
  }
  bool twice(std::string_view name) { return bad(fmt::format("it has {} twice", printable(name))); }
  bool bad(std::string_view what) {
    return walker.fail("malformed", fmt::format("the entity record cannot be read: {}", what));
  }

  od::parser parser;
  canonical::Out out;
  canonical::Walker walker{out};
  std::vector<std::string_view> names;  // of the objects around
};

EntityDecoder::EntityDecoder() : impl_(std::make_unique<Impl>()) {}
EntityDecoder::~EntityDecoder() = default;

Result<EntityRecord> EntityDecoder::decode(std::string_view line) {
  EntityRecord record;
  if (!impl_->read(line, record)) return impl_->walker.take_error();
  return record;
}

bool EntityDecoder::Impl::read(std::string_view line, EntityRecord& record) {
  const simdjson::padded_string padded(line);
  out.reset(line.size() + simdjson::SIMDJSON_PADDING);
  walker.reset();
  names.clear();
  od::document document;
  if (const auto error = parser.iterate(padded).get(document)) return walker.fail(error);
  od::value whole;
  if (document.get_value().get(whole)) return bad("it is no object");
  const bool ok = members(whole, [&](std::string_view name, od::value value) {
    return read_member(name, value, record);
  });
  if (!ok) return false;
  if (document.current_location().error() == simdjson::SUCCESS) return bad("text behind its end");
  if (Status status = check_known_subject(record.subject); !status) {
    return bad(status.error().detail);
  }
  return true;
}

bool EntityDecoder::Impl::read_member(std::string_view name, od::value value,
                                      EntityRecord& record) {
  if (name == "subject") {
    std::string_view text;
    if (!walker.read_string(value, text, name)) return false;
    record.subject.assign(text);
    return true;
  }
  if (name == "created" || name == "deleted") {
    Write write;
    if (!read_write(value, write)) return false;
    if (name == "created") {
      EntityCodec::create(record.entity, write.writer);
    } else {
      EntityCodec::remove(record.entity, write.writer);
    }
    return true;
  }
  if (name != "fields") return bad(fmt::format("unknown member {}", printable(name)));
  std::unordered_set<std::string_view> fields;
  const auto read_field = [&](std::string_view field, od::value kinds) {
    if (!is_field_name(field)) return bad("a field name is not allowed");
    if (!fields.insert(field).second) return twice(field);
    bool any = false;
    const bool ok = members(kinds, [&](std::string_view kind, od::value body) {
      any = true;
      return read_kind(field, kind, body, record.entity);
    });
    return ok && (any || bad("a field without anything written to it"));
  };
  return members(value, read_field, false);
}

bool EntityDecoder::Impl::read_kind(std::string_view field, std::string_view kind, od::value value,
                                    Entity& entity) {
  if (kind == "counter") return read_counter(field, value, entity);
  if (kind == "set") return read_set(field, value, entity);
  if (kind != "register") return bad(fmt::format("unknown kind {}", printable(kind)));
  Write write;
  if (!read_write(value, write)) return false;
  EntityCodec::put_register(entity, field, write.writer, write.value);
  return true;
}

bool EntityDecoder::Impl::read_counter(std::string_view field, od::value value, Entity& entity) {
  // The source of the latest increment comes last, when that increment is known. Earlier versions
  // wrote only that one.
  std::vector<std::pair<Writer, Decimal>> increments;
  std::string_view source;
  const bool ok = members(value, [&](std::string_view name, od::value body) {
    if (name == "source") return walker.read_string(body, source, name);
    od::array array;
    if (name != "increments" || body.get_array().get(array)) return bad("a counter is malformed");
    for (auto item : array) {
      od::value element;
      if (const auto error = std::move(item).get(element)) return walker.fail(error);
      Write write;
      if (!read_write(element, write, false)) return false;
      const auto amount = Decimal::parse(write.by);
      if (!amount) return bad("an increment is no decimal");
      increments.emplace_back(write.writer, *amount);
    }
    return true;
  });
  if (!ok) return false;
  if (increments.empty()) return bad("a counter without increments");
  for (auto& [writer, amount] : increments) {
    const std::string_view by = writer.source.empty() ? source : writer.source;
    EntityCodec::note(entity, field, {writer.stamp, writer.id, by});
    EntityCodec::put_increment(entity, field, writer, amount);
  }
  return true;
}

bool EntityDecoder::Impl::read_set(std::string_view field, od::value value, Entity& entity) {
  bool any = false;
  const bool ok = members(value, [&](std::string_view name, od::value body) {
    od::array array;
    if (name != "elements" || body.get_array().get(array)) return bad("a set is malformed");
    for (auto item : array) {
      od::value element;
      if (const auto error = std::move(item).get(element)) return walker.fail(error);
      Write write;
      if (!read_write(element, write)) return false;
      if (write.value.empty() || !write.present_given) return bad("an element is malformed");
      EntityCodec::put_element(entity, field, write.writer, write.value, write.present);
      any = true;
    }
    return true;
  });
  return ok && (any || bad("a set without elements"));
}

bool EntityDecoder::Impl::read_write(od::value value, Write& write, bool needs_source) {
  const bool ok = members(value, [&](std::string_view name, od::value attribute) {
    return read_attribute(name, attribute, write);
  });
  if (!ok) return false;
  const Writer& writer = write.writer;
  if (writer.none() || writer.id.empty() || (needs_source && writer.source.empty()) ||
      writer.id.size() > limits::kIdBytes || writer.source.size() > limits::kSourceBytes) {
    return bad("a write without stamp, id or source");
  }
  return true;
}

bool EntityDecoder::Impl::read_attribute(std::string_view name, od::value value, Write& write) {
  if (name == "id") return walker.read_string(value, write.writer.id, name);
  if (name == "source") return walker.read_string(value, write.writer.source, name);
  if (name == "stamp") {
    std::string_view text;
    if (!walker.read_string(value, text, name)) return false;
    const auto stamp = Stamp::parse(text);
    if (!stamp) return bad("a stamp is malformed");
    write.writer.stamp = *stamp;
    return true;
  }
  if (name == "present") {
    const std::string_view word = canonical::Walker::token(value);
    if (word != "true" && word != "false") return bad("present is no boolean");
    write.present = word == "true";
    write.present_given = true;
    return true;
  }
  if (name != "value" && name != "by")
    return bad(fmt::format("unknown member {}", printable(name)));
  const char* const at = out.at();
  if (!walker.write(value, 2)) return false;
  (name == "value" ? write.value : write.by) = out.since(at);
  return true;
}

}  // namespace offsync
