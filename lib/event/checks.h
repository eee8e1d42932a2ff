// Checks of names and attributes that the decoder and the command line share. Internal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "event/event.h"

namespace offsync {

inline bool has_control(std::string_view text) {
  bool bad = false;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    bad |= (u < 0x20) | (u == 0x7f);
  }
  return bad;
}

// Whether UTF-8 `text` has a character that no attribute may have: C0, DEL, C1 or a noncharacter.
bool has_forbidden(std::string_view text);

// What a record's subject must be: check_subject() of what earlier versions took.
Status check_known_subject(std::string_view subject);

// "kind/id", neither of them empty; and what to say where it is not so.
bool is_kind_and_id(std::string_view subject);
std::string subject_form(std::string_view subject);

// [a-z0-9]{1,20}, as CloudEvents wants it.
bool is_attribute_name(std::string_view name);

// A decimal number from 1 to 2^63-1 without leading zeros.
std::optional<std::uint64_t> parse_counting(std::string_view text);
// The same or "0": a place in a log. What the replica's file can hold, and the one rule by which
// every number of a proxy's answer is read.
std::optional<std::uint64_t> parse_sequence(std::string_view text);

// `text` for an error message: control characters escaped, cut between two characters to a
// bearable length. UTF-8 where `text` is.
std::string printable(std::string_view text);
// The same for a canonical JSON value, which has its escapes already.
std::string printable_json(std::string_view json);

// About the bytes of encode_content(event): within 100 but for escapes in attributes. The measure
// of limits::kEventBytes, which everybody who decodes the event computes alike.
std::size_t content_bytes(const EventView& event);

// 1..64 bytes, no control characters, quotes or backslashes.
bool is_field_name(std::string_view name);

}  // namespace offsync
