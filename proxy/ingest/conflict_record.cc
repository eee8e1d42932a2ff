#include "proxy/ingest/conflict_record.h"

namespace offsync::proxy {

std::string readable_data(Decoder& decoder, EventView record, Conflict& conflict) {
  Side& current = conflict.current;
  Side& incoming = conflict.incoming;
  const auto bytes = [](const Side& side) { return side.value.size() + side.removed.size(); };
  Side& longer = bytes(current) >= bytes(incoming) ? current : incoming;
  Side& shorter = &longer == &current ? incoming : current;
  for (Side* leave_out : {&longer, &shorter}) {
    std::string data = conflict_data(conflict);
    record.data = data;
    if (decoder.decode(encode_content(record))) return data;
    leave_out->omitted = !leave_out->value.empty();
  }
  return conflict_data(conflict);
}

}  // namespace offsync::proxy
