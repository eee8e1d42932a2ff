#include "bench/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

namespace offsync::bench {
namespace {

constexpr std::size_t kLineBytes = 250;
constexpr std::uint64_t kStartMs = 1'732'000'000'000;  // 2024-11-19
constexpr std::uint32_t kLateMs = 60'000;
constexpr std::uint32_t kWriters = 50;

constexpr const char* kWords[] = {"buy",    "oat",    "milk",        "call",   "the",  "plumber",
                                  "about",  "a",      "leak",        "before", "noon", "renew",
                                  "ticket", "größer", "\\\"now\\\"", "return", "book", "paint"};

// Words of exactly `bytes` bytes, in quotes: JSON text as we would write it ourselves.
void append_note(std::string& out, std::size_t bytes, Rng& rng) {
  const std::size_t end = out.size() + bytes;
  out += '"';
  for (;;) {
    const std::string_view word = kWords[rng.below(std::size(kWords))];
    if (out.size() + word.size() + 2 > end) break;
    out += word;
    out += ' ';
  }
  out.append(end - out.size() - 1, '.');
  out += '"';
}

std::string rfc3339(std::uint64_t ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(ms)};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

// The views are made when the text does not move any more.
struct Piece {
  std::uint32_t entity;
  bool done;
  std::size_t line, note, end;
};

void finish(Events& events, const std::vector<Piece>& pieces) {
  const std::string_view text = events.text;
  events.list.reserve(pieces.size());
  for (const Piece& piece : pieces) {
    events.list.push_back({piece.entity, piece.done,
                           text.substr(piece.line, piece.end - piece.line),
                           text.substr(piece.note, piece.end - piece.note - 3)});
  }
}

// Closes a line whose head stands in `events.text` from `line` on.
Piece append_data(Events& events, std::size_t line, std::uint32_t entity, Rng& rng) {
  std::string& text = events.text;
  const bool done = rng.below(2) == 1;
  text += fmt::format(R"("data":{{"set":{{"done":{},"note":)", done);
  const std::size_t note = text.size();
  const std::size_t used = note - line + 3;
  append_note(text, kLineBytes > used + 10 ? kLineBytes - used : 10, rng);
  text += "}}}";
  const Piece piece{entity, done, line, note, text.size()};
  text += '\n';
  return piece;
}

}  // namespace

std::uint64_t Rng::next() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::string subject_of(std::uint32_t entity) {
  return "todo/" + std::to_string(entity);
}

Events own_events(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  Events events;
  std::vector<Piece> pieces;
  events.text.reserve(count * (kLineBytes + 1));
  pieces.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t line = events.text.size();
    const std::uint32_t entity = rng.below(kEntities);
    events.text += fmt::format(R"({{"type":"todo.changed","subject":"todo/{}",)", entity);
    pieces.push_back(append_data(events, line, entity, rng));
  }
  finish(events, pieces);
  return events;
}

Events logged_events(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  Events events;
  std::vector<Piece> pieces;
  events.text.reserve(count * (kLineBytes + 16));
  pieces.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t line = events.text.size();
    const std::uint32_t entity = rng.below(kEntities), writer = rng.below(kWriters);
    const std::uint64_t ms = kStartMs + i * 20 + kLateMs - rng.below(kLateMs);
    const std::string id = fmt::format("{:08x}-{:04x}-7{:03x}-8{:03x}-{:012x}", ms >> 16,
                                       ms & 0xffff, rng.below(0x1000), rng.below(0x1000), i);
    const std::string stamp = fmt::format("{:012x}-0000-{:016x}", ms, 0x7f3a9c01b2d40000 + writer);
    events.text += fmt::format(
        R"({{"specversion":"1.0","id":"{}","source":"/clients/till-{}","type":"todo.changed",)"
        R"("subject":"todo/{}","time":"{}","stamp":"{}",)",
        id, writer, entity, rfc3339(ms), stamp);
    pieces.push_back(append_data(events, line, entity, rng));
    events.order.push_back(stamp + id);
  }
  finish(events, pieces);
  return events;
}

std::string expected_state(const Events& events) {
  std::vector<const Event*> latest(events.entities, nullptr);
  const auto rank = [&](const Event* event) -> const std::string& {
    return events.order[static_cast<std::size_t>(event - events.list.data())];
  };
  for (const Event& event : events.list) {
    const Event*& known = latest[event.entity];
    if (known == nullptr || events.order.empty() || rank(known) < rank(&event)) known = &event;
  }
  std::map<std::string, const Event*> sorted;
  for (const Event* event : latest) {
    if (event != nullptr) sorted.emplace(subject_of(event->entity), event);
  }
  std::string text;
  for (const auto& [subject, event] : sorted) {
    text += fmt::format(R"({{"subject":"{}","fields":{{"done":{},"note":{}}}}})", subject,
                        event->done, event->note);
    text += '\n';
  }
  return text;
}

}  // namespace offsync::bench
