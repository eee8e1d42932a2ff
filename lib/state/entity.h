// Entity: what a log says about one subject. fold() is a join: commutative, associative and
// idempotent for each event, so any order and any duplication of events give the same entity.
//
//   register  the greatest (stamp, event id, source) wins
//   counter   the sum of the increments, each counted once
//   set       per element, the latest of add and remove; equal numbers are one element, which is
//             shown as its latest operation has written it
//   entity    lives where there is no delete or a create has a later stamp than every delete;
//             a field shows where its stamp is later than every delete
//
// A field name that was used in two kinds (only a log that no proxy checked has that) keeps both;
// the one shown is the first of register, counter, set.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "event/decimal.h"
#include "event/event.h"

namespace offsync {

enum class FieldKind : std::uint8_t { reg, counter, set };
std::string_view name_of(FieldKind kind);  // "register", "counter", "set"
FieldKind kind_of(OpKind op);

// Who wrote, and when. Views into the entity; valid until it changes.
struct Writer {
  Stamp stamp;
  std::string_view id;  // of the event
  std::string_view source;
  bool none() const { return stamp.none(); }
};

// A Writer that owns its texts, in one allocation.
class WriterStore {
 public:
  Writer view() const;
  void set(const Writer& writer);
  bool none() const { return stamp_.none(); }
  const Stamp& stamp() const { return stamp_; }

 private:
  friend class Field;
  Stamp stamp_;
  std::uint16_t id_bytes_ = 0;
  std::uint16_t source_bytes_ = 0;
  std::string texts_;  // id, source, then (in a Field) the value
};

struct SetElement {
  WriterStore writer;  // texts_: id, source, then the value as written where that is not its key
  bool present = false;
};

class Field {
 public:
  Field(std::string_view name, FieldKind kind) : name_(name), kind_(kind) {}

  const std::string& name() const { return name_; }
  FieldKind kind() const { return kind_; }
  // The latest write of the field, whatever its kind.
  Writer writer() const { return writer_.view(); }
  const Stamp& stamp() const { return writer_.stamp_; }

  // Register: canonical JSON; empty where the field was unset.
  std::string_view value() const;
  // Counter: its increments. Records of earlier versions do not say whose increment each was: there
  // `source` is empty, and stands for whatever event with that stamp, id and amount comes.
  struct Increment {
    Stamp stamp;
    std::string id, source;  // of the event
    friend auto operator<=>(const Increment&, const Increment&) = default;
  };
  using Increments = std::map<Increment, Decimal>;
  const Increments& increments() const;
  Decimal sum() const;
  // Set: its elements by their key (event/value_key.h), removed ones included.
  using Elements = std::map<std::string, SetElement, std::less<>>;
  const Elements& elements() const;
  // The same by what was written (canonical JSON), in byte order of that.
  using Written = std::vector<std::pair<std::string_view, const SetElement*>>;
  Written written_elements() const;
  // The element that is equal to `value`, and how it was written; nullptr where there is none or
  // this is no set.
  const SetElement* element(std::string_view value, std::string_view* as_written = nullptr) const;

  // Whether it shows: a register that is not unset, any counter, any set with an element.
  bool shows() const;
  // What it shows, as canonical JSON (register: its value; counter: its number; set: its array in
  // byte order of the elements). Empty where it does not show.
  std::string shown() const;

 private:
  friend class Entity;
  friend class EntityCodec;
  bool later_than_current(const Writer& writer) const;
  void set_register(const Writer& writer, std::string_view value);
  void increment(const Writer& writer, Decimal amount);
  bool count(const Writer& writer, Decimal amount);
  void put_element(const Writer& writer, std::string_view value, bool present);
  static std::string_view written(const Elements::value_type& element);
  void note(const Writer& writer);
  // Forgets what is not later than `deleted`; true if nothing is left.
  bool forget(const Stamp& deleted);

  std::string name_;
  FieldKind kind_;
  WriterStore writer_;  // texts_: id, source, value
  struct Many {
    Increments increments;
    Decimal sum;
    Elements elements;
  };
  std::unique_ptr<Many> many_;
};

class Entity {
 public:
  // Folds one event of this entity. Precondition: the event has a stamp, and went through a
  // Decoder.
  void fold(const EventView& event);
  // Joins another entity (of the same subject) into this one.
  void join(const Entity& other);

  bool lives() const;
  // True where nothing was ever written: no field, no create, no delete.
  bool empty() const;
  Writer created() const { return created_.view(); }
  Writer deleted() const { return deleted_.view(); }
  Stamp latest() const;                                         // of all writes
  const std::vector<Field>& fields() const { return fields_; }  // in byte order of (name, kind)
  // The field that shows under this name, or (nothing shows) the first one kept under it; nullptr
  // if there is none.
  const Field* find(std::string_view name) const;

  // Hints to the processor that fold() comes soon: first the one, a little later the other.
  void prefetch_fields() const { __builtin_prefetch(fields_.data()); }
  void prefetch_texts() const {
    for (const Field& field : fields_) __builtin_prefetch(field.value().data());
  }

 private:
  friend class EntityCodec;
  Field& field(std::string_view name, FieldKind kind);
  void apply_delete(const Writer& writer);
  void join_many(Field& ours, const Field& theirs);

  std::vector<Field> fields_;
  WriterStore deleted_;
  WriterStore created_;
};

// {"subject":…,"fields":{…}}: what a person sees. Precondition: entity.lives().
std::string shown_line(std::string_view subject, const Entity& entity);
// The same with "by": {field: {"stamp":…,"time":…,"source":…,"id":…}}.
std::string shown_line_with_writers(std::string_view subject, const Entity& entity);

}  // namespace offsync
