// A name for a file that is kept beside another one.
#pragma once

#include <functional>
#include <string>

namespace offsync {

// The first of STEM END, STEM-2 END, STEM-3 END … that nothing has, not even a link that leads
// nowhere; or one that may be had all the same.
std::string free_name(const std::string& stem, const std::string& end = {},
                      const std::function<bool(const std::string& name)>& may_be_had = {});

}  // namespace offsync
