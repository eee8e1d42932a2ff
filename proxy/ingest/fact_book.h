// What a decision knows of a space's log, and what it must still ask. Belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "proxy/store/log_store.h"

namespace offsync::proxy {

class FactBook {
 public:
  // The answer, good until the next take(); nullptr where it is not known: then it is asked for.
  const std::optional<KnownEvent>* event(std::string_view source, std::string_view id);
  const std::uint64_t* mark(std::string_view source);
  const std::optional<Rejection>* rejection(std::string_view source, std::uint64_t clientseq);
  void ask_entity(std::string_view subject);

  // Each once.
  const Questions& questions() const { return questions_; }
  // The answers to questions(), which are then none; of the states it keeps nothing.
  void take(Facts facts);

 private:
  // Without a value: asked for, and not answered.
  template <class Answer>
  using Answers = std::unordered_map<std::string, std::optional<Answer>>;

  Questions questions_;
  Answers<std::optional<KnownEvent>> events_;
  Answers<std::uint64_t> marks_;
  Answers<std::optional<Rejection>> rejections_;
};

// Neither a source nor a subject nor an id has control characters, so this is one key for one pair.
std::string pair_key(std::string_view source, std::string_view other);

}  // namespace offsync::proxy
