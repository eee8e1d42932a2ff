#include "proxy/store/sqlite/foreign_file.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "proxy/store/sqlite/schema.h"

namespace offsync::proxy {
namespace {

// Of SQLite's file format: where the first page says these.
constexpr std::size_t kHeaderBytes = 100, kReservedAt = 20, kSchemaCookieAt = 40,
                      kApplicationAt = 68;

}  // namespace

Status not_foreign(const std::string& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return {};
  std::array<char, kHeaderBytes> header{};
  std::ifstream in(file, std::ios::binary);
  if (!in.read(header.data(), header.size())) return {};
  const std::string_view bytes(header.data(), header.size());
  if (!bytes.starts_with(std::string_view("SQLite format 3\0", 16))) return {};
  // Ours have room for seals on each page, and their number from the first table on.
  const bool sealed = bytes[kReservedAt] != 0;
  const bool tables = bytes.substr(kSchemaCookieAt, 4) != std::string_view("\0\0\0\0", 4);
  std::uint32_t id = 0;
  for (const char c : bytes.substr(kApplicationAt, 4)) id = id << 8 | static_cast<unsigned char>(c);
  const bool ours = id == static_cast<std::uint32_t>(kLogApplicationId);
  if (sealed || !tables || ours) return {};
  return make_error(Errc::config, "not_ours",
                    "the database " + file + " belongs to another program",
                    "check the path; it was not changed");
}

}  // namespace offsync::proxy
