// A cursor has one spelling.
#include "fuzz/check.h"
#include "wire/cursor.h"

namespace offsync::fuzz {
namespace {

void run(std::string_view input) {
  const auto cursor = Cursor::parse(input);
  if (!cursor) return;
  require(cursor->text() == input, "a cursor is written as it was read", input);
  require(!cursor->epoch.empty() && cursor->epoch.size() <= 32, "an epoch has 1 to 32 bytes",
          input);
  require(
      cursor->epoch.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz") == std::string::npos,
      "an epoch is digits and lower-case letters", input);
  require(!Cursor::parse(std::string(input) + " "), "nothing may follow a cursor", input);
  require(!Cursor::parse(cursor->epoch + "-0" + std::to_string(cursor->sequence)),
          "a leading zero is refused", input);
}

FUZZ_TARGET(cursor, run);

}  // namespace
}  // namespace offsync::fuzz
