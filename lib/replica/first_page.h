// A replica's file whose first page is lost, and with it where its tables begin; or wrong.
// Internal to lib/replica.
#pragma once

#include <string>

#include "base/result.h"

namespace offsync {

enum class FirstPage {
  sound,   // or not ours to mend
  mended,  // it is there again, and what it says was found to be true
  lost,    // nobody knows where the tables begin
};

// SQLite gives a table its place when it is made, or when the whole file is written anew; each of
// both has one outcome for the tables of this format. So the first page of an empty replica says
// where they begin, too, where what is found there fits. `file` is not written to before that is
// known. Takes the replica's lock.
Result<FirstPage> mend_first_page(const std::string& file);

// Has the header say of which format the tables are, where it says another one, or another
// program's. True where it did. What else is wrong with the file others tell. Takes the lock.
bool mend_format(const std::string& file);

}  // namespace offsync
