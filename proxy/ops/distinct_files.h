// That no file of the settings is another one of them.
#pragma once

#include "base/result.h"
#include "proxy/ops/config.h"

namespace offsync::proxy {

// Nothing is opened or made: files are compared by device and inode, through links; what is not
// there by its folder and name. The store counts with what SQLite and its lock keep beside it.
// Errors: config `same_file`.
Status must_be_distinct(const Config& config);

}  // namespace offsync::proxy
