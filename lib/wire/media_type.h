// Media types and the like, compared in one way by everybody (RFC 9110, 8.3.1).
#pragma once

#include <string>
#include <string_view>

namespace offsync {

// "type/subtype" of a Content-Type, in lower case, without its parameters and white space. Also of
// other fields that have the form of a word with parameters, such as Content-Encoding.
std::string media_type(std::string_view content_type);

// The text of a Content-Type that says which charset its body has; empty where none does.
std::string charset(std::string_view content_type);

// Whether a Content-Type names `type` (in lower case), whatever its parameters.
bool is_media_type(std::string_view content_type, std::string_view type);

// Whether a body that says to be of `content_type` is one that `accept`, a list of types, has asked
// for. One that says nothing is read as what was asked for.
bool is_asked_for(std::string_view content_type, std::string_view accept);

}  // namespace offsync
