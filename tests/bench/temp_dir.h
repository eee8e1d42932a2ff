// A folder that is removed with all in it.
#pragma once

#include <string>

namespace offsync::bench {

class TempDir {
 public:
  // A new folder in `parent`.
  explicit TempDir(const std::string& parent);
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);
// Throws Failure with the first difference, unless both have the same bytes.
void expect_same(const std::string& what, const std::string& expected, const std::string& got);
// Waits until what was written before is on the disk: it shall not slow down what is measured now.
void settle_disk(const std::string& path);
// Whether fsync there costs nothing.
bool in_memory(const std::string& path);

}  // namespace offsync::bench
