#include "base/free_name.h"

#include <sys/stat.h>

namespace offsync {

std::string free_name(const std::string& stem, const std::string& end,
                      const std::function<bool(const std::string&)>& may_be_had) {
  struct stat info {};
  std::string name = stem + end;
  for (int number = 2; ::lstat(name.c_str(), &info) == 0; ++number) {
    if (may_be_had && may_be_had(name)) break;
    name = stem;
    name.append("-").append(std::to_string(number)).append(end);
  }
  return name;
}

}  // namespace offsync
