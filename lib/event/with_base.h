// The base of an event that is just being written.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "event/event.h"

namespace offsync {

// `data` (canonical, as a Decoder gives it) with `bases` as its member "base", in the place of one
// that is there. Canonical again. `bases` in byte order of field.
std::string with_base(std::string_view data, std::span<const Base> bases);

}  // namespace offsync
