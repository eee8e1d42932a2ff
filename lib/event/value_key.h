// When two values are one: for conflicts, the elements of sets, and filters. Numbers that are equal
// are one value however they are written (1, 1.0, 1e0), also inside of arrays and objects. What is
// kept and shown is what was written.
#pragma once

#include <string>
#include <string_view>

namespace offsync {

// `canonical` (event/value.h) with its numbers in one spelling: two values are one where their keys
// are equal. For nearly all values it is `canonical` itself; else the view is into `scratch`.
// key(key(x)) == key(x). Exact: no number is rounded.
std::string_view value_key(std::string_view canonical, std::string& scratch);

bool same_value(std::string_view a, std::string_view b);

}  // namespace offsync
