#include "base/wrap.h"

#include "support/catch.h"

using offsync::wrapped;
using offsync::wrapped_help;

TEST_CASE("text is broken at spaces, into at most 80 columns") {
  const std::string word(19, 'w');
  const std::string four = word + " " + word + " " + word + " " + word;  // 79 columns
  CHECK(wrapped(four, 0, 0) == four);
  CHECK(wrapped(four, 1, 0) == four);
  CHECK(wrapped(four, 2, 4) == word + " " + word + " " + word + "\n    " + word);
  CHECK(wrapped("a\nb  c", 0, 0) == "a b c");
  CHECK(wrapped("", 5, 5).empty());
  const std::string long_word(100, 'x');
  CHECK(wrapped("a " + long_word + " b", 0, 2) == "a\n  " + long_word + "\n  b");
}

TEST_CASE("a help keeps its lines, and long ones go on below their column") {
  const std::string word(19, 'w');
  const std::string three = word + " " + word + " " + word;
  CHECK(wrapped_help("short\n\nlines\n") == "short\n\nlines\n");
  CHECK(wrapped_help("  --option X   " + three + " ending of it\nnext") ==
        "  --option X   " + three + "\n               ending of it\nnext");
  CHECK(wrapped_help("  " + three + " " + word + " " + word) ==
        "  " + three + "\n  " + word + " " + word);
}
