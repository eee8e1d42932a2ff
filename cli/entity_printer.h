// Prints entities, for state and replay.
#pragma once

#include <cstdint>
#include <string_view>

#include "cli/output.h"
#include "state/entity.h"

namespace offsync::cli {

class EntityPrinter {
 public:
  // `writers`: who wrote each field, and when.
  EntityPrinter(const Settings& settings, Out& out, bool writers);

  // Prints it if it lives. False: nobody reads any more.
  bool print(std::string_view subject, const Entity& entity);
  void end() { records_.end(); }
  std::uint64_t printed() const { return printed_; }

 private:
  bool writers_;
  Out& out_;
  Records records_;
  Palette colors_;
  std::uint64_t printed_ = 0;
};

}  // namespace offsync::cli
