#include "proxy/http/problems.h"

#include <utility>

#include "proxy/http/reason.h"

namespace offsync::proxy {

Problem problem_of(const KnownProblem& known, std::string detail) {
  return {known.status, known.code, std::string(reason_of(known.status)), std::move(detail)};
}

}  // namespace offsync::proxy
