// The tables of a replica's file. Internal to lib/replica.
#pragma once

#include <cstdint>
#include <span>

#include "sqlite/db.h"

namespace offsync::schema {

// "OffR": how `file` and SQLite tell a replica from other databases.
inline constexpr std::int32_t kApplicationId = 0x4f666652;

std::span<const sqlite::Migration> steps();

}  // namespace offsync::schema
