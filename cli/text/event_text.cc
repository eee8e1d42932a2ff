#include "cli/text/event_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/rfc3339.h"
#include "cli/text/escape.h"
#include "event/value.h"
#include "state/decision.h"

namespace offsync::cli {
namespace {

constexpr std::size_t kChangeValueColumns = 40;

// "812 B", "12.3 kB".
std::string size_text(std::size_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  const double kilo = static_cast<double>(bytes) / 1000;
  return kilo < 1000 ? fmt::format("{:.1f} kB", kilo) : fmt::format("{:.1f} MB", kilo / 1000);
}

std::string op_text(const Op& op) {
  const std::string field = escape_text(op.field);
  const std::string value = value_text(op.value, kChangeValueColumns);
  switch (op.kind) {
    case OpKind::set:
      return fmt::format("{}={}", field, value);
    case OpKind::unset:
      return fmt::format("{} unset", field);
    case OpKind::inc:
      return fmt::format("{}{}={}", field, value.front() == '-' ? "-" : "+",
                         value.front() == '-' ? value.substr(1) : value);
    case OpKind::add:
      return fmt::format("{} add {}", field, value);
    case OpKind::remove:
      break;
  }
  return fmt::format("{} remove {}", field, value);
}

std::string conflict_text(const Conflict& conflict) {
  const Side& winner = conflict.incoming_wins ? conflict.incoming : conflict.current;
  const Side& loser = conflict.incoming_wins ? conflict.current : conflict.incoming;
  return fmt::format("{}: {} over {} ({})", escape_text(conflict.field),
                     side_text(winner, kChangeValueColumns), side_text(loser, kChangeValueColumns),
                     escape_text(conflict.rule));
}

}  // namespace

std::string side_text(const Side& side, std::size_t columns) {
  if (side.deleted) return "deleted";
  if (side.omitted) return fmt::format("(too long: see event {})", escape_text(side.id));
  if (side.removed.empty()) return side.value.empty() ? "nothing" : value_text(side.value, columns);
  const std::string without = "without " + value_text(side.removed, columns);
  return side.value == "[]" ? without : value_text(side.value, columns) + " " + without;
}

std::string value_text(std::string_view canonical, std::size_t columns) {
  const std::string text = escape_text(canonical);
  std::string cut = clip(text, columns);
  return cut == text ? cut : fmt::format("{} ({})", cut, size_text(canonical.size()));
}

std::string time_text(std::int64_t ms, bool local) {
  if (ms == 0) return "never";
  std::string text;
  if (local) {
    const std::time_t seconds = ms / 1000;
    std::tm parts{};
    if (::localtime_r(&seconds, &parts) != nullptr) {
      std::array<char, 32> buffer{};
      text.assign(buffer.data(),
                  std::strftime(buffer.data(), buffer.size(), "%Y-%m-%d %H:%M:%S", &parts));
    }
  }
  if (!text.empty()) return text;
  text = format_rfc3339(ms);  // years may have five digits
  text[text.find('T')] = ' ';
  return text.substr(0, text.find('.')) + "Z";
}

std::string id_text(std::string_view id, bool terminal) {
  constexpr std::size_t kUuid = 36;
  constexpr std::size_t kVersionAt = 14;
  if (!terminal || id.size() != kUuid || id[kVersionAt - 1] != '-') return escape_text(id);
  // Those of one minute begin alike where they begin with the time.
  return escape_text(id[kVersionAt] == '7' ? id.substr(24) : id.substr(0, 8));
}

std::string change_text(const EventView& event) {
  if (event.type == kConflictType) {
    if (const auto conflict = parse_conflict_data(event.data)) return conflict_text(*conflict);
  }
  std::string out;
  const auto add = [&](const std::string& part) { out += (out.empty() ? "" : ", ") + part; };
  if (event.create) add("created");
  if (event.del) add("deleted");
  for (const Op& op : event.ops) add(op_text(op));
  const bool keeps = event.type == kResolveType && !event.causationid.empty();
  if (out.empty() && event.data == "{}" && keeps) return "kept as it was";
  if (out.empty() && event.data != "{}") add(value_text(event.data));
  return out;
}

Row event_row(const EventView& event, std::string_view where, const Look& look) {
  const Palette& colors = look.colors;
  const std::string time = event.time.empty() ? "-" : time_text(event.time_ms, look.terminal);
  return {{escape_text(where), colors.yellow, true},
          {time, colors.dim},
          {escape_text(event.source)},
          {escape_text(event.type), colors.blue},
          {escape_text(event.subject), colors.bold},
          {change_text(event)}};
}

std::string entity_text(std::string_view subject, const Entity& entity, bool writers,
                        const Look& look, std::size_t columns) {
  const Palette& colors = look.colors;
  std::string out = fmt::format("{}{}{}\n", colors.bold, escape_text(subject), colors.reset);
  std::vector<const Field*> shown;
  std::size_t width = 0;
  for (const Field& field : entity.fields()) {
    if (!field.shows() || entity.find(field.name()) != &field) continue;
    shown.push_back(&field);
    width = std::max(width, display_width(escape_text(field.name())));
  }
  for (const Field* field : shown) {
    out += fmt::format("  {}{}{}  {}\n", colors.blue, pad(escape_text(field->name()), width),
                       colors.reset, value_text(field->shown(), columns));
    if (!writers) continue;
    const Writer writer = field->writer();
    out += fmt::format("  {:{}}  {}{}  {}  {}{}\n", "", width, colors.dim,
                       time_text(writer.stamp.ms(), look.terminal), escape_text(writer.source),
                       writer.stamp.text(), colors.reset);
  }
  return out;
}

Error unreadable(const PendingEvent& event) {
  return bad_data(
      "unreadable",
      fmt::format("left out event {} (n {}) of the queue, which cannot be read", event.id, event.n),
      "see: offsync queue list");
}

std::string event_members(std::string_view line, bool readable) {
  if (readable) return fmt::format("\"event\":{}", line);
  const nlohmann::json bytes = escape_text(line);
  return fmt::format("\"event\":null,\"unreadable\":{}", bytes.dump());
}

}  // namespace offsync::cli
