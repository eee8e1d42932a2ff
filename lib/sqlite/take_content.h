#pragma once

#include "sqlite/db.h"

namespace offsync::sqlite {

// All of `to` becomes what `from` holds, in one commit; its own pages are not read, but for the
// first. To be called under the FileLock.
Status take_content(Db& to, Db& from);

}  // namespace offsync::sqlite
