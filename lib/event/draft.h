// EventDraft: an event under construction. build() writes its line and sends it through the
// Decoder's checks, so that what is emitted obeys the rules of what is received.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "event/stamp.h"

namespace offsync {

struct EventDraft {
  std::string id, source, type, subject, time, causationid;
  Stamp stamp;                  // none(): not written
  std::uint64_t clientseq = 0;  // 0: not written

  bool create = false;
  bool del = false;
  std::map<std::string, std::string> set;  // field -> JSON text
  std::vector<std::string> unset;
  std::map<std::string, std::string> inc;                       // field -> JSON number
  std::map<std::string, std::vector<std::string>> add, remove;  // field -> JSON texts
  bool base_given = false;
  std::map<std::string, Stamp> base;
  std::map<std::string, std::string> payload;     // other members of data -> JSON text
  std::map<std::string, std::string> extensions;  // other attributes -> JSON scalar

  // The line; not yet checked or canonical: give it to a Decoder.
  std::string line() const;
};

}  // namespace offsync
