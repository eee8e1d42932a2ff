#include "wire/snapshot.h"

#include <fmt/format.h>
#include <simdjson.h>

namespace offsync {

namespace od = simdjson::ondemand;

std::string encode_snapshot_header(const SnapshotHeader& header) {
  return fmt::format(R"({{"cursor":"{}","entities":{},"conflicts":{}}})", header.cursor.text(),
                     header.entities, header.conflicts);
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
  const auto place = Cursor::parse(cursor);
  const bool countable = header.entities <= INT64_MAX && header.conflicts <= INT64_MAX;
  if (!place || !countable) return error;
  header.cursor = *place;
  return header;
}

}  // namespace offsync
