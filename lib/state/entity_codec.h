// An entity with everything that the fold needs, as one JSON line: the form in which it is stored
// and sent in a snapshot.
//
//   {"subject":"todo/1","created":{"stamp":S,"id":I,"source":U},"deleted":{…},
//    "fields":{"title":{"register":{"value":V,"stamp":S,"id":I,"source":U}},
//              "n":{"counter":{"increments":[{"by":1,"stamp":S,"id":I,"source":U}],"source":U}},
//              "tags":{"set":{"elements":[{"value":V,"present":true,"stamp":S,…}]}}}}
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "state/entity.h"

namespace offsync {

struct EntityRecord {
  std::string subject;
  Entity entity;
};

std::string encode_entity(std::string_view subject, const Entity& entity);

// Checks as strictly as the Decoder of events; equal entities have equal lines, so
// encode(decode(line)) == line for a line that encode_entity made. (Lines of versions that held 1
// and 1.0 for two elements are read as what the fold makes of them now.) Not thread-safe; reusable.
class EntityDecoder {
 public:
  EntityDecoder();
  ~EntityDecoder();
  Result<EntityRecord> decode(std::string_view line);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offsync
