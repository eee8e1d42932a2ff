#include "proxy/ingest/fact_book.h"

#include <utility>

namespace offsync::proxy {
namespace {

std::string key_of(const EventName& name) {
  return pair_key(name.source, name.id);
}

std::string key_of(std::string_view source, std::uint64_t clientseq) {
  return pair_key(source, std::to_string(clientseq));
}

// The answer; `ask()` where nobody has asked yet.
template <class Answers, class Ask>
auto* answer(Answers& answers, std::string key, const Ask& ask) {
  const auto [it, fresh] = answers.try_emplace(std::move(key));
  if (fresh) ask();
  return it->second ? &*it->second : nullptr;
}

}  // namespace

std::string pair_key(std::string_view source, std::string_view other) {
  std::string key;
  key.reserve(source.size() + other.size() + 1);
  return key.append(source).append(1, '\n').append(other);
}

const std::optional<KnownEvent>* FactBook::event(std::string_view source, std::string_view id) {
  return answer(events_, pair_key(source, id), [&] {
    questions_.events.push_back({std::string(source), std::string(id)});
  });
}

const std::uint64_t* FactBook::mark(std::string_view source) {
  return answer(marks_, std::string(source), [&] { questions_.sources.emplace_back(source); });
}

const std::optional<Rejection>* FactBook::rejection(std::string_view source,
                                                    std::uint64_t clientseq) {
  return answer(rejections_, key_of(source, clientseq), [&] {
    questions_.rejections.push_back({std::string(source), clientseq});
  });
}

void FactBook::ask_entity(std::string_view subject) {
  questions_.subjects.emplace_back(subject);
}

void FactBook::take(Facts facts) {
  for (std::size_t i = 0; i < questions_.events.size(); ++i) {
    events_[key_of(questions_.events[i])].emplace(std::move(facts.events.at(i)));
  }
  for (std::size_t i = 0; i < questions_.sources.size(); ++i) {
    marks_[questions_.sources[i]].emplace(facts.marks.at(i));
  }
  for (std::size_t i = 0; i < questions_.rejections.size(); ++i) {
    const Questions::Decided& asked = questions_.rejections[i];
    rejections_[key_of(asked.source, asked.clientseq)].emplace(std::move(facts.rejections.at(i)));
  }
  questions_ = {};
}

}  // namespace offsync::proxy
