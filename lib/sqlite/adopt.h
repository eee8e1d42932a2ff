// Pages that other programs wrote: they are looked at once, and sealed.
#pragma once

#include "sqlite/db.h"

namespace offsync::sqlite {

// Whether the file has pages without a seal, or may have some.
bool needs_adoption(Db& db);

// Looks how the pages hang together, where there are some without a seal, and seals them all; the
// file says so from then on (sealed_file.h). Where a reader is in the way, or it cannot be written,
// another time. To be called under the FileLock. Error: io `corrupt` where they do not fit.
Status adopt(Db& db);

// Puts the first page into a WAL that is begun, within the transaction that does so: whoever
// checkpoints without us writes then that not all pages are sealed.
Status enter_first_page(Db& db);

// Begins the WAL with the first page, where it is to be begun: for who writes next without a
// Transaction, as a VACUUM does.
Status begin_wal(Db& db);

}  // namespace offsync::sqlite
