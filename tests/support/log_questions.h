// Single questions to a log store, and commits that come next.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/store/log_store.h"

namespace offsync::test {

inline Result<std::optional<proxy::KnownEvent>> known_event(proxy::LogStore& store,
                                                            std::string_view space,
                                                            std::string_view source,
                                                            std::string_view id) {
  proxy::Questions questions;
  questions.events.push_back({std::string(source), std::string(id)});
  OFFSYNC_ASSIGN(proxy::Facts facts, store.look(space, questions));
  return std::move(facts.events.at(0));
}

inline Result<std::optional<std::string>> entity_record(proxy::LogStore& store,
                                                        std::string_view space,
                                                        std::string_view subject) {
  proxy::Questions questions;
  questions.subjects.emplace_back(subject);
  OFFSYNC_ASSIGN(proxy::Facts facts, store.look(space, questions));
  return std::move(facts.entities.at(0));
}

inline Result<std::uint64_t> client_mark(proxy::LogStore& store, std::string_view space,
                                         std::string_view source) {
  proxy::Questions questions;
  questions.sources.emplace_back(source);
  OFFSYNC_ASSIGN(const proxy::Facts facts, store.look(space, questions));
  return facts.marks.at(0);
}

inline Result<std::optional<proxy::Rejection>> known_rejection(proxy::LogStore& store,
                                                               std::string_view space,
                                                               std::string_view source,
                                                               std::uint64_t clientseq) {
  proxy::Questions questions;
  questions.rejections.push_back({std::string(source), clientseq});
  OFFSYNC_ASSIGN(proxy::Facts facts, store.look(space, questions));
  return std::move(facts.rejections.at(0));
}

// A commit alone.
inline Status append_one(proxy::LogStore& store, const proxy::Commit& commit) {
  return store.append(std::span(&commit, 1)).at(0);
}

// As the next commit of its space, whatever its number.
inline Status append_next(proxy::LogStore& store, proxy::Commit commit) {
  OFFSYNC_ASSIGN(const proxy::SpaceState at, store.space(commit.space));
  commit.number = at.number + 1;
  return append_one(store, commit);
}

}  // namespace offsync::test
