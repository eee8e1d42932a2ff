// The whole state of a space, as its proxy answers it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/spool.h"
#include "cli/remote/remote.h"
#include "state/state.h"

namespace offsync::cli {

class ProxyState {
 public:
  // What is great lies in `folder` until it is read; no more of it is in memory than one entity.
  explicit ProxyState(std::string folder) : spool_(std::move(folder)) {}

  // Takes the entities for whose subject `wanted` says so. Nothing of it counts before it is whole.
  // Errors: those of Remote::state, protocol `bad_snapshot`, io `spool`.
  using Wanted = std::function<bool(std::string_view subject)>;
  Status fetch(Remote& remote, const Wanted& wanted);
  // Each of them once, in byte order of the subjects, with what `on_top` has of it; and what only
  // that has. False: no more is wanted. Once, after fetch().
  using Show = std::function<bool(std::string_view subject, const Entity& entity)>;
  Status for_each(const State& on_top, const Show& show);

 private:
  Spool spool_;
};

}  // namespace offsync::cli
