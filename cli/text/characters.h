// What a terminal does with a character, by its properties in Unicode.
#pragma once

#include <cstdint>

namespace offsync::cli {

// Control and format characters, those that Unicode says to ignore where they are not known, and
// noncharacters: nothing that is seen, or that turns what is seen around.
bool is_hidden(std::uint32_t c);

// Marks that go onto the character before them (categories Mn and Me), variation selectors
// included. Not what is hidden.
bool is_mark(std::uint32_t c);

}  // namespace offsync::cli
