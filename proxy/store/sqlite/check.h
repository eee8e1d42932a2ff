// `offsync-proxy check`: reads all of a store's file, and looks whether its parts say the same.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "sqlite/file_report.h"

namespace offsync::proxy {

struct StoreReport : sqlite::FileReport {
  struct Space {
    std::string name;
    std::uint64_t events = 0, forgotten = 0, entities = 0, conflicts = 0;
  };
  std::vector<Space> spaces;
};

// The file is neither changed nor locked: a proxy may use it meanwhile. Memory grows with the
// entities of one space. Errors: no_input where there is none; config `not_ours`, `newer_format`,
// `old_format`; io. What is damaged is no error but a problem.
Result<StoreReport> check_store(const std::string& file);

// As it is printed, in whole lines.
std::string text_of(const StoreReport& report);

}  // namespace offsync::proxy
