// The first page of a database says where its tables begin; without it no other page can be found.
#pragma once

#include <string>

#include "base/result.h"
#include "sqlite/db.h"

namespace offsync::sqlite {

// Whether this is a sealed file whose first page is not as it was written. In a WAL it may be: then
// it is not lost.
bool first_page_lost(const std::string& file);

// The file alone, as it is; it belongs to whom `file` belongs to.
Status copy_file(const std::string& file, const std::string& to);

// Puts the first page of `like` (a file of the same tables, all of it out of its WAL) in the place
// of the one of `file`, which nobody may have open; what is free there is not known any more.
Status put_first_page(const std::string& file, const std::string& like);

// Whether each page on which a table or an index is said to begin is of that kind, those that are
// damaged apart.
bool roots_fit(Db& db);

}  // namespace offsync::sqlite
