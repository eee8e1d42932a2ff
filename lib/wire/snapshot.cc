#include "wire/snapshot.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "wire/line_mark.h"

namespace offsync {

namespace od = simdjson::ondemand;

std::string encode_snapshot_header(const SnapshotHeader& header) {
  const std::string line = header.line.empty() ? "" : fmt::format(R"(,"line":"{}")", header.line);
  return fmt::format(R"({{"cursor":"{}","entities":{},"conflicts":{}{}}})", header.cursor.text(),
                     header.entities, header.conflicts, line);
}

Result<SnapshotHeader> parse_snapshot_header(std::string_view line) {
  const Error error = make_error(Errc::protocol, "bad_snapshot",
                                 "the snapshot's first line does not say where it stands");
  const simdjson::padded_string padded(line);
  od::parser parser;
  od::document document;
  od::object object;
  if (parser.iterate(padded).get(document) || document.get_object().get(object)) return error;
  SnapshotHeader header;
  std::string_view cursor;
  if (object["cursor"].get_string().get(cursor) ||
      object["entities"].get_uint64().get(header.entities) ||
      object["conflicts"].get_uint64().get(header.conflicts)) {
    return error;
  }
  std::string_view mark;
  const auto marked = object["line"].get_string().get(mark);
  if (marked != simdjson::NO_SUCH_FIELD && (marked || !is_mark(mark))) return error;
  header.line = mark;
  const auto place = Cursor::parse(cursor);
  const bool countable = header.entities <= INT64_MAX && header.conflicts <= INT64_MAX;
  if (!place || !countable) return error;
  header.cursor = *place;
  return header;
}

}  // namespace offsync
