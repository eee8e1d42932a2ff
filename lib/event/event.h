// An event, as decoded from its line. See design: structured-mode CloudEvents 1.0.
//
// EventView owns nothing: its views point into the line that was decoded or into its Decoder, and
// are valid until the next decode. Whoever must keep an event keeps its canonical line and decodes
// again. The line is the event; there is no second representation.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "event/stamp.h"

namespace offsync {

enum class OpKind : std::uint8_t { set, unset, inc, add, remove };

// One operation on one field. `add` and `remove` have one Op for each value.
struct Op {
  OpKind kind;
  std::string_view field;
  std::string_view value;  // canonical JSON; empty for unset
};

// What the author had seen of `field` when writing: the stamp of its latest write or, where there
// is an `element`, of the latest write of that element of a set.
struct Base {
  std::string_view field;
  Stamp stamp;
  std::string_view element = {};  // canonical JSON; empty: of the whole field
};

// Any other CloudEvents attribute, kept as it came.
struct Extension {
  std::string_view name;
  std::string_view value;  // canonical JSON scalar
};

struct EventView {
  std::string_view id;
  std::string_view source;
  std::string_view type;
  std::string_view subject;
  std::string_view time;     // RFC 3339 as written; empty if absent
  std::int64_t time_ms = 0;  // of `time`
  Stamp stamp;               // as given, else derived from time and source; else none()
  bool stamp_given = false;
  std::uint64_t clientseq = 0;   // 0: none
  std::string_view causationid;  // empty: none

  bool create = false;
  bool del = false;
  bool base_given = false;                // the author says what it had seen (perhaps: nothing)
  std::span<const Op> ops;                // in byte order of (op kind's name, field)
  std::span<const Base> bases;            // in byte order of (field, element)
  std::span<const Extension> extensions;  // in byte order of name
  std::string_view data;                  // canonical JSON object; "{}" if absent

  std::uint64_t sequence = 0;     // added by the proxy; 0: not yet
  std::string_view recordedtime;  // added by the proxy

  // The author's base of the whole `field`, or of one element of it (in any spelling of its
  // numbers); none() if it gives none there.
  // A field has one base as a whole or some of elements, never both.
  Stamp base_of(std::string_view field, std::string_view element = {}) const;
  bool writes() const { return create || del || !ops.empty(); }
};

// The canonical line (no newline): attributes in the order of the struct, then extensions, then
// data, then sequence and recordedtime. encode(decode(line)) == line for a canonical line.
// `stamp` is written whenever there is one, given or derived.
std::string encode(const EventView& event);

// The canonical line without what the proxy adds: the event's content. An event's identity is its
// source and id together; two events with the same identity are the same event if and only if their
// contents are equal.
std::string encode_content(const EventView& event);

// Puts sequence and recordedtime into a line made by encode_content().
std::string with_sequence(std::string_view content, std::uint64_t sequence,
                          std::string_view recordedtime);

inline constexpr std::string_view kConflictType = "offsync.conflict";
inline constexpr std::string_view kCorrectionType = "offsync.correction";
inline constexpr std::string_view kResolveType = "conflict.resolved";

}  // namespace offsync
