#include "event/owned_event.h"

#include <functional>

namespace offsync {
namespace {

bool stands_in(std::string_view text, std::string_view data) {
  if (data.empty()) return false;
  constexpr std::less_equal<const char*> not_behind;  // of pointers into different buffers as well
  return not_behind(data.data(), text.data()) &&
         not_behind(text.data() + text.size(), data.data() + data.size());
}

// Calls `each` for every text of `event` but its data.
template <class View, class Ops, class Bases, class Extensions, class Each>
void each_text(View& event, Ops& ops, Bases& bases, Extensions& extensions, const Each& each) {
  each(event.id);
  each(event.source);
  each(event.type);
  each(event.subject);
  each(event.time);
  each(event.causationid);
  each(event.recordedtime);
  for (auto& op : ops) {
    each(op.field);
    each(op.value);
  }
  for (auto& base : bases) {
    each(base.field);
    each(base.element);
  }
  for (auto& extension : extensions) {
    each(extension.name);
    each(extension.value);
  }
}

}  // namespace

// The content is longer than what a string holds within itself, so moving it moves no text.
OwnedEvent::OwnedEvent(const EventView& event)
    : content_(encode_content(event)),
      ops_(event.ops.begin(), event.ops.end()),
      bases_(event.bases.begin(), event.bases.end()),
      extensions_(event.extensions.begin(), event.extensions.end()),
      view_(event) {
  keep_texts(event.data);
  view_.ops = ops_;
  view_.bases = bases_;
  view_.extensions = extensions_;
  const std::string_view content = content_;
  view_.data = content.substr(content.size() - 1 - event.data.size(), event.data.size());
}

// Room is made first, so that nothing moves.
void OwnedEvent::keep_texts(std::string_view data) {
  std::size_t apart = 0;
  each_text(view_, ops_, bases_, extensions_, [&](std::string_view text) {
    if (!stands_in(text, data)) apart += text.size();
  });
  texts_.reserve(apart);
  each_text(view_, ops_, bases_, extensions_,
            [&](std::string_view& text) { text = keep(text, data); });
}

std::string_view OwnedEvent::keep(std::string_view text, std::string_view data) {
  if (text.empty()) return {};
  if (stands_in(text, data)) {
    const std::size_t begin = content_.size() - 1 - data.size();
    return {content_.data() + begin + (text.data() - data.data()), text.size()};
  }
  const std::size_t at = texts_.size();
  texts_.insert(texts_.end(), text.begin(), text.end());
  return {texts_.data() + at, text.size()};
}

std::size_t OwnedEvent::parts_bytes() const {
  return ops_.capacity() * sizeof(Op) + bases_.capacity() * sizeof(Base) +
         extensions_.capacity() * sizeof(Extension);
}

std::size_t OwnedEvent::bytes() const {
  return content_.capacity() + texts_.capacity() + parts_bytes() + sizeof *this;
}

void OwnedEvent::economize() {
  if (parts_bytes() <= content_.size()) return;
  ops_ = std::vector<Op>();  // `= {}` would keep its room
  bases_ = std::vector<Base>();
  extensions_ = std::vector<Extension>();
  view_.ops = {};
  view_.bases = {};
  view_.extensions = {};
  whole_ = false;
  const std::vector<char> with_all = std::move(texts_);
  texts_ = std::vector<char>();
  keep_texts({});
}

}  // namespace offsync
