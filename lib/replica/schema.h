// The tables of a replica's file. Internal to lib/replica.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sqlite/db.h"

namespace offsync::schema {

// "OffR": how `file` and SQLite tell a replica from other databases.
inline constexpr std::int32_t kApplicationId = 0x4f666652;

std::span<const sqlite::Migration> steps();

// Those of the newest format's tables that the file has not (any more).
Result<std::vector<std::string>> missing_tables(sqlite::Db& db);
// What is wrong where `table` is one of them.
std::string missing_text(const std::string& table);

}  // namespace offsync::schema
