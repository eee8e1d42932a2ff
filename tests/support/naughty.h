// Strings that go wrong somewhere: in a shell, a database, a URL, a terminal, a spreadsheet. Valid
// UTF-8 each, without NUL; the empty one is not among them.
#pragma once

#include <string>
#include <vector>

namespace offsync::test {

std::vector<std::string> naughty_strings();

}  // namespace offsync::test
