#include "state/field_writes.h"

#include "event/value_key.h"

namespace offsync {

FieldWrites writes_of(const EventView& event, const Conflict& conflict) {
  FieldWrites writes;
  for (const Op& op : event.ops) {
    if (op.field != conflict.field) continue;
    if (!conflict.element.empty() && !same_value(op.value, conflict.element)) continue;
    writes.last = &op;
    if (kind_of(op.kind) != FieldKind::set) continue;
    std::string& out = op.kind == OpKind::add ? writes.added : writes.removed;
    out.append(out.empty() ? "" : ",").append(op.value);
  }
  return writes;
}

}  // namespace offsync
