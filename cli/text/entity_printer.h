// Prints entities, for state and replay.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "cli/text/output.h"
#include "state/entity.h"

namespace offsync::cli {

class EntityPrinter {
 public:
  // `writers`: who wrote each field, and when.
  EntityPrinter(const Settings& settings, Out& out, bool writers);

  // On a terminal the values of many entities are cut; those of one that was asked for are not.
  void show_whole() { whole_ = true; }
  // Print no entities but, at the end, the fields that they show: each name and kind once.
  void only_fields() { fields_.emplace(); }
  // Prints it if it lives. False: nobody reads any more.
  bool print(std::string_view subject, const Entity& entity);
  void end();
  std::uint64_t printed() const { return printed_; }

 private:
  bool writers_;
  bool whole_ = false;
  std::optional<std::set<std::pair<std::string, FieldKind>>> fields_;
  Out& out_;
  Records records_;
  Look look_;
  std::uint64_t printed_ = 0;
};

}  // namespace offsync::cli
