// Rows as they lie on pages, whatever the pages are kept in. Internal to lib/sqlite.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>

#include "sqlite/found_rows.h"
#include "sqlite/sealed_file.h"

namespace offsync::sqlite {

using Page = std::array<char, kPageBytes>;

class PageSource {
 public:
  virtual ~PageSource() = default;
  // The greatest number of a page.
  virtual std::uint32_t count() const = 0;
  // False where it is not there, or not as it was written.
  virtual bool read(std::uint32_t number, Page& page) const = 0;
};

// Those that hold nothing; nothing where one of them, or the first page, is lost.
std::optional<std::set<std::uint32_t>> free_pages(const PageSource& pages);

// Calls `fn` for each row of a table that begins on this page, of as many columns as `wanted`
// names; what goes on upon a page that is free or cannot be read is none. Errors: of `fn`.
Status for_each_row_of(const PageSource& pages, const Page& page,
                       const std::set<std::uint32_t>& free, const std::set<std::size_t>& wanted,
                       const std::function<Status(const FoundRow& row)>& fn);

}  // namespace offsync::sqlite
