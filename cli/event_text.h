// Events and entities as lines for people. Everything is escaped for a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/output.h"
#include "event/event.h"
#include "state/entity.h"

namespace offsync::cli {

// What the event does, short: `created, title="Buy oat milk", done=false, n+=1, tags add "a"`.
std::string change_text(const EventView& event);

// One line: where (the sequence, or a state of the queue), time, source, type, subject, change.
std::string event_text(const EventView& event, std::string_view where, const Palette& colors);

// "2026-11-23 12:00:00Z"; "never" for 0.
std::string time_text(std::int64_t ms);

// A canonical JSON value, escaped and cut to `columns`.
std::string value_text(std::string_view canonical, std::size_t columns = 60);

// The entity as lines, its fields aligned; `writers` adds who wrote each field when.
std::string entity_text(std::string_view subject, const Entity& entity, bool writers,
                        const Palette& colors);

}  // namespace offsync::cli
