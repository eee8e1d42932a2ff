#include "cli/text/entity_printer.h"

#include <fmt/format.h>

#include "cli/text/escape.h"
#include "cli/text/event_text.h"
#include "event/value.h"

namespace offsync::cli {
namespace {

constexpr std::size_t kListedColumns = 100;

}  // namespace

EntityPrinter::EntityPrinter(const Settings& settings, Out& out, bool writers)
    : writers_(writers),
      out_(out),
      records_(out, record_format(settings, out)),
      look_(settings, out) {}

bool EntityPrinter::print(std::string_view subject, const Entity& entity) {
  if (!entity.lives() || entity.empty()) return out_.open();
  ++printed_;
  if (fields_) {
    for (const Field& field : entity.fields()) {
      if (field.shows()) fields_->emplace(field.name(), field.kind());
    }
    return true;
  }
  if (records_.format() == Format::text) {
    const bool cut = look_.terminal && !whole_;
    out_.write(entity_text(subject, entity, writers_, look_, cut ? kListedColumns : SIZE_MAX));
  } else {
    records_.json(writers_ ? shown_line_with_writers(subject, entity)
                           : shown_line(subject, entity));
  }
  return out_.open();
}

void EntityPrinter::end() {
  for (const auto& [name, kind] : fields_.value_or(std::set<std::pair<std::string, FieldKind>>())) {
    if (records_.format() == Format::text) {
      records_.text(fmt::format("{}  {}", escape_text(name), name_of(kind)));
    } else {
      records_.json(fmt::format(R"({{"field":{},"kind":"{}"}})", json_string(name), name_of(kind)));
    }
  }
  records_.end();
}

}  // namespace offsync::cli
