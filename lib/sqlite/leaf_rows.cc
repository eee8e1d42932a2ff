// sqlite.org/fileformat2.html
#include "sqlite/leaf_rows.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace offsync::sqlite {
namespace {

constexpr std::size_t kUsable = kPageBytes - kSealBytes;
constexpr std::uint64_t kMostBytes = 64 * 1024 * 1024;  // of a row
constexpr char kTableLeaf = 0x0d;

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count && at + i < bytes.size(); ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

// Takes numbers off the front.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int i = 0; i < 9; ++i) {
      if (at_ >= bytes_.size()) return fail();
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      if (i == 8) return value << 8 | byte;
      value = value << 7 | (byte & 0x7f);
      if (byte < 0x80) break;
    }
    return value;
  }
  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - at_) {
      fail();
      return {};
    }
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }
  std::size_t at() const { return at_; }
  bool good() const { return good_; }

 private:
  std::uint64_t fail() {
    good_ = false;
    at_ = bytes_.size();
    return 0;
  }
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool good_ = true;
};

// The types of a record's columns; nothing where it has no such head.
std::optional<std::vector<std::uint64_t>> types_of(std::string_view record) {
  Reader reader(record);
  const std::uint64_t head = reader.varint();
  if (!reader.good() || head > record.size()) return std::nullopt;
  std::vector<std::uint64_t> types;
  while (reader.good() && reader.at() < head) types.push_back(reader.varint());
  if (!reader.good() || reader.at() != head) return std::nullopt;
  return types;
}

FoundValue value_of(std::uint64_t type, Reader& reader) {
  constexpr std::array<std::uint64_t, 7> kBytes = {0, 1, 2, 3, 4, 6, 8};
  FoundValue value;
  if (type == 0) return value;
  if (type >= 12) {
    value.kind = type % 2 == 1 ? FoundValue::Kind::text : FoundValue::Kind::other;
    value.text = reader.take((type - 12) / 2);
    return value;
  }
  value.kind = type == 7 || type > 9 ? FoundValue::Kind::other : FoundValue::Kind::integer;
  if (type >= 8) value.integer = type == 9 ? 1 : 0;
  if (type == 7) reader.take(8);
  if (type > 6) return value;
  const std::string_view bytes = reader.take(kBytes[type]);
  std::uint64_t number = number_at(bytes, 0, bytes.size());
  const std::uint64_t bits = 8 * kBytes[type];
  if (bits < 64 && (number >> (bits - 1) & 1) != 0) number |= ~std::uint64_t{0} << bits;
  value.integer = static_cast<std::int64_t>(number);
  return value;
}

class Leaves {
 public:
  Leaves(const PageSource& pages, const std::set<std::uint32_t>& free,
         const std::set<std::size_t>& wanted)
      : pages_(pages), free_(free), wanted_(wanted) {}

  Status read(const Page& page, const std::function<Status(const FoundRow&)>& fn) const {
    const std::string_view bytes(page.data(), kUsable);
    const std::uint64_t cells = number_at(bytes, 3, 2);
    for (std::size_t i = 0; i < cells && 8 + 2 * i + 2 <= kUsable; ++i) {
      const std::uint64_t at = number_at(bytes, 8 + 2 * i, 2);
      if (at < 8 || at >= kUsable) continue;
      if (const auto row = row_of(bytes.substr(at))) OFFSYNC_TRY(fn(*row));
    }
    return {};
  }

 private:
  std::optional<FoundRow> row_of(std::string_view cell) const {
    constexpr std::uint64_t kMost = kUsable - 35, kLeast = (kUsable - 12) * 32 / 255 - 23;
    Reader reader(cell);
    const std::uint64_t bytes = reader.varint();
    FoundRow row;
    row.rowid = static_cast<std::int64_t>(reader.varint());
    if (bytes > kMostBytes) return std::nullopt;
    std::uint64_t here = bytes;
    if (bytes > kMost) {
      here = kLeast + (bytes - kLeast) % (kUsable - 4);
      if (here > kMost) here = kLeast;
    }
    std::string record(reader.take(here));
    if (!reader.good()) return std::nullopt;
    const auto types = types_of(record);
    if (!types || !wanted_.contains(types->size())) return std::nullopt;
    if (here < bytes) {
      const auto next = static_cast<std::uint32_t>(number_at(reader.take(4), 0, 4));
      if (!append_overflow(record, bytes, next)) return std::nullopt;
    }
    Reader values(record);
    const std::uint64_t head = values.varint();
    values.take(head - values.at());
    for (const std::uint64_t type : *types) row.columns.push_back(value_of(type, values));
    if (!values.good()) return std::nullopt;
    return row;
  }

  bool append_overflow(std::string& record, std::uint64_t bytes, std::uint32_t next) const {
    Page page;
    while (record.size() < bytes) {
      if (free_.contains(next) || !pages_.read(next, page)) return false;
      const std::uint64_t more = std::min<std::uint64_t>(bytes - record.size(), kUsable - 4);
      record.append(page.data() + 4, more);
      next = static_cast<std::uint32_t>(number_at({page.data(), 4}, 0, 4));
    }
    return true;
  }

  const PageSource& pages_;
  const std::set<std::uint32_t>& free_;
  const std::set<std::size_t>& wanted_;
};

}  // namespace

std::optional<std::set<std::uint32_t>> free_pages(const PageSource& pages) {
  constexpr std::size_t kFirstAt = 32, kCountAt = 36;
  Page page;
  if (!pages.read(1, page)) return std::nullopt;
  const std::string_view bytes(page.data(), page.size());
  const std::uint64_t count = number_at(bytes, kCountAt, 4);
  std::uint64_t trunk = number_at(bytes, kFirstAt, 4);
  std::set<std::uint32_t> found;
  while (trunk != 0) {
    const auto number = static_cast<std::uint32_t>(trunk);
    if (!found.insert(number).second || !pages.read(number, page)) return std::nullopt;
    const std::uint64_t leaves = number_at(bytes, 4, 4);
    if (leaves > kUsable / 4 - 2) return std::nullopt;
    for (std::size_t i = 0; i < leaves; ++i) {
      found.insert(static_cast<std::uint32_t>(number_at(bytes, 8 + 4 * i, 4)));
    }
    trunk = number_at(bytes, 0, 4);
  }
  if (found.size() != count) return std::nullopt;
  return found;
}

Status for_each_row_of(const PageSource& pages, const Page& page,
                       const std::set<std::uint32_t>& free, const std::set<std::size_t>& wanted,
                       const std::function<Status(const FoundRow&)>& fn) {
  return page[0] == kTableLeaf ? Leaves(pages, free, wanted).read(page, fn) : Status();
}

}  // namespace offsync::sqlite
