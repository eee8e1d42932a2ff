// Operations of sqlite3_file_control() that are ours, between sealed_file.cc and who asks for them.
// Internal to lib/sqlite.
#pragma once

namespace offsync::sqlite {

inline constexpr int kBeginSeals = 0x0ff5ea1;
inline constexpr int kBrokenSeal = 0x0ff5ea2;
inline constexpr int kUnsealed = 0x0ff5ea3;
inline constexpr int kForgive = 0x0ff5ea4;
inline constexpr int kForgiven = 0x0ff5ea5;
inline constexpr int kMakeWhole = 0x0ff5ea6;
inline constexpr int kIsWhole = 0x0ff5ea7;
inline constexpr int kSealBare = 0x0ff5ea8;

}  // namespace offsync::sqlite
