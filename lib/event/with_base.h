// The base of an event that is just being written.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"

namespace offsync {

// `data` (canonical, as a Decoder gives it) with `bases` as its member "base", in the place of one
// that is there. Canonical again. `bases` in byte order of (field, element).
std::string with_base(std::string_view data, std::span<const Base> bases);

// The same bases in less room: in the place of the elements of a set, the latest of their stamps.
std::vector<Base> without_elements(std::span<const Base> bases);

}  // namespace offsync
