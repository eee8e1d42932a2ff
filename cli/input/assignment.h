// The arguments of emit that say what an event does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "event/draft.h"

namespace offsync::cli {

// Errors of all: usage `bad_argument` for the wrong shape, bad_data for values that cannot be kept
// and, as of any event, for a field given twice (`bad_operation`).

// name=text, name:=json or name+=number.
Status add_assignment(std::string_view text, EventDraft& draft);
// --add and --remove: name=text or name:=json, an element of a set.
Status add_element(std::string_view option, std::string_view text,
                   std::map<std::string, std::vector<std::string>>& into);
Status add_unset(std::string_view name, EventDraft& draft);

}  // namespace offsync::cli
