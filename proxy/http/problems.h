// Every problem that the proxy answers, with its status: the table in offsync-protocol(7) has the
// same. Pure.
#pragma once

#include <string>

#include "wire/problem.h"

namespace offsync::proxy {

struct KnownProblem {
  int status;
  const char* code;
};

// Of a request's head and body.
inline constexpr KnownProblem kBadRequest{400, "bad_request"};
inline constexpr KnownProblem kSlowHead{408, "bad_request"};
inline constexpr KnownProblem kNoLength{411, "bad_request"};
inline constexpr KnownProblem kBadExpectation{417, "bad_request"};
inline constexpr KnownProblem kBadVersion{505, "bad_request"};
inline constexpr KnownProblem kLongTarget{414, "too_large"};
inline constexpr KnownProblem kLargeHead{431, "too_large"};
inline constexpr KnownProblem kTooLarge{413, "too_large"};
inline constexpr KnownProblem kShortBody{400, "short_body"};
inline constexpr KnownProblem kSlowBody{408, "short_body"};
inline constexpr KnownProblem kBadTransfer{501, "bad_encoding"};
inline constexpr KnownProblem kBadCoding{400, "bad_encoding"};
inline constexpr KnownProblem kUnknownCoding{415, "bad_encoding"};
inline constexpr KnownProblem kUnsupportedType{415, "unsupported_type"};
// Of what is asked for.
inline constexpr KnownProblem kNoSuchRoute{404, "no_such_route"};
inline constexpr KnownProblem kBadMethod{405, "method_not_allowed"};
inline constexpr KnownProblem kBadSpace{400, "bad_space"};
inline constexpr KnownProblem kNoEntity{404, "no_entity"};
inline constexpr KnownProblem kBadCursor{400, "bad_cursor"};
inline constexpr KnownProblem kExpired{410, kCursorExpired};
// Of the proxy: to be tried again, but for the last.
inline constexpr KnownProblem kBusy{503, "busy"};
inline constexpr KnownProblem kNotReady{503, "not_ready"};
inline constexpr KnownProblem kTooManyStreams{503, "too_many_streams"};
inline constexpr KnownProblem kInternal{500, "internal"};

// With the words of its status as title.
Problem problem_of(const KnownProblem& known, std::string detail);

}  // namespace offsync::proxy
