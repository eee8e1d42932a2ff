// What must hold of the proxy's store after a cut. Internal to store_*.cc.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "crash/recording.h"
#include "proxy/store/sqlite/log_store.h"
#include "support/temp_dir.h"

namespace offsync::test {

inline constexpr std::array kSpaces = {"shop", "bar"};
using Logs = std::array<std::vector<std::string>, kSpaces.size()>;

// Every table of the store.
const std::vector<std::string>& store_queries();
Result<std::unique_ptr<proxy::SqliteLogStore>> open_store(const std::string& file,
                                                          int checkpoint_pages, Random& random);
// `seen`: what the last cut left, for the next call.
Problem judge_store(SimDisk& disk, const std::string& file, const Logs& logs, const Step& step,
                    std::string& seen, SimRandom& random);

}  // namespace offsync::test
