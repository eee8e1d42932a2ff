// Events and entities as lines for people. Everything is escaped for a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/text/output.h"
#include "cli/text/table.h"
#include "event/event.h"
#include "replica/replica.h"
#include "state/decision.h"
#include "state/entity.h"

namespace offsync::cli {

// What the event does, short: `created, title="Buy oat milk", done=false, n+=1, tags add "a"`.
std::string change_text(const EventView& event);

// What a side of a conflict gave the field: `["new"] without ["x"]`, "nothing", "deleted".
std::string side_text(const Side& side, std::size_t columns);

// Where (the sequence, or a state of the queue), time, source, type, subject, change.
Row event_row(const EventView& event, std::string_view where, const Look& look);

// "2026-11-23 12:00:00Z", or for a terminal in local time "2026-11-23 13:00:00"; "never" for 0.
std::string time_text(std::int64_t ms, bool local = false);

// An event's id, escaped; on a terminal short, which is the part of a UUID that tells it from its
// neighbours. Commands that take an id take that too.
std::string id_text(std::string_view id, bool terminal);

// The members of a JSON object that say which event this is: `"event":{…}`, as it is, so that
// nothing of it can change; or, where no Decoder can read it, `"event":null,"unreadable":"…"` with
// its bytes made printable (escape_text).
std::string event_members(std::string_view line, bool readable);

// Why an event of the queue is not printed.
Error unreadable(const PendingEvent& event);

// A canonical JSON value, escaped. One that is cut to `columns` has its size behind it.
std::string value_text(std::string_view canonical, std::size_t columns = 60);

// The entity as lines, its fields aligned; `writers` adds who wrote each field when. `columns`:
// what a value may take.
std::string entity_text(std::string_view subject, const Entity& entity, bool writers,
                        const Look& look, std::size_t columns = SIZE_MAX);

}  // namespace offsync::cli
