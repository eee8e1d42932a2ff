#include "cli/entity_printer.h"

#include "cli/event_text.h"

namespace offsync::cli {

EntityPrinter::EntityPrinter(const Settings& settings, Out& out, bool writers)
    : writers_(writers),
      out_(out),
      records_(out, record_format(settings, out)),
      colors_(use_color(settings, out)) {}

bool EntityPrinter::print(std::string_view subject, const Entity& entity) {
  if (!entity.lives() || entity.empty()) return out_.open();
  ++printed_;
  if (records_.format() == Format::text) {
    out_.write(entity_text(subject, entity, writers_, colors_));
  } else {
    records_.json(writers_ ? shown_line_with_writers(subject, entity)
                           : shown_line(subject, entity));
  }
  return out_.open();
}

}  // namespace offsync::cli
