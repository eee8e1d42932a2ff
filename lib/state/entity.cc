#include "state/entity.h"

#include <algorithm>
#include <cassert>

#include "base/rfc3339.h"
#include "event/value.h"
#include "event/value_key.h"

namespace offsync {

std::string_view name_of(FieldKind kind) {
  switch (kind) {
    case FieldKind::reg:
      return "register";
    case FieldKind::counter:
      return "counter";
    default:
      return "set";
  }
}

FieldKind kind_of(OpKind op) {
  switch (op) {
    case OpKind::set:
    case OpKind::unset:
      return FieldKind::reg;
    case OpKind::inc:
      return FieldKind::counter;
    default:
      return FieldKind::set;
  }
}

Writer WriterStore::view() const {
  const std::string_view texts = texts_;
  return {stamp_, texts.substr(0, id_bytes_), texts.substr(id_bytes_, source_bytes_)};
}

void WriterStore::set(const Writer& writer) {
  stamp_ = writer.stamp;
  id_bytes_ = static_cast<std::uint16_t>(writer.id.size());
  source_bytes_ = static_cast<std::uint16_t>(writer.source.size());
  texts_.assign(writer.id);
  texts_.append(writer.source);
}

namespace {

// Order of two writes: stamp, then event id, then source.
bool later(const Writer& a, const WriterStore& b) {
  if (a.stamp != b.stamp()) return a.stamp > b.stamp();
  const Writer other = b.view();
  return a.id != other.id ? a.id > other.id : a.source > other.source;
}

}  // namespace

bool Field::later_than_current(const Writer& writer) const {
  return later(writer, writer_);
}

std::string_view Field::value() const {
  return std::string_view(writer_.texts_)
      .substr(std::size_t{writer_.id_bytes_} + writer_.source_bytes_);
}

const Field::Increments& Field::increments() const {
  assert(many_);
  return many_->increments;
}

Decimal Field::sum() const {
  assert(many_);
  return many_->sum;
}

const Field::Elements& Field::elements() const {
  assert(many_);
  return many_->elements;
}

void Field::note(const Writer& writer) {
  if (later_than_current(writer)) writer_.set(writer);
}

// One write can come with two values (an id that was given twice): the greater text then stays.
void Field::set_register(const Writer& writer, std::string_view value) {
  if (!later_than_current(writer)) {
    const Writer last = this->writer();
    const bool same_write =
        writer.stamp == last.stamp && writer.id == last.id && writer.source == last.source;
    if (!same_write || value <= this->value()) return;
  }
  writer_.set(writer);
  writer_.texts_.append(value);
}

void Field::increment(const Writer& writer, Decimal amount) {
  if (count(writer, amount)) many_->sum += amount;
  note(writer);
}

// True where it was not counted yet. Of one write with two amounts the greater counts. One of an
// unknown source is the same as any of a known one that equals it in all else: it goes where that
// is, so that the order does not matter.
bool Field::count(const Writer& writer, Decimal amount) {
  if (!many_) many_ = std::make_unique<Many>();
  Increments& all = many_->increments;
  const auto [it, fresh] = all.try_emplace(
      Increment{writer.stamp, std::string(writer.id), std::string(writer.source)}, amount);
  if (!fresh) {
    if (!(it->second < amount)) return false;
    many_->sum -= it->second;
    it->second = amount;
  }
  const auto same = [&](const Increments::value_type& other) {
    return other.first.stamp == writer.stamp && other.first.id == writer.id &&
           other.second == amount;
  };
  if (writer.source.empty()) {
    for (auto known = std::next(it);
         known != all.end() && known->first.stamp == writer.stamp && known->first.id == writer.id;
         ++known) {
      if (!same(*known)) continue;
      all.erase(it);
      return false;
    }
    return true;
  }
  const auto unknown = all.find(Increment{writer.stamp, std::string(writer.id), {}});
  if (unknown == all.end() || !same(*unknown)) return true;
  all.erase(unknown);
  return false;
}

// One write may name an element in two spellings (nobody may do so any more, but there are such
// logs): then an add goes before a remove, and the lesser text before the other.
void Field::put_element(const Writer& writer, std::string_view value, bool present) {
  if (!many_) many_ = std::make_unique<Many>();
  std::string scratch;
  const std::string_view key = value_key(value, scratch);
  auto it = many_->elements.find(key);
  if (it == many_->elements.end()) it = many_->elements.emplace(key, SetElement{}).first;
  SetElement& element = it->second;
  const bool again = !later(writer, element.writer);
  const Writer last = element.writer.view();
  const bool same_write =
      again && writer.stamp == last.stamp && writer.id == last.id && writer.source == last.source;
  const bool goes_before =
      same_write && (present != element.present ? present : value < written(*it));
  if (!again || goes_before) {
    element.writer.set(writer);
    element.present = present;
    if (value != key) element.writer.texts_.append(value);
  }
  note(writer);
}

std::string_view Field::written(const Elements::value_type& element) {
  const WriterStore& writer = element.second.writer;
  const std::size_t begin = std::size_t{writer.id_bytes_} + writer.source_bytes_;
  if (writer.texts_.size() == begin) return element.first;
  return std::string_view(writer.texts_).substr(begin);
}

Field::Written Field::written_elements() const {
  Written all;
  all.reserve(elements().size());
  for (const auto& item : elements()) all.emplace_back(written(item), &item.second);
  if (!std::is_sorted(all.begin(), all.end())) std::sort(all.begin(), all.end());
  return all;
}

const SetElement* Field::element(std::string_view value, std::string_view* as_written) const {
  if (kind_ != FieldKind::set || !many_) return nullptr;
  std::string scratch;
  const auto it = many_->elements.find(value_key(value, scratch));
  if (it == many_->elements.end()) return nullptr;
  if (as_written != nullptr) *as_written = written(*it);
  return &it->second;
}

bool Field::forget(const Stamp& deleted) {
  if (stamp() <= deleted) return true;
  if (!many_) return false;
  auto& increments = many_->increments;
  for (auto it = increments.begin(); it != increments.end() && it->first.stamp <= deleted;) {
    it = increments.erase(it);
  }
  many_->sum = {};
  for (const auto& [key, amount] : increments) many_->sum += amount;
  std::erase_if(many_->elements,
                [&](const auto& entry) { return entry.second.writer.stamp() <= deleted; });
  return false;
}

bool Field::shows() const {
  switch (kind_) {
    case FieldKind::reg:
      return !value().empty();
    case FieldKind::counter:
      return true;
    default:
      return std::any_of(elements().begin(), elements().end(),
                         [](const auto& entry) { return entry.second.present; });
  }
}

std::string Field::shown() const {
  if (kind_ == FieldKind::reg) return std::string(value());
  if (kind_ == FieldKind::counter) return sum().text();
  if (!shows()) return {};
  std::string out = "[";
  for (const auto& [element, entry] : written_elements()) {
    if (!entry->present) continue;
    if (out.size() > 1) out += ',';
    out += element;
  }
  return out + "]";
}

bool Entity::empty() const {
  return fields_.empty() && created_.none() && deleted_.none();
}

bool Entity::lives() const {
  if (deleted_.none()) return !empty();
  return created_.stamp() > deleted_.stamp();
}

Stamp Entity::latest() const {
  Stamp latest = std::max(created_.stamp(), deleted_.stamp());
  for (const Field& field : fields_) latest = std::max(latest, field.stamp());
  return latest;
}

// Entities have few fields, so that a search from the front beats a tree.
Field& Entity::field(std::string_view name, FieldKind kind) {
  std::size_t at = 0;
  for (; at < fields_.size(); ++at) {
    Field& field = fields_[at];
    const int order = std::string_view(field.name()).compare(name);
    if (order == 0 && field.kind() == kind) return field;
    if (order > 0 || (order == 0 && field.kind() > kind)) break;
  }
  return *fields_.emplace(fields_.begin() + static_cast<std::ptrdiff_t>(at), name, kind);
}

const Field* Entity::find(std::string_view name) const {
  const Field* found = nullptr;
  for (const Field& field : fields_) {
    if (field.name() != name) continue;
    if (field.shows()) return &field;
    if (found == nullptr) found = &field;
  }
  return found;
}

void Entity::apply_delete(const Writer& writer) {
  if (!later(writer, deleted_)) return;
  deleted_.set(writer);
  std::erase_if(fields_, [&](Field& field) { return field.forget(writer.stamp); });
}

void Entity::fold(const EventView& event) {
  assert(!event.stamp.none());
  const Writer writer{event.stamp, event.id, event.source};
  if (event.del) apply_delete(writer);
  if (event.create && later(writer, created_)) created_.set(writer);
  if (writer.stamp <= deleted_.stamp()) return;
  for (const Op& op : event.ops) {
    Field& target = field(op.field, kind_of(op.kind));
    switch (op.kind) {
      case OpKind::set:
        target.set_register(writer, op.value);
        break;
      case OpKind::unset:
        target.set_register(writer, {});
        break;
      case OpKind::inc:
        // The decoder has refused what is no decimal.
        target.increment(writer, Decimal::parse(op.value).value_or(Decimal{}));
        break;
      case OpKind::add:
      case OpKind::remove:
        target.put_element(writer, op.value, op.kind == OpKind::add);
        break;
    }
  }
}

void Entity::join(const Entity& other) {
  if (!other.deleted_.none()) apply_delete(other.deleted());
  if (!other.created_.none() && later(other.created(), created_)) created_ = other.created_;
  for (const Field& theirs : other.fields_) {
    if (theirs.stamp() <= deleted_.stamp()) continue;
    Field& ours = field(theirs.name(), theirs.kind());
    if (theirs.kind() == FieldKind::reg) {
      ours.set_register(theirs.writer(), theirs.value());
    } else {
      join_many(ours, theirs);
    }
  }
}

void Entity::join_many(Field& ours, const Field& theirs) {
  if (!theirs.many_) return;
  // First, so that increments of an unknown source cannot become the latest writer.
  ours.note(theirs.writer());
  for (const auto& [key, amount] : theirs.many_->increments) {
    if (key.stamp > deleted_.stamp()) ours.increment({key.stamp, key.id, key.source}, amount);
  }
  for (const auto& item : theirs.many_->elements) {
    const SetElement& entry = item.second;
    if (entry.writer.stamp() > deleted_.stamp()) {
      ours.put_element(entry.writer.view(), Field::written(item), entry.present);
    }
  }
}

namespace {

void append_fields(std::string& out, const Entity& entity) {
  out += R"(,"fields":{)";
  const std::string* previous = nullptr;
  for (const Field& field : entity.fields()) {
    if (!field.shows() || (previous != nullptr && *previous == field.name())) continue;
    if (previous != nullptr) out += ',';
    previous = &field.name();
    append_json_string(out, field.name());
    out += ':';
    out += field.shown();
  }
  out += '}';
}

void append_writer(std::string& out, const Writer& writer) {
  out += R"({"stamp":")" + writer.stamp.text() + R"(","time":")" +
         format_rfc3339(writer.stamp.ms()) + R"(","source":)";
  append_json_string(out, writer.source);
  out += R"(,"id":)";
  append_json_string(out, writer.id);
  out += '}';
}

std::string begin_line(std::string_view subject, const Entity& entity) {
  std::string out = R"({"subject":)";
  append_json_string(out, subject);
  append_fields(out, entity);
  return out;
}

}  // namespace

std::string shown_line(std::string_view subject, const Entity& entity) {
  return begin_line(subject, entity) + "}";
}

std::string shown_line_with_writers(std::string_view subject, const Entity& entity) {
  std::string out = begin_line(subject, entity) + R"(,"by":{)";
  const std::string* previous = nullptr;
  for (const Field& field : entity.fields()) {
    if (!field.shows() || (previous != nullptr && *previous == field.name())) continue;
    if (previous != nullptr) out += ',';
    previous = &field.name();
    append_json_string(out, field.name());
    out += ':';
    append_writer(out, field.writer());
  }
  return out + "}}";
}

}  // namespace offsync
