#include "cli/input/event_find.h"

#include <fmt/format.h>

namespace offsync::cli {

std::string too_short_hint(std::string_view id) {
  if (id.size() >= kPartOfId) return {};
  return fmt::format("a part of an id has {} characters or more; ", kPartOfId);
}

Error no_such_event(const EventName& name, const EventList& list) {
  return make_error(Errc::no_input, "no_event",
                    fmt::format("there is no {} event {}{}", list.what, name.id,
                                name.source.empty() ? "" : " of " + name.source),
                    fmt::format("{}list them with: {}", too_short_hint(name.id), list.command));
}

Error ambiguous_event(const EventName& name, const EventList& list,
                      const std::vector<std::string>& sources, bool exact) {
  if (!exact) {
    return make_error(
        Errc::usage, "ambiguous",
        fmt::format("{} {} events begin or end with {}", sources.size(), list.what, name.id),
        "give more of the id, or say whose event it is with --source");
  }
  return make_error(Errc::usage, "ambiguous",
                    fmt::format("more than one event has the id {}: one of {}, one of {}", name.id,
                                sources[0], sources[1]),
                    "say whose is meant, with --source");
}

}  // namespace offsync::cli
