#include "cli/remote/proxy_state.h"

#include <utility>

#include "state/entity_codec.h"

namespace offsync::cli {
namespace {

// Two lists in the order of subjects, made one.
class Merge {
 public:
  Merge(const State& on_top, const ProxyState::Show& show) : top_(on_top.sorted()), show_(show) {}

  bool add(std::string_view subject, Entity& entity) {
    if (!before(subject)) return false;
    if (next_ < top_.size() && top_[next_].first == subject) entity.join(*top_[next_++].second);
    return show_(subject, entity);
  }
  // What stands before `subject` in the upper list alone.
  bool before(std::string_view subject) {
    for (; next_ < top_.size() && top_[next_].first < subject; ++next_) {
      if (!show_(top_[next_].first, *top_[next_].second)) return false;
    }
    return true;
  }
  void rest() {
    while (next_ < top_.size() && show_(top_[next_].first, *top_[next_].second)) ++next_;
  }

 private:
  std::vector<std::pair<std::string_view, const Entity*>> top_;
  const ProxyState::Show& show_;
  std::size_t next_ = 0;
};

}  // namespace

Status ProxyState::fetch(Remote& remote, const Wanted& wanted) {
  std::string kept;
  const auto got = remote.state([&](const EntityRecord& record, std::string_view line) -> Status {
    if (!wanted(record.subject)) return {};
    kept.assign(line).push_back('\n');
    return spool_.add(kept);
  });
  return got ? Status() : Status(got.error());
}

Status ProxyState::for_each(const State& on_top, const Show& show) {
  EntityDecoder decoder;
  Merge merge(on_top, show);
  std::string text;
  for (bool more = spool_.size() > 0; more;) {
    OFFSYNC_ASSIGN(more, spool_.next(text));
    std::size_t begin = 0;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
      OFFSYNC_ASSIGN(EntityRecord record,
                     decoder.decode(std::string_view(text).substr(begin, end - begin)));
      begin = end + 1;
      if (!merge.add(record.subject, record.entity)) return {};
    }
    text.erase(0, begin);
  }
  merge.rest();
  return {};
}

}  // namespace offsync::cli
